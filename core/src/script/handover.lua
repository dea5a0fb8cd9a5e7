-- Hands a lock over to another owner: a release and an acquire in one.
-- KEYS: lock [, guard] [, counter]. ARGV: the seven of acquire.lua (0 and '' for what is not
--   asked for), the owner who gives the lock back, the channel of those who wait for it
--   [, anything: the channel is one of the hash slot].
-- {code, value, us, released}: three as acquire.lua answers, the last as release.lua does.
-- Whatever keeps the new owner from it, the one before is released, and who waits is told.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local holder = redis.call('GET', KEYS[1])
local released = 0
if holder then
  released = holder == ARGV[8] and 1 or -1
end
local function refusal()
  if (ARGV[4] or '') ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[4] then
    return {-1, 0}
  end
  if (ARGV[3] or '0') ~= '0' and us > tonumber(ARGV[3]) then
    return {-3, 0}
  end
  if released == -1 then
    return {0, redis.call('PTTL', KEYS[1])}
  end
  if (ARGV[5] or '') ~= '' then
    local token = tonumber(ARGV[5])
    local counter = tonumber(redis.call('GET', KEYS[#KEYS]) or 0)
    if token <= counter then
      return {-4, counter}
    end
    if token > math.max(us, counter) + tonumber(ARGV[6]) then
      return {-5, counter}
    end
    local keep = tonumber(ARGV[7]) + math.max(0, math.ceil((token - us) / 1000))
    redis.call('SET', KEYS[#KEYS], ARGV[5], 'PX', string.format('%.0f', keep))
  end
end
local refused = refusal()
if not refused then
  redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
  return {1, 0, us, released}
end
if released == 1 then
  redis.call('DEL', KEYS[1])
  redis.pcall(ARGV[10] and 'SPUBLISH' or 'PUBLISH', ARGV[9], 'free')
end
return {refused[1], refused[2], us, released}
