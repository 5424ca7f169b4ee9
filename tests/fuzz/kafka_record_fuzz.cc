#include <cstdint>

#include "schemas/kafka_record.h"
#include "tests/fuzz/input.h"

/// Lines `name: value`, an empty line, then key, line break and value of the message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hookledger;
  std::string_view rest = as_text(data, size);
  const auto line = [&] {
    const std::string_view text = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    return text;
  };
  MessageView message;
  for (std::string_view text = line(); !text.empty(); text = line()) {
    const std::size_t colon = std::min(text.find(": "), text.size());
    message.headers.emplace_back(text.substr(0, colon), text.substr(std::min(text.size(), colon + 2)));
  }
  message.key = line();
  message.value = rest;
  MessageReader reader;
  const RecordView record = reader.record(message);
  const std::string encoded = encode_record(record);
  require(decode_record(encoded).has_value(), "every message is a record that can be stored");
  if (record.source == kForeignSource) return 0;
  RecordHeaders headers;
  MessageReader again;
  MessageView written{
      .place = {}, .appended_at = {}, .key = record.key, .value = record.body, .headers = headers.of(record)};
  require(encode_record(again.record(written)) == encoded,
          "a record that was read is written so that it reads the same");
  return 0;
}
