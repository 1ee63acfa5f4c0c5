-- Presents each of the tokens in ASSENT_IDS (one a line) once, for the plan ASSENT_PLAN.
-- Environment: ASSENT_KEY, ASSENT_IDS, ASSENT_PLAN. One thread only: the tokens are dealt out in order.

local requests = {}
local next_request = 0

-- Ahead of time, because the generator shares the cores with what it measures.
function init(args)
  for token in io.lines(os.getenv("ASSENT_IDS")) do
    requests[#requests + 1] = wrk.format("POST", "/v1/ir/approvals/consume", {
      ["Authorization"] = "Bearer " .. os.getenv("ASSENT_KEY"),
      ["Content-Type"] = "application/json",
    }, '{"token":"' .. token .. '","irHash":"' .. os.getenv("ASSENT_PLAN") .. '"}')
  end
end

function request()
  next_request = next_request + 1
  return requests[(next_request - 1) % #requests + 1]
end

dofile(os.getenv("ASSENT_BENCH") .. "/report.lua")
