/**
 * FixedWindow: a window begins with the first request after the last one ended, and takes `requests`. INCR and EXPIRE, made atomic: a
 * gateway that dies between the two would leave a counter that never ends. Exact within a window; across the border of two, twice the
 * limit can pass within one window's length.
 */
export const fixedWindow = `
algorithms.FixedWindow = function(key, requests, window)
  local count = tonumber(redis.call('GET', key)) or 0
  local left = window
  if count > 0 then
    left = redis.call('PTTL', key) * 1000
    if left < 0 then
      -- No window of ours: whoever wrote it gave it no end.
      redis.call('DEL', key)
      count = 0
      left = window
    end
  end
  if count >= requests then return false, 0, left end
  return true, requests - count, left, function()
    if redis.call('INCR', key) == 1 then redis.call('PEXPIRE', key, math.ceil(window / 1000)) end
  end
end
`;
