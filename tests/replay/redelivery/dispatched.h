#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "schemas/record.h"

namespace hookledger::testing {

/// A record of a call, encoded.
inline std::string hangup_of(const std::string& call) {
  RecordView record;
  record.id = "id";
  record.source = "telnyx";
  record.type = "call.hangup";
  record.key = call;
  record.in_call = true;
  record.body = "{}";
  return encode_record(record);
}

/// Polls up to 30 s.
template <class Holds>
bool eventually(Holds holds) {
  for (int i = 0; i < 3'000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

}  // namespace hookledger::testing
