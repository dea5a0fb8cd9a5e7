-- KEYS: lock, queue (see acquire_fair.lua). ARGV: owner, the turn that leaves the queue ('': none),
--   channel of those who wait for the lock [, anything: the channel is one of the hash slot].
-- 1: released. 0: the key was gone already. -1: another owner's, left alone.
-- Where that leaves the lock free, the first in the queue is told by its turn, which is the message.
local time = redis.call('TIME')
local us = time[1] * 1000000 + time[2]
local holder = redis.call('GET', KEYS[1])
local released = 0
if holder then
  released = holder == ARGV[1] and 1 or -1
end
local text = redis.call('GET', KEYS[2]) or ''
local places, first, left = {}, nil, false
for at = 1, #text, 83 do
  local place = string.sub(text, at, at + 82)
  local turn = string.sub(place, 1, 66)
  if turn == ARGV[2] then
    left = true
  else
    places[#places + 1] = place
    local till = tonumber(string.sub(place, 68)) or 0
    if till > us and (not first or turn < first) then
      first = turn
    end
  end
end
if released == 1 then
  redis.call('DEL', KEYS[1])
end
if left and #places == 0 then
  redis.call('DEL', KEYS[2])
elseif left then
  -- a place that can't be taken back ends by itself
  redis.pcall('SET', KEYS[2], table.concat(places), 'KEEPTTL')
end
if released == 1 or (left and not holder and first and ARGV[2] < first) then
  -- a user who may not publish releases all the same; who waits then has his timer
  redis.pcall(ARGV[4] and 'SPUBLISH' or 'PUBLISH', ARGV[3], first or 'free')
end
return released
