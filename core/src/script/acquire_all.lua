-- Takes several locks, all of them or none.
-- KEYS: locks [, guard] [, counters in the order of the locks]. ARGV: the seven of acquire.lua
--   (0 and '' for what is not asked for), the number of locks.
-- {code, value, us} as acquire.lua answers: 0 with the longest lease of those that are another
--   owner's (-1: one has no end), -4 and -5 with the highest counter of those that are free.
-- Nothing is written before all is checked. What is the owner's already stays so, with leases
-- that are never shortened; what is free beside it is taken.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
if (ARGV[4] or '') ~= '' and redis.call('GET', KEYS[tonumber(ARGV[8]) + 1]) ~= ARGV[4] then
  return {-1, 0, us}
end
if (ARGV[3] or '0') ~= '0' and us > tonumber(ARGV[3]) then
  return {-3, 0, us}
end
local free, short, foreign, longest = {}, {}, false, 0
for i = 1, tonumber(ARGV[8]) do
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
  return {0, longest, us}
end
if (ARGV[5] or '') ~= '' and #free > 0 then
  local token = tonumber(ARGV[5])
  local before = #KEYS - tonumber(ARGV[8])
  local counter = 0
  for _, i in ipairs(free) do
    local known = tonumber(redis.call('GET', KEYS[before + i]) or 0)
    if known > counter then
      counter = known
    end
  end
  if token <= counter then
    return {-4, counter, us}
  end
  if token > math.max(us, counter) + tonumber(ARGV[6]) then
    return {-5, counter, us}
  end
  local keep = tonumber(ARGV[7]) + math.max(0, math.ceil((token - us) / 1000))
  for _, i in ipairs(free) do
    redis.call('SET', KEYS[before + i], ARGV[5], 'PX', string.format('%.0f', keep))
  end
end
for _, i in ipairs(short) do
  redis.call('PEXPIRE', KEYS[i], ARGV[2])
end
for _, i in ipairs(free) do
  redis.call('SET', KEYS[i], ARGV[1], 'PX', ARGV[2])
end
return {1, 0, us}
