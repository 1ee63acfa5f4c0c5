-- Approves each of the approvals in ASSENT_IDS (one id a line) once, with an Idempotency-Key.
-- Environment: ASSENT_KEY, ASSENT_IDS. One thread only: the ids are dealt out in order.

local key = os.getenv("ASSENT_KEY")
local ids = {}
for id in io.lines(os.getenv("ASSENT_IDS")) do ids[#ids + 1] = id end
local next_id = 0

function request()
  next_id = next_id + 1
  local id = ids[(next_id - 1) % #ids + 1]
  local headers = {["Authorization"] = "Bearer " .. key, ["Content-Type"] = "application/json",
                   ["Idempotency-Key"] = "approve-" .. id}
  return wrk.format("POST", "/v1/approvals/" .. id .. "/approve", headers,
                    '{"rationale":"looked at it","confidence":90,"channel":"bench"}')
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
