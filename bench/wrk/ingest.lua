-- Single events of about 600 bytes whose actor, target, type and correlation vary.
-- Environment: ASSENT_KEY; ASSENT_QUERY, if given, is added to the path.

local filler = string.rep("x", 400)
local types = {"publish", "index", "review", "archive", "translate", "share", "pin", "move",
               "copy", "sign", "print", "send"}
local random = math.random
local templates = {}

-- Whole requests but for the numbers, which have a fixed width so that the length is known: the
-- generator shares the cores with what it measures, and wrk.format() would take most of its time.
function init(args)
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
  local headers = {["Authorization"] = "Bearer " .. os.getenv("ASSENT_KEY"),
                   ["Content-Type"] = "application/json"}
  for i, type in ipairs(types) do
    local body = '{"type":"content.' .. type .. '","target":{"type":"post","id":"post-1000001"},' ..
      '"outcome":"success","actor":{"type":"agent","id":"agent-1002"},' ..
      '"correlationId":"workflow-1000003","metadata":{"attempt":4,"note":"' .. filler .. '"}}'
    local whole = wrk.format("POST", "/v1/events" .. (os.getenv("ASSENT_QUERY") or ""), headers, body):gsub("%%", "%%%%")
    templates[i] = whole:gsub("post%-1000001", "post-%%d"):gsub("agent%-1002", "agent-%%d")
      :gsub("workflow%-1000003", "workflow-%%d"):gsub('"attempt":4', '"attempt":%%d')
  end
end

function request()
  return templates[random(#types)]:format(random(1000000, 1999999), random(1000, 1499),
                                          random(1000000, 1999999), random(9))
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
