#include "tools/simulate/traffic_file.h"

#include "schemas/cloud_event.h"
#include "schemas/sources/telnyx.h"
#include "tools/simulate/simulated_record.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kBetweenProgress = 5000;

}  // namespace

Result<void> write_cloud_events(const Plan& plan, const Ed25519KeyPair& key, std::ostream& out,
                                const TrafficProgress& progress) {
  const std::unique_ptr<EventReader> reader = make_telnyx_reader();
  const std::string id_of_key = key_id(key.public_key);
  ScriptShelf shelf(plan.options);
  std::uint64_t done = 0;
  for (const Delivery& delivery : plan.deliveries) {
    const std::string body = shelf.body(delivery);
    const EventHead head = reader->head({body});
    const std::string signed_at = unix_seconds(delivery.arrives_at);
    const std::string signature = telnyx_signature(key, signed_at, body);
    RecordView record = simulated_record(head, body, delivery.arrives_at);
    record.signature = signature;
    record.signed_at = signed_at;
    record.key_id = id_of_key;
    out << to_cloud_event(record, std::nullopt) << '\n';
    if (!out) return Error{ErrorCode::kUnavailable, "cannot write the traffic file; is the disk full?"};
    if (++done % kBetweenProgress == 0 && progress) progress(done, plan.deliveries.size());
  }
  out.flush();
  if (!out) return Error{ErrorCode::kUnavailable, "cannot write the traffic file; is the disk full?"};
  return {};
}

}  // namespace hookledger
