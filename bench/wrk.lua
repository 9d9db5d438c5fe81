-- The load for wrk: one request over and over, its parts in the environment (LOAD_*), or, with LOAD_FRESH, one of its own
-- for each: the next line of that file put where LOAD_FRESH_AT says (the end of the body or of the path, or a header). The file
-- has to last: a line is never sent twice, past the end `ran_out` counts. done() prints the line "RESULT {...}" that load.py reads.

local fresh, lines = {}, 0
sent, ran_out = 0, 0 -- global, so that done() can ask the thread for them

wrk.method = os.getenv("LOAD_METHOD")
wrk.body = os.getenv("LOAD_BODY")
for line in os.getenv("LOAD_HEADERS"):gmatch("[^\n]+") do
  local name, value = line:match("^([^:]+): (.*)$")
  wrk.headers[name] = value
end

local file, where = os.getenv("LOAD_FRESH"), os.getenv("LOAD_FRESH_AT")
if file then
  function init()
    for line in io.lines(file) do
      lines = lines + 1
      fresh[lines] = line
    end
  end

  function request()
    sent = sent + 1
    if sent > lines then ran_out = ran_out + 1 end
    local line = fresh[sent] or ""
    if where == "body" then return wrk.format(nil, nil, nil, wrk.body .. line) end
    if where == "path" then return wrk.format(nil, wrk.path .. line) end
    wrk.headers[where] = line
    return wrk.format()
  end
end

local threads = {}
function setup(thread) threads[#threads + 1] = thread end

function done(summary, latency)
  local errors, past = summary.errors, 0
  for _, thread in ipairs(threads) do past = past + thread:get("ran_out") end
  io.write(string.format(
    'RESULT {"answers":%d,"seconds":%.6f,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,"p999_ms":%.3f,"refused":%d,"broken":%d,"ran_out":%d}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency:percentile(99.9) / 1e3,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout, past))
end
