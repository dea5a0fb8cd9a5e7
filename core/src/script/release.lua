-- KEYS[1] lock, ARGV[1] owner.
-- 1: released. 0: the key was gone already. -1: another owner's, left alone.
local holder = redis.call('GET', KEYS[1])
if not holder then
  return 0
end
if holder ~= ARGV[1] then
  return -1
end
redis.call('DEL', KEYS[1])
return 1
