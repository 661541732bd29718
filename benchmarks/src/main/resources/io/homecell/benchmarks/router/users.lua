-- Each request is another user's; the requests are made before the clock starts.
local users, first, step = ${users}, ${first}, 1237
local threads = 0
local made = {}
local at = 0

function setup(thread)
  thread:set("start", threads * 97)
  threads = threads + 1
end

function init(args)
  for i = 0, users - 1 do
    made[i] = wrk.format("GET", "/orders", {
      ["X-User-Id"] = string.format("%d", first + i), ["Connection"] = "${connection}" })
  end
  at = start
end

function request()
  at = (at + step) % users
  return made[at]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
