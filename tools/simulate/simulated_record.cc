#include "tools/simulate/simulated_record.h"

#include "schemas/text.h"

namespace hookledger {

RecordView simulated_record(const EventHead& head, std::string_view body, Time received_at) {
  RecordView record;
  record.id = head.id;
  record.source = kSimulatedSource;
  record.type = head.type;
  record.leg_id = head.leg_id;
  record.key = head.call_id.empty() ? head.id : head.call_id;
  record.in_call = !head.call_id.empty();
  record.content_type = "application/json";
  record.body = body;
  record.occurred_at = head.occurred_at.value_or(received_at);
  record.timed = head.occurred_at.has_value();
  record.received_at = received_at;
  record.attempt = head.attempt;
  return record;
}

std::string unix_seconds(Time time) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
}

std::string telnyx_signature(const Ed25519KeyPair& key, std::string_view signed_at, std::string_view body) {
  std::string message(signed_at);
  message.append("|").append(body);
  const Ed25519Signature signature = ed25519_sign(key, message);
  return encode_base64({reinterpret_cast<const char*>(signature.data()), signature.size()});
}

}  // namespace hookledger
