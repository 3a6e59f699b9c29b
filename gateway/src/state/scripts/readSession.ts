import { maxSessionBytes, maxSessionFields } from '../store.ts';

/**
 * Reads the session KEYS[1], JSON text or a hash, and with ARGV[1] above 0 lets it live that many milliseconds from now. Its size is
 * looked at first: nobody's mistake may bring megabytes into every gateway. Answers nothing where there is none, else a kind and what
 * belongs to it.
 */
export const readSession: string = `
local key = KEYS[1]
local kind = redis.call('TYPE', key).ok
if kind == 'none' then return false end
local value
if kind == 'string' then
  if redis.call('STRLEN', key) > ${maxSessionBytes} then return {'large'} end
  value = redis.call('GET', key)
elseif kind == 'hash' then
  if redis.call('HLEN', key) > ${maxSessionFields} then return {'large'} end
  value = redis.call('HGETALL', key)
  local size = 0
  for i = 1, #value do size = size + #value[i] end
  if size > ${maxSessionBytes} then return {'large'} end
else
  return {'other'}
end
if tonumber(ARGV[1]) > 0 then redis.call('PEXPIRE', key, ARGV[1]) end
return {kind, value}
`;
