#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/record.h"
#include "schemas/sources/event_readers.h"

namespace hookledger {

/// Name and value.
using MessageHeader = std::pair<std::string_view, std::string_view>;

/// The source of a message that no hookledger wrote.
inline constexpr std::string_view kForeignSource = "foreign";

/// Writes the headers of a record as a Kafka message: CloudEvents 1.0, binary mode, and the extensions of CONTRACT
/// ("The record"). Key and value of the message are the record's key and body. One thread.
class RecordHeaders {
 public:
  /// Views into this object and into `record`, until the next call.
  const std::vector<MessageHeader>& of(const RecordView& record);

 private:
  std::string text_;
  std::vector<MessageHeader> headers_;
};

/// A message of the topic; any bytes.
struct MessageView {
  Place place;
  Time appended_at;  ///< The message's timestamp.
  std::string_view key, value;
  std::vector<MessageHeader> headers;  ///< Of several with one name the first counts.
};

/// Reads records from messages. One thread.
class MessageReader {
 public:
  /// Every message is a record: one without our headers is unrecognised, of source `foreign`, with its place as id.
  /// Views into the message and into this object, until the next call.
  const RecordView& record(const MessageView& message);

 private:
  bool read(const MessageView& message);
  void read_foreign(const MessageView& message);

  EventReaders readers_;
  std::string foreign_id_;
  RecordView record_;
};

}  // namespace hookledger
