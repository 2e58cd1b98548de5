-- Counts one request in each of the budgets KEYS if all of them have room, and in none otherwise. ARGV holds the
-- interval and the window of each one's rate, in microseconds; a key holds the moment at which all that was used has
-- come back. Answers whether the request was let through, and the time, and of each budget the backlog. The same
-- arithmetic is in gantry-domain (request_rate.rs); a test compares the two.
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local backlogs, has_room = {}, 1

for place, key in ipairs(KEYS) do
    local interval, window = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
    local whole_at = tonumber(redis.call('GET', key) or '0')
    local backlog = math.min(math.max(whole_at - now, 0), window)
    if backlog + interval > window then
        has_room = 0
    end
    backlogs[place] = backlog
end

if has_room == 1 then
    for place, key in ipairs(KEYS) do
        local backlog = backlogs[place] + ARGV[2 * place - 1]
        backlogs[place] = backlog
        -- Written out in full: Lua's own way would round it.
        redis.call('SET', key, string.format('%.0f', now + backlog), 'PX', math.ceil(backlog / 1000))
    end
end

return {has_room, now, unpack(backlogs)}
