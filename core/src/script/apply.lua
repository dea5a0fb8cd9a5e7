-- Writes a value unless a newer tenure has written it before: for data in Redis that a lock protects.
-- KEYS: value, highest token seen. ARGV: token, value [, expiry of the value in ms].
-- {1, token}: written. {0, highest}: refused, a write with that token was here before.
-- An equal token is the same tenure writing again. The highest token is stored first and never
-- expires: where a write fails half-way, or the value expires, no stale one gets in.
local token = tonumber(ARGV[1])
local highest = tonumber(redis.call('GET', KEYS[2]) or 0)
if token < highest then
  return {0, highest}
end
redis.call('SET', KEYS[2], ARGV[1])
if ARGV[3] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
else
  redis.call('SET', KEYS[1], ARGV[2])
end
return {1, token}
