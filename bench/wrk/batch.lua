-- 256 events a request, as NDJSON.

local key = os.getenv("ASSENT_KEY")
local headers = {["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/x-ndjson"}
local filler = string.rep("x", 400)
local template = '{"type":"content.publish","target":{"type":"post","id":"post-%d"},' ..
  '"outcome":"success","actor":{"type":"agent","id":"agent-%d"},"correlationId":"workflow-%d",' ..
  '"metadata":{"note":"%s"}}'
local bodies = {}

-- Making 256 events takes longer than sending them, so a few bodies take turns.
function init(args)
  math.randomseed(os.time())
  for i = 1, 64 do
    local lines = {}
    for j = 1, 256 do
      lines[j] = template:format(math.random(1000000), math.random(500), math.random(1000000), filler)
    end
    bodies[i] = wrk.format("POST", "/v1/events", headers, table.concat(lines, "\n"))
  end
end

function request()
  return bodies[math.random(#bodies)]
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
