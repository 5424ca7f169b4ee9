// Input: bodies of one call's events, one a line.

#include <algorithm>
#include <set>

#include "projector/fold.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/crypto.h"
#include "schemas/json.h"
#include "schemas/sources/telnyx.h"
#include "tests/fuzz/input.h"

namespace {

using namespace hookledger;

constexpr Time kReceived{std::chrono::seconds(1'770'545'731)};

struct Event {
  EventHead head;
  EventDetail detail;
};

/// Recognised events that say when they occurred, of each id the first.
std::vector<Event> read_events(EventReader& reader, std::string_view bodies) {
  std::vector<Event> events;
  std::set<std::string, std::less<>> ids;
  while (!bodies.empty()) {
    const std::string_view body = bodies.substr(0, bodies.find('\n'));
    bodies.remove_prefix(std::min(bodies.size(), body.size() + 1));
    Event event{reader.head({body}), {}};
    if (event.head.type == kUnrecognisedType || !event.head.occurred_at || !ids.insert(event.head.id).second) continue;
    event.detail = reader.detail({body}, event.head.type);
    events.push_back(std::move(event));
  }
  return events;
}

CallFacts facts_of(const std::vector<Event>& events) {
  CallFacts facts("call", 0);
  for (std::uint64_t offset = 0; offset < events.size(); ++offset) {
    const Event& event = events[offset];
    RecordView record;
    record.id = event.head.id;
    record.source = "telnyx";
    record.type = event.head.type;
    record.leg_id = event.head.leg_id;
    record.key = "call";
    record.in_call = record.timed = true;
    record.occurred_at = *event.head.occurred_at;
    record.received_at = kReceived + std::chrono::milliseconds(offset);
    facts.add(record, event.detail, offset);
  }
  return facts;
}

std::string call_json(const CallFacts& facts) {
  JsonWriter out;
  write_json(out, derive_call(facts), nullptr);
  require(is_json(out.view()), "a call is JSON");
  return std::string(out.view());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = (init_crypto(), true);
  static const auto reader = make_telnyx_reader();
  static const auto rules = built_in_rules({.expect_recordings = true});
  require(ready && reader && rules, "everything starts");

  std::vector<Event> events = read_events(*reader, as_text(data, size));
  if (events.empty()) return 0;
  const CallFacts facts = facts_of(events);
  const std::string call = call_json(facts);

  const auto stored = CallFacts::decode("call", facts.encode());
  require(stored.has_value() && call_json(*stored) == call, "stored facts give the same call");

  const Time all_received = kReceived + std::chrono::milliseconds(events.size());
  const auto deadline = rules->next_deadline(facts);
  for (const Time at : {all_received, all_received + std::chrono::hours(5), deadline.value_or(all_received)}) {
    if (at < all_received) continue;
    const bool open = !open_rules(rules->findings(facts, at)).empty();
    require(open == (deadline && *deadline <= at), "what is open is due, and the other way round");
  }

  std::reverse(events.begin(), events.end());
  require(call_json(facts_of(events)) == call, "the order of arrival plays no part");
  return 0;
}
