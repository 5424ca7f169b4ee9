#include "tools/simulate/expectation.h"

#include <algorithm>
#include <span>

#include "projector/fold.h"
#include "schemas/call.h"
#include "schemas/json.h"
#include "schemas/sources/telnyx.h"
#include "tools/simulate/event_body.h"
#include "tools/simulate/simulated_record.h"

namespace hookledger {
namespace {

struct CallEvents {
  std::string call_id;
  std::span<const EventIndex> events;
};

std::vector<CallEvents> in_order_of_call_id(const TrafficOptions& options, const std::vector<EventIndex>& events) {
  std::vector<CallEvents> calls;
  for (auto first = events.begin(); first != events.end();) {
    const auto last = std::find_if(first, events.end(), [&](const EventIndex& e) { return e.call != first->call; });
    calls.push_back({write_call_script(options, first->call).call_id, {first, last}});
    first = last;
  }
  std::ranges::sort(calls, {}, &CallEvents::call_id);
  return calls;
}

CallFacts fold(const CallScript& script, std::span<const EventIndex> events, EventReader& reader) {
  CallFacts facts(script.call_id, 0);
  std::uint64_t offset = 0;
  for (const EventIndex& event : events) {
    const std::string body = delivery_body(script.events[event.event].data, 1);
    const EventHead head = reader.head({body});
    const Time received_at = script.events[event.event].occurred_at;
    facts.add(simulated_record(head, body, received_at), reader.detail({body}, head.type), offset++);
  }
  return facts;
}

std::string write_line(const CallFacts& facts) {
  JsonWriter out;
  write_json(out, derive_call(facts), nullptr);
  return std::string(out.view());
}

}  // namespace

std::vector<EventIndex> events_sent(const Plan& plan, const std::vector<bool>& taken) {
  std::vector<EventIndex> events;
  for (std::size_t i = 0; i < plan.deliveries.size(); ++i)
    if (taken.empty() || taken[i]) events.push_back(plan.deliveries[i].event);
  std::ranges::sort(events);
  events.erase(std::unique(events.begin(), events.end()), events.end());
  return events;
}

std::vector<EventIndex> events_all(const Plan& plan) {
  std::vector<EventIndex> events;
  for (std::uint32_t call = 0; call < plan.options.calls; ++call) {
    const std::size_t size = write_call_script(plan.options, call).events.size();
    for (std::uint32_t event = 0; event < size; ++event) events.push_back({call, event});
  }
  return events;
}

Result<void> write_expected_calls(const TrafficOptions& options, const std::vector<EventIndex>& events,
                                  std::ostream& out) {
  const std::unique_ptr<EventReader> reader = make_telnyx_reader();
  for (const CallEvents& call : in_order_of_call_id(options, events)) {
    const CallScript script = write_call_script(options, call.events.front().call);
    out << write_line(fold(script, call.events, *reader)) << '\n';
    if (!out) return Error{ErrorCode::kUnavailable, "cannot write the expected calls; is the disk full?"};
  }
  out.flush();
  if (!out) return Error{ErrorCode::kUnavailable, "cannot write the expected calls; is the disk full?"};
  return {};
}

}  // namespace hookledger
