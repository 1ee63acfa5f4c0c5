-- Requests of a tool call that one of 10,000 standing rules approves: two events each.
-- Environment: ASSENT_KEY.

local random = math.random
local template

-- The path has a fixed width, so that the length is known ahead.
function init(args)
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
  local whole = wrk.format("POST", "/v1/approvals", {
    ["Authorization"] = "Bearer " .. os.getenv("ASSENT_KEY"),
    ["Content-Type"] = "application/json",
  }, '{"kind":"tool_call","tool":"fs.write","arguments":{"path":"/srv/10001","mode":"append",' ..
     '"bytes":512},"reason":"nightly run"}'):gsub("%%", "%%%%")
  template = whole:gsub("/srv/10001", "/srv/%%d")
end

function request()
  return template:format(random(10000, 19999))
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
