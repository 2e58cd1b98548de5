-- Delivers what nobody was told of, at most ARGV[3] entries. KEYS are lanes of ARGV[4] streams each, the lane that
-- comes first in front. Within a lane every stream gives an equal share of the room; what the shares leave over is
-- shared again among those that have more.
local group, consumer, room, lane_length = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local delivered = {}

local function read(streams, first, last, count)
    local command = {'XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS'}
    for place = first, last do
        command[#command + 1] = streams[place]
    end
    for _ = first, last do
        command[#command + 1] = '>'
    end
    return redis.call(unpack(command)) or {}
end

for lane = 1, #KEYS, lane_length do
    local asked = {}
    for place = lane, lane + lane_length - 1 do
        asked[#asked + 1] = KEYS[place]
    end
    while room > 0 and #asked > 0 do
        local share = math.max(1, math.floor(room / #asked))
        local have_more = {}
        local first = 1
        while room > 0 and first <= #asked do
            -- With less room than streams one entry each, of as many streams as there is room for.
            local last = math.min(#asked, first + room - 1)
            for _, stream in ipairs(read(asked, first, last, share)) do
                local count = #stream[2]
                delivered[#delivered + 1] = stream
                room = room - count
                if count == share then
                    have_more[#have_more + 1] = stream[1]
                end
            end
            first = last + 1
        end
        asked = have_more
    end
end
return delivered
