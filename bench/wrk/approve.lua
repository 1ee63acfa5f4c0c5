-- Approves each of the approvals in ASSENT_IDS (one id a line) once, with an Idempotency-Key.
-- Environment: ASSENT_KEY, ASSENT_IDS. One thread only: the ids are dealt out in order.

local requests = {}
local next_request = 0

-- Ahead of time, because the generator shares the cores with what it measures.
function init(args)
  local body = '{"rationale":"looked at it","confidence":90,"channel":"bench"}'
  for id in io.lines(os.getenv("ASSENT_IDS")) do
    requests[#requests + 1] = wrk.format("POST", "/v1/approvals/" .. id .. "/approve", {
      ["Authorization"] = "Bearer " .. os.getenv("ASSENT_KEY"),
      ["Content-Type"] = "application/json",
      ["Idempotency-Key"] = "approve-" .. id,
    }, body)
  end
end

function request()
  next_request = next_request + 1
  return requests[(next_request - 1) % #requests + 1]
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
