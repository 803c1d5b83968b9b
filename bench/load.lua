-- The load that wrk sends: the bodies of a file in turn; at the end the sums as one line of JSON.
-- BENCH_BODIES names a file of bodies, each behind a line with its length in bytes.

local requests, place = {}, 0

function init()
   local file = assert(io.open(os.getenv("BENCH_BODIES"), "rb"))
   local headers = {
      ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN"),
      ["Content-Type"] = os.getenv("BENCH_CONTENT_TYPE"),
   }
   local length = file:read("*l")
   while length do
      local body = file:read(tonumber(length))
      requests[#requests + 1] = wrk.format("POST", wrk.path, headers, body)
      length = file:read("*l")
   end
   file:close()
end

function request()
   place = place % #requests + 1
   return requests[place]
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"answers": %d, "refused": %d, "cut": %d, "slow": %d, "microseconds": %d, '
         .. '"p50": %d, "p99": %d, "worst": %d}\n',
      summary.requests, errors.status, errors.connect + errors.read + errors.write,
      errors.timeout, summary.duration,
      latency:percentile(50), latency:percentile(99), latency.max))
end
