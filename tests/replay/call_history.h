#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "projector/rules/rule_set.h"
#include "replay/timeline.h"
#include "schemas/json.h"
#include "schemas/sources/telnyx.h"
#include "schemas/text.h"
#include "tests/support/memory_log.h"

namespace hookledger::testing {

using namespace std::chrono_literals;

inline constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8} + 10h + 15min + 30s};

/// An event as a provider tells it; times count from kStart.
struct Told {
  std::string id{}, type{}, leg{};
  Duration at{};
  std::optional<Duration> received{};  ///< Else 40 ms after `at`.
  std::vector<std::pair<std::string, std::string>> payload{};
  std::string payload_json{};  ///< More members of the payload: `"a":1`.
  bool timed = true;
  Provenance provenance = Provenance::kDelivered;

  Time received_at() const { return kStart + received.value_or(at + 40ms); }
};

/// Rules that find what a test put in.
class FixedRules : public RuleSet {
 public:
  FixedRules() : RuleSet({}) {}

  std::vector<Finding> found;

  using RuleSet::findings;
  std::vector<Finding> findings(const CallFacts&, Time) const override { return found; }
};

/// One call's signed events, in a log and as facts.
class CallHistory {
 public:
  explicit CallHistory(std::string id = "call-1")
      : call_id(std::move(id)), facts(call_id, 0), keys_(ed25519_key_pair(Ed25519Seed{7})) {
    log.remember_key(keys_.public_key);
  }

  Place tell(const Told& told) { return append(body_of(told), told); }

  /// A signed body, whatever it holds.
  Place append(const std::string& body, const Told& told) {
    const EventHead head = reader_->head({body});
    const std::string signed_at =
        std::to_string(std::chrono::floor<std::chrono::seconds>(told.received_at()).time_since_epoch().count());
    const Ed25519Signature bytes = ed25519_sign(keys_, signed_at + "|" + body);
    const std::string signature = encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const std::string key = key_id(keys_.public_key);
    const RecordView record{.id = head.id,
                            .source = "telnyx",
                            .type = head.type,
                            .leg_id = head.leg_id,
                            .key = call_id,
                            .content_type = "application/json",
                            .signature = signature,
                            .signed_at = signed_at,
                            .key_id = key,
                            .kind = {},
                            .signed_with = {},
                            .recovered_from = {},
                            .body = body,
                            .occurred_at = head.occurred_at.value_or(told.received_at()),
                            .received_at = told.received_at(),
                            .provenance = told.provenance,
                            .in_call = true,
                            .timed = head.occurred_at.has_value()};
    const Place place = log.append(record);
    const EventDetail detail = head.type == kUnrecognisedType ? EventDetail{} : reader_->detail({body}, head.type);
    facts.add(record, detail, place.offset);
    return place;
  }

  /// Stores the record at `place` anew, as `change` left it.
  template <class Change>
  void change(Place place, const Change& change) {
    const StoredRecord stored = log.read(place).value();
    RecordView record = decode_record(stored.bytes).value();
    change(record);
    log.replace(place, encode_record(record));
  }

  Result<Timeline> read(Duration at = 24h, bool by_occurrence = false) const {
    return read_timeline(facts, log, rules, {kStart + at, by_occurrence});
  }

  /// The facts of the records at these offsets alone, which ascend.
  CallFacts facts_of(const std::vector<std::uint64_t>& offsets) const {
    CallFacts some(call_id, 0);
    for (const std::uint64_t offset : offsets) {
      const StoredRecord stored = log.read({0, offset}).value();
      const RecordView record = decode_record(stored.bytes).value();
      some.add(record, reader_->detail({record.body}, record.type), offset);
    }
    return some;
  }

  const std::string call_id;
  MemoryLog log;
  CallFacts facts;
  FixedRules rules;

 private:
  std::string body_of(const Told& told) const {
    JsonWriter out;
    out.begin_object();
    out.key("data");
    out.begin_object();
    out.member("record_type", "event");
    out.member("event_type", told.type);
    out.member("id", told.id);
    if (told.timed) out.member("occurred_at", kStart + told.at);
    out.key("payload");
    JsonWriter payload;
    payload.begin_object();
    payload.member("call_session_id", call_id);
    if (!told.leg.empty()) payload.member("call_leg_id", told.leg);
    if (!told.leg.empty()) payload.member("call_control_id", "v3:" + told.leg);
    for (const auto& [name, value] : told.payload) payload.member(name, value);
    payload.end_object();
    std::string text(payload.view());
    if (!told.payload_json.empty()) text.replace(text.size() - 1, 1, "," + told.payload_json + "}");
    out.raw(text);
    out.end_object();
    out.end_object();
    return std::string(out.view());
  }

  Ed25519KeyPair keys_;
  std::unique_ptr<EventReader> reader_ = make_telnyx_reader();
};

inline std::string json_of(const Timeline& timeline) {
  JsonWriter out;
  write_json(out, timeline);
  return std::string(out.view());
}

}  // namespace hookledger::testing
