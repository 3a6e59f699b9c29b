/**
 * TokenBucket: `burst` requests at once, and from then on one each `windowMs / requests`. The generic cell rate algorithm (ITU-T I.371):
 * one number, the time at which the bucket is full again. In any time t at most `burst + t * requests / windowMs` are admitted, exact to a microsecond.
 */
export const tokenBucket = `
algorithms.TokenBucket = function(key, requests, window, burst)
  local interval = window / requests
  local full = math.max(tonumber(redis.call('GET', key)) or 0, now)
  local free = (now + burst * interval - full) / interval
  if free < 1 then return false, 0, (1 - free) * interval end
  local after = full + interval
  return true, math.floor(free), after - now, function()
    redis.call('SET', key, after, 'PX', math.ceil((after - now) / 1000))
  end
end
`;
