#pragma once

#include <string>
#include <vector>

#include "tests/support/call_builder.h"
#include "tests/support/memory_log.h"

namespace hookledger::testing {

/// A record of a log to redeliver from. What is empty is named after the rest.
struct LoggedEvent {
  std::string call;  ///< Empty: it belongs to none.
  Time received_at = kStart;
  std::string type = "call.initiated";
  std::string source = "telnyx";
  std::optional<Time> occurred_at{};
  std::string body = "{}";
};

/// Appends it; the event's id is `id`.
inline Place append(MemoryLog& log, const std::string& id, const LoggedEvent& event) {
  RecordView record;
  record.id = id;
  record.source = event.source;
  record.type = event.type;
  record.key = event.call.empty() ? id : event.call;
  record.in_call = !event.call.empty();
  record.body = event.body;
  record.received_at = event.received_at;
  record.occurred_at = event.occurred_at.value_or(event.received_at);
  return log.append(record);
}

}  // namespace hookledger::testing
