-- KEYS[1] lock, ARGV[1] owner, ARGV[2] lease in ms.
-- {1, 0, us}: the lock is ours. {0, pttl, us}: another owner holds it for pttl ms more.
-- The same owner asking again re-arms the lease, so that a repeated command is harmless.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then
  return {1, 0, us}
end
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return {1, 0, us}
end
return {0, redis.call('PTTL', KEYS[1]), us}
