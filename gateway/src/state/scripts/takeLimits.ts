import { fixedWindow } from './fixedWindow.ts';
import { slidingWindow } from './slidingWindow.ts';
import { tokenBucket } from './tokenBucket.ts';

/** Values a limit in ARGV, in this order: algorithm, requests, window in microseconds, burst, 1 for a dry run. */
export const argumentsPerLimit = 5;
/** Values a limit in the answer: 1 where admitted, requests that are free, microseconds as `LimitState.resetMs` says. */
export const answersPerLimit = 3;

/**
 * Charges one request to the limits whose counters KEYS names: to all, or to none where one refuses. The clock is Redis's own, so that
 * gateways need not agree on the time. (Text in a module of its own, as a build emits nothing else.)
 */
export const takeLimits: string = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local algorithms = {}
${slidingWindow}${fixedWindow}${tokenBucket}
local answer, charge, refused = {}, {}, false
for i = 1, #KEYS do
  local at = (i - 1) * ${argumentsPerLimit}
  local algorithm = algorithms[ARGV[at + 1]]
  local admitted, free, reset, take =
    algorithm(KEYS[i], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4]))
  if not admitted and ARGV[at + 5] ~= '1' then refused = true end
  charge[i] = take
  local to = (i - 1) * ${answersPerLimit}
  answer[to + 1] = admitted and 1 or 0
  answer[to + 2] = free
  answer[to + 3] = reset
end
if refused then return answer end
for i = 1, #KEYS do
  local to = (i - 1) * ${answersPerLimit}
  if charge[i] then
    charge[i]()
    answer[to + 2] = answer[to + 2] - 1
  end
end
return answer
`;
