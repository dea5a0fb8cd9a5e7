-- KEYS[1] lock, ARGV[1] owner, ARGV[2] lease in ms.
-- {1, 0, us}: extended. {0, 0, us}: the key is gone. {-1, pttl, us}: another owner's.
-- A lease is never shortened: an extension that fails on other nodes must not weaken what is held.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local holder = redis.call('GET', KEYS[1])
if not holder then
  return {0, 0, us}
end
local left = redis.call('PTTL', KEYS[1])
if holder ~= ARGV[1] then
  return {-1, left, us}
end
if left < tonumber(ARGV[2]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {1, 0, us}
