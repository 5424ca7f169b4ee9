#include "projector/call_store.h"

#include "schemas/codec.h"
#include "schemas/crypto.h"

namespace hookledger {
namespace {

constexpr std::uint32_t kFormat = 1;

std::string encode(const StoreShape& shape) {
  std::string value;
  Encoder encoder(value);
  encoder.fixed(kFormat);
  encoder.fixed(shape.partitions);
  return value + shape.rules;
}

/// Nothing when the stored shape is the wanted one.
std::string difference(std::string_view stored, const StoreShape& wanted) {
  Decoder decoder(stored);
  const auto format = decoder.fixed<std::uint32_t>();
  const auto partitions = decoder.fixed<std::uint32_t>();
  if (format != kFormat) return "it has format " + std::to_string(format) + ", not " + std::to_string(kFormat);
  if (partitions != wanted.partitions) return "it is of a log with " + std::to_string(partitions) + " partitions";
  if (stored != encode(wanted)) return "it was made with other rules";
  return {};
}

}  // namespace

StoreShape make_shape(std::uint32_t partitions, const RuleSet& rules) {
  Digest digest;
  for (const RuleInfo& rule : rules.rules()) {
    digest.add(rule.name);
    digest.add(rule.enabled ? "enabled" : "disabled");
    for (const auto& [name, value] : rule.parameters) {
      digest.add(name);
      digest.add(std::to_string(value.count()));
    }
  }
  return {partitions, digest.hex()};
}

CallStore::CallStore(std::unique_ptr<KeyValue> bytes, std::uint32_t partitions)
    : bytes_(std::move(bytes)), partitions_(partitions), change_mutexes_(partitions) {}

Result<std::unique_ptr<CallStore>> CallStore::make(std::unique_ptr<KeyValue> bytes, const StoreShape& shape) {
  std::string stored;
  const auto found = bytes->get(state_key::format(), stored);
  if (!found) return found.error();
  if (*found) {
    if (std::string why = difference(stored, shape); !why.empty()) return Error{ErrorCode::kInvalid, std::move(why)};
  } else {
    Writes writes;
    writes.put(state_key::format(), encode(shape));
    if (const auto written = bytes->write(writes); !written) return written.error();
  }
  return std::unique_ptr<CallStore>(new CallStore(std::move(bytes), shape.partitions));
}

Result<std::uint64_t> CallStore::covered(std::uint32_t partition) const {
  std::string value;
  const auto found = bytes_->get(state_key::covered(partition), value);
  if (!found) return found.error();
  if (!*found) return 0;
  Decoder decoder(value);
  const auto offset = decoder.fixed<std::uint64_t>();
  if (!decoder.ok()) return Error{ErrorCode::kCorruption, "covered offset in the projection is damaged: rebuild it"};
  return offset;
}

Result<std::optional<CallFacts>> CallStore::find(std::string_view call_id) const {
  std::string value;
  const auto found = bytes_->get(state_key::call(call_id), value);
  if (!found) return found.error();
  if (!*found) return std::optional<CallFacts>();
  auto facts = CallFacts::decode(call_id, value);
  if (!facts) return facts.error();
  return std::optional<CallFacts>(std::move(*facts));
}

Result<std::optional<std::string>> CallStore::find_by_leg(std::string_view leg_or_control_id) const {
  const std::string prefix = state_key::legs(leg_or_control_id);
  const auto scan = bytes_->scan(prefix, state_key::beyond(prefix));
  const auto more = scan->next();
  if (!more) return more.error();
  if (!*more) return std::optional<std::string>();
  return std::optional<std::string>(scan->key().substr(prefix.size()));
}

Result<void> CallStore::for_each(const std::function<bool(std::string_view id, std::string_view facts)>& visit) const {
  const std::string prefix = state_key::calls();
  const auto scan = bytes_->scan(prefix, state_key::beyond(prefix));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more || !visit(scan->key().substr(prefix.size()), scan->value())) return {};
  }
}

Result<std::string> CallStore::digest() const {
  Digest digest;
  const auto walked = for_each([&](std::string_view id, std::string_view facts) {
    digest.add(id);
    digest.add(facts);
    return true;
  });
  if (!walked) return walked.error();
  return digest.hex();
}

Result<void> CallStore::flush() { return bytes_->flush(); }

}  // namespace hookledger
