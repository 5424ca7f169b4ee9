#include "ingest/kafka/message.h"

namespace hookledger::kafka {

void view_message(const rd_kafka_message_t& message, MessageView& view) {
  view.place = {static_cast<std::uint32_t>(message.partition), static_cast<std::uint64_t>(message.offset)};
  view.key = {static_cast<const char*>(message.key), message.key_len};
  view.value = {static_cast<const char*>(message.payload), message.len};
  view.appended_at = Time(std::chrono::milliseconds(rd_kafka_message_timestamp(&message, nullptr)));
  view.headers.clear();
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  const char* name = nullptr;
  const void* value = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
       ++i) {
    view.headers.emplace_back(name, std::string_view(static_cast<const char*>(value), size));
  }
}

}  // namespace hookledger::kafka
