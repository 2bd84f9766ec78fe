-- Walks over requests, whose list another file returns: `wrk -s load.lua URL -- LIST`.
-- `{fresh}` in a request is a number that no other request of any run has.

local requests, number, began = {}, 0, 0

function init(args)
    for _, each in ipairs(dofile(args[1])) do
        requests[#requests + 1] = wrk.format(each.method, each.path, each.headers, each.body)
    end
    has_fresh = requests[1]:find("{fresh}", 1, true) ~= nil
    began = args[2] or "0"
end

function request()
    number = number + 1
    local text = requests[(number - 1) % #requests + 1]
    if has_fresh then
        text = text:gsub("{fresh}", began .. string.format("%08d", number))
    end
    return text
end

function done(summary, latency, per_thread)
    local errors = summary.errors
    io.write(string.format(
        '\n{"requests": %d, "seconds": %.6f, "p50_ms": %.3f, "p99_ms": %.3f, "failed": %d}\n',
        summary.requests, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
