-- Takes a lock that is free.
-- KEYS: lock [, guard] [, counter]. ARGV: owner, lease in ms
--   [, server us after which to refuse (0: never), guard text (empty: none)
--   [, proposed token, longest lead in us, retention of the counter in ms]].
-- {1, 0, us} granted. {0, pttl, us} another owner's. {-1, 0, us} the guard is not as told.
-- {-3, 0, us} too late. {-4, counter, us} not above the counter. {-5, counter, us} too far ahead.
-- The same owner asking again finds its lock, whose lease is never shortened: a command
-- that arrives late or twice is harmless.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
if (ARGV[4] or '') ~= '' and redis.call('GET', KEYS[2]) ~= ARGV[4] then
  return {-1, 0, us}
end
if (ARGV[3] or '0') ~= '0' and us > tonumber(ARGV[3]) then
  return {-3, 0, us}
end
local holder = redis.call('GET', KEYS[1])
if holder then
  local left = redis.call('PTTL', KEYS[1])
  if holder ~= ARGV[1] then
    return {0, left, us}
  end
  if left < tonumber(ARGV[2]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
  return {1, 0, us}
end
if ARGV[5] then
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
