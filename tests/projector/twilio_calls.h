#pragma once

#include <string>
#include <vector>

#include "schemas/call_facts.h"
#include "schemas/sources/twilio.h"
#include "schemas/text.h"
#include "tests/support/call_builder.h"

namespace hookledger::testing {

/// A status callback in few words. Seconds count from kStart.
struct TwilioCallback {
  std::string leg, parent;
  int sequence = 0;
  std::string status;
  int second = 0;
  std::string more{};  ///< Further parameters.

  std::string body() const {
    const std::string direction = !parent.empty()            ? "outbound-dial"
                                  : leg.starts_with("CAapi") ? "outbound-api"
                                                             : "inbound";
    return "Direction=" + direction + "&CallSid=" + leg + "&ParentCallSid=" + parent + "&CallStatus=" + status +
           "&SequenceNumber=" + std::to_string(sequence) + "&CallbackSource=call-progress-events&From=" + leg +
           "-from&To=" + leg + "-to&Timestamp=Sun,+08+Feb+2026+10:" + two_digits(second / 60) + ":" +
           two_digits(second % 60) + "+%2B0000" + more;
  }
  Time sent_at() const { return kStart + Duration(std::chrono::seconds(second)); }

 private:
  static std::string two_digits(int number) { return (number < 10 ? "0" : "") + std::to_string(number); }
};

/// The facts of one call whose callbacks were received in this order, each 300 ms after it was sent. All must be of
/// one call.
inline CallFacts facts_of(const std::vector<TwilioCallback>& callbacks) {
  const auto reader = make_twilio_reader();
  CallFacts facts("", 0);
  for (std::uint64_t offset = 0; offset < callbacks.size(); ++offset) {
    const std::string body = callbacks[offset].body();
    const EventHead head = reader->head({body});
    if (offset == 0) facts.restart(head.call_id, 0);
    require(head.call_id == facts.call_id(), "a test's callbacks are of one call");
    RecordView record;
    record.id = head.id;
    record.source = "twilio";
    record.type = head.type;
    record.leg_id = head.leg_id;
    record.key = head.call_id;
    record.in_call = true;
    record.timed = head.occurred_at.has_value();
    record.received_at = callbacks[offset].sent_at() + 300ms;
    record.occurred_at = head.occurred_at.value_or(record.received_at);
    record.body = body;
    facts.add(record, reader->detail({body}, head.type), offset);
  }
  return facts;
}

}  // namespace hookledger::testing
