#pragma once

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "schemas/record.h"
#include "schemas/text.h"
#include "tests/support/call_builder.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {

/// A record with a body that the fold reads, in few words.
struct HistoryEvent {
  std::string id, type, call, leg;
  Time occurred_at, received_at;
  std::string control_id{}, direction{}, from{}, to{}, organization{};

  std::string body() const {
    std::string json = R"({"data":{"record_type":"event","id":"e","event_type":")" + type +
                       R"(","occurred_at":"2026-02-08T10:00:00Z","payload":{)";
    const auto member = [&](const std::string& name, const std::string& value) {
      if (!value.empty()) json.append("\"").append(name).append("\":\"").append(value).append("\",");
    };
    member("call_control_id", control_id);
    member("direction", direction);
    member("from", from);
    member("to", to);
    if (!organization.empty()) {
      member("client_state", encode_base64(R"({"organization_id":")" + organization + "\"}"));
    }
    return json + R"("x":1}}})";
  }

  /// Calls `take` with the record; its views are valid during the call.
  template <class Take>
  auto with_record(Take take) const {
    const std::string bytes = body();
    RecordView record;
    record.id = id;
    record.source = "telnyx";
    record.type = type;
    record.leg_id = leg;
    record.key = call.empty() ? id : call;
    record.content_type = "application/json";
    record.body = bytes;
    record.occurred_at = occurred_at;
    record.received_at = received_at;
    record.in_call = !call.empty();
    record.timed = true;
    return take(record);
  }
};

/// Call ids with every kind of byte, some of them prefixes of others.
inline std::string hostile_id(const std::string& kind, std::size_t n) {
  static const std::vector<std::string> kTails = {
      "",    std::string(1, '\0'), std::string("\0\x01", 2), std::string("\0\xff", 2), "\xff", "\xff\xff", "/%2F", "é",
      "\x01"};
  return kind + std::to_string(n / kTails.size()) + kTails[n % kTails.size()];
}

/// Events of `calls` calls with one to four legs, some lost, some twice under another offset, all mixed, on few
/// distinct times, so that there are ties; a few of no call.
inline std::vector<HistoryEvent> random_history(std::mt19937_64& random, std::size_t calls) {
  static const std::vector<std::string> kTypes = {"call.initiated", "call.answered",      "call.bridged",
                                                  "call.hangup",    "call.dtmf.received", "call.recording.saved"};
  std::vector<HistoryEvent> history;
  for (std::size_t call = 0; call < calls; ++call) {
    const std::string call_id = hostile_id("call", call);
    const Time start = kStart + std::chrono::seconds(random_below(random, 1 + calls / 3));
    const std::size_t legs = 1 + random_below(random, 4);
    for (std::size_t leg = 0; leg < legs; ++leg) {
      const std::string leg_id = hostile_id("leg" + std::to_string(leg) + "-", call);
      for (const std::string& type : kTypes) {
        if (random_below(random, 4) == 0) continue;
        HistoryEvent event;
        event.id = type + "/" + leg_id;
        event.type = type;
        event.call = call_id;
        event.leg = leg_id;
        event.occurred_at = start + std::chrono::seconds(random_below(random, 20));
        event.received_at = event.occurred_at + std::chrono::milliseconds(random_below(random, 5'000));
        event.control_id = "control-" + std::to_string(call) + "-" + std::to_string(leg);
        event.direction = leg == 0 ? "incoming" : "outgoing";
        event.from = "+1555000" + std::to_string(random_below(random, 5));
        event.to = "+1555000" + std::to_string(random_below(random, 5));
        if (random_below(random, 3) == 0) event.organization = "org-" + std::to_string(random_below(random, 3));
        history.push_back(event);
        if (random_below(random, 10) == 0) history.push_back(event);
      }
    }
  }
  for (std::size_t i = 0; i < calls / 10; ++i) {
    HistoryEvent event;
    event.id = "alone" + std::to_string(i);
    event.type = "number.ported";
    event.occurred_at = event.received_at = kStart + std::chrono::seconds(i);
    history.push_back(event);
  }
  std::shuffle(history.begin(), history.end(), random);
  return history;
}

}  // namespace hookledger::testing
