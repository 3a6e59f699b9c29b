/**
 * SlidingWindow: at most `requests` in every span of `windowMs`. The window is cut into 60 steps, each with a count, in a ring of 61; a
 * request is forgotten when its whole step has left the window. So the limit is never exceeded, and the error is on the strict side: a
 * request may count for up to a sixtieth of the window too long. Memory is bounded by the ring, whatever the limit is.
 */
export const slidingWindow = `
local STEPS = 60

-- Drops the steps between the last request's and this one's that came round in the ring, and returns the sum of the others.
local function dropExpired(key, sum, last, step)
  if step - last > STEPS then
    redis.call('DEL', key)
    return 0
  end
  local fields = {}
  for i = last + 1, step do fields[#fields + 1] = i % (STEPS + 1) end
  local counts = redis.call('HMGET', key, unpack(fields))
  local expired = {}
  for i = 1, #fields do
    if counts[i] then
      sum = sum - counts[i]
      expired[#expired + 1] = fields[i]
    end
  end
  if #expired > 0 then redis.call('HDEL', key, unpack(expired)) end
  redis.call('HSET', key, 'sum', sum, 'step', step)
  return sum
end

-- Until the oldest step that holds a request has left the window.
local function untilOldestLeaves(key, step, size)
  local fields = {}
  for i = step - STEPS, step do fields[#fields + 1] = i % (STEPS + 1) end
  local counts = redis.call('HMGET', key, unpack(fields))
  for i = 1, #fields do
    if counts[i] then return (step + i) * size - now end
  end
  return size
end

algorithms.SlidingWindow = function(key, requests, window)
  local size = math.ceil(window / STEPS)
  local state = redis.call('HMGET', key, 'sum', 'step')
  local sum = tonumber(state[1]) or 0
  local last = tonumber(state[2])
  local step = math.floor(now / size)
  if last and step < last then step = last end
  if last and step > last then sum = dropExpired(key, sum, last, step) end
  if sum >= requests then return false, 0, untilOldestLeaves(key, step, size) end
  return true, requests - sum, window, function()
    redis.call('HINCRBY', key, step % (STEPS + 1), 1)
    redis.call('HSET', key, 'sum', sum + 1, 'step', step)
    redis.call('PEXPIRE', key, math.ceil((window + size) / 1000))
  end
end
`;
