-- Renews the leases of several locks, all of them or none.
-- KEYS: locks. ARGV: owner, lease in ms.
-- {1, 0, us}: extended. {0, 0, us}: some are gone, and none is another owner's.
-- {-1, pttl, us}: some are another owner's, the longest lease of those (-1: one has no end).
-- A lease is never shortened.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local free, short, foreign, longest = {}, {}, false, 0
for i = 1, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  local left = redis.call('PTTL', KEYS[i])
  if not holder then
    table.insert(free, i)
  elseif holder ~= ARGV[1] then
    foreign = true
    if left < 0 or (longest >= 0 and left > longest) then
      longest = left
    end
  elseif left < tonumber(ARGV[2]) then
    table.insert(short, i)
  end
end
if foreign then
  return {-1, longest, us}
end
if #free > 0 then
  return {0, 0, us}
end
for _, i in ipairs(short) do
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
return {1, 0, us}
