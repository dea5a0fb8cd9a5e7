-- Lets a node vote whose memory is known to be whole, and keeps any other out for a while.
-- KEYS: guard. ARGV: run id of this life of the server, longest lease in ms,
--   '1' to vote at once where there is no guard (the first provisioning; an administrator's word).
-- The guard is 'A:<run id>:<ms>' while the node votes, 'Q:<run id>:<ms>:<since us>' before.
-- {1, 0, us}: it votes. {-1, ms left, us}: quarantine. {-2, ms, us}: armed for another longest lease.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local guard = redis.call('GET', KEYS[1])
local active = 'A:' .. ARGV[1] .. ':' .. ARGV[2]
if guard == active or (not guard and ARGV[3] == '1') then
  if not guard then
    redis.call('SET', KEYS[1], active)
  end
  return {1, 0, us}
end
local state, run, lease, since = string.match(guard or '', '^(%u):(%w+):(%d+):?(%d*)$')
if lease and lease ~= ARGV[2] then
  return {-2, tonumber(lease), us}
end
local left = tonumber(ARGV[2]) * 1000
if state == 'Q' and run == ARGV[1] and tonumber(since) and us >= tonumber(since) then
  left = left - (us - tonumber(since))
  if left <= 0 then
    redis.call('SET', KEYS[1], active)
    return {1, 0, us}
  end
else
  redis.call('SET', KEYS[1], string.format('Q:%s:%s:%.0f', ARGV[1], ARGV[2], us))
end
return {-1, math.ceil(left / 1000), us}
