-- Single events of about 600 bytes whose actor, target, type and correlation vary.
-- Environment: ASSENT_KEY.

local key = os.getenv("ASSENT_KEY")
local headers = {["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json"}
local filler = string.rep("x", 220)
local template = '{"type":"content.%s","target":{"type":"post","id":"post-%d"},"outcome":"success",' ..
  '"actor":{"type":"agent","id":"agent-%d"},"correlationId":"workflow-%d",' ..
  '"metadata":{"attempt":%d,"note":"%s"}}'
local types = {"publish", "index", "review", "archive", "translate", "share", "pin", "move",
               "copy", "sign", "print", "send"}

function init(args)
  math.randomseed(os.time() + tonumber(tostring({}):match("0x(%x+)"), 16) % 100000)
end

function request()
  local body = template:format(types[math.random(#types)], math.random(1000000), math.random(500),
                               math.random(1000000), math.random(9), filler)
  return wrk.format("POST", "/v1/events", headers, body)
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
