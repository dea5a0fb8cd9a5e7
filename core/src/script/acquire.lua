-- KEYS[1] lock, ARGV[1] owner, ARGV[2] lease in ms.
-- {1, 0, us}: the lock is ours. {0, pttl, us}: another owner holds it for pttl ms more.
-- The same owner asking again finds its lock, whose lease is never shortened: a command
-- that arrives late or twice is harmless.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {1, 0, us}
end
local holder = redis.call('GET', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if holder ~= ARGV[1] then
  return {0, left, us}
end
if left < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {1, 0, us}
