-- Releases those of several locks that are the owner's.
-- KEYS: locks. ARGV: owner, for each lock the channel of those who wait for it
--   [, anything: the channels are those of the hash slot].
-- 1: all were the owner's. 0: some were gone already, and none is another owner's.
-- -1: some are another owner's, left alone.
local mine, free, foreign = {}, false, false
for i = 1, #KEYS do
  local holder = redis.call('GET', KEYS[i])
  if not holder then
    free = true
  elseif holder ~= ARGV[1] then
    foreign = true
  else
    table.insert(mine, i)
  end
end
for _, i in ipairs(mine) do
  redis.call('DEL', KEYS[i])
  if ARGV[i + 1] then
    -- a user who may not publish releases all the same; who waits then has his timer
    redis.pcall(ARGV[#KEYS + 2] and 'SPUBLISH' or 'PUBLISH', ARGV[i + 1], 'free')
  end
end
return foreign and -1 or free and 0 or 1
