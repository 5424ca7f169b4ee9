#include "schemas/event.h"

#include "schemas/crypto.h"

namespace hookledger {

EventBody body_of(const RecordView& record) {
  return {.bytes = record.body,
          .content_type = record.content_type,
          .signed_with = record.signed_with,
          .type = record.type == kUnrecognisedType ? std::string_view() : record.type,
          .occurred_at = record.timed ? std::optional(record.occurred_at) : std::nullopt};
}

EventHead unrecognised_head(std::string_view body) {
  EventHead head;
  head.id = "blake2b:" + blake2b_256_hex(body);
  head.type = kUnrecognisedType;
  return head;
}

}  // namespace hookledger
