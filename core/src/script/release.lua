-- KEYS[1] lock, ARGV[1] owner [, ARGV[2] channel of those who wait for the lock
--   [, ARGV[3] anything: the channel is one of the hash slot]].
-- 1: released. 0: the key was gone already. -1: another owner's, left alone.
local holder = redis.call('GET', KEYS[1])
if not holder then
  return 0
end
if holder ~= ARGV[1] then
  return -1
end
redis.call('DEL', KEYS[1])
if ARGV[2] then
  -- a user who may not publish releases all the same; who waits then has his timer
  redis.pcall(ARGV[3] and 'SPUBLISH' or 'PUBLISH', ARGV[2], 'free')
end
return 1
