-- Takes a lock that is free, unless somebody else's turn is earlier: acquire.lua with a queue.
-- KEYS: lock [, guard], queue [, counter]. ARGV: the seven of acquire.lua (0 and '' for what is not
--   asked for), the caller's turn ('': it has none, and stands behind everybody), and for how many ms
--   it has a place in the queue, if it is refused.
-- {code, value, us} as acquire.lua answers, and {-6, ms, us}: free, but somebody's turn is earlier,
--   whose place ends then.
-- The queue is text, 83 bytes for each place: the turn (66 bytes, as their order is that of the
-- turns), ':' and the us at which the place ends (16 digits). It has 256 places.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
if (ARGV[4] or '') ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[4] then
  return {-1, 0, us}
end
if (ARGV[3] or '0') ~= '0' and us > tonumber(ARGV[3]) then
  return {-3, 0, us}
end
local holder = redis.call('GET', KEYS[1])
local left = holder and redis.call('PTTL', KEYS[1])
if holder and holder == ARGV[1] then
  if left < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
  return {1, 0, us}
end
local queue = KEYS[(ARGV[4] or '') == '' and 2 or 3]
local turn = ARGV[8] or ''
local text = redis.call('GET', queue) or ''
local places, last, first, ends = {}, us, nil, nil
for at = 1, #text, 83 do
  local place = string.sub(text, at, at + 82)
  local other = string.sub(place, 1, 66)
  local till = tonumber(string.sub(place, 68)) or 0
  if other ~= turn and till > us then
    places[#places + 1] = place
    last = math.max(last, till)
    if not first or other < first then
      first, ends = other, till
    end
  end
end
if not holder and (not first or (turn ~= '' and turn < first)) then
  if (ARGV[5] or '') ~= '' then
    local token = tonumber(ARGV[5])
    local counter = tonumber(redis.call('GET', KEYS[#KEYS]) or 0)
    if token <= counter then
      return {-4, counter, us}
    end
    if token > math.max(us, counter) + tonumber(ARGV[6]) then
      return {-5, counter, us}
    end
    local keep = tonumber(ARGV[7]) + math.max(0, math.ceil((token - us) / 1000))
    redis.call('SET', KEYS[#KEYS], ARGV[5], 'PX', string.format('%.0f', keep))
  end
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {1, 0, us}
end
if turn ~= '' and #places < 256 then
  local till = us + tonumber(ARGV[9]) * 1000
  places[#places + 1] = turn .. ':' .. string.format('%016.0f', till)
  local keep = math.ceil((math.max(last, till) - us) / 1000)
  -- where there is no room for it, the refusal stands all the same
  redis.pcall('SET', queue, table.concat(places), 'PX', string.format('%.0f', keep))
end
if holder then
  return {0, left, us}
end
return {-6, math.ceil((ends - us) / 1000), us}
