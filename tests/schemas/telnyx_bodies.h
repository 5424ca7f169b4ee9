#pragma once

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "schemas/sources/telnyx.h"

namespace hookledger::testing {

/// A published body, by the name of its file in tests/data/telnyx.
inline std::string published_body(const std::string& name) {
  std::ifstream file(std::filesystem::path(HOOKLEDGER_TELNYX_DIR) / (name + ".json"), std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), {}};
}

/// An enveloped event with these members in `data`, and these in its `payload`.
inline std::string enveloped(const std::string& data, const std::string& payload = {}) {
  return R"({"data":{"event_type":"call.hangup","id":"e",)" + data + (data.empty() ? "" : ",") + R"("payload":{)" +
         payload + "}}}";
}
inline std::string with_payload(const std::string& payload, const std::string& type = "call.hangup") {
  return R"({"data":{"event_type":")" + type + R"(","id":"e","payload":{)" + payload + "}}}";
}

/// What is read of a body by one reader. Its detail is that of its head's type.
struct ReadBody {
  EventHead head;
  EventDetail detail;
};
inline ReadBody read_body(EventReader& reader, const std::string& body) {
  ReadBody read{reader.head({body}), {}};
  read.detail = reader.detail({body}, read.head.type);
  return read;
}
inline ReadBody read_body(const std::string& body) { return read_body(*make_telnyx_reader(), body); }

}  // namespace hookledger::testing
