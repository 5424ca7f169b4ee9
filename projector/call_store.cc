#include "projector/call_store.h"

#include "schemas/codec.h"
#include "schemas/crypto.h"

namespace hookledger {
namespace {

constexpr std::uint32_t kFormat = 2;

std::string encode(const StoreShape& shape) {
  std::string value;
  Encoder encoder(value);
  encoder.fixed(kFormat);
  encoder.fixed(shape.partitions);
  return value;
}

/// Nothing when the stored shape is the wanted one.
std::string difference(std::string_view stored, const StoreShape& wanted) {
  Decoder decoder(stored);
  const auto format = decoder.fixed<std::uint32_t>();
  const auto partitions = decoder.fixed<std::uint32_t>();
  if (format != kFormat) return "it has format " + std::to_string(format) + ", not " + std::to_string(kFormat);
  if (partitions != wanted.partitions) return "it is of a log with " + std::to_string(partitions) + " partitions";
  return {};
}

}  // namespace

StoreShape make_shape(std::uint32_t partitions, const RuleSet& rules) { return {partitions, rules.fingerprint()}; }

CallStore::CallStore(std::unique_ptr<KeyValue> bytes, std::uint32_t partitions)
    : bytes_(std::move(bytes)), partitions_(partitions), change_mutexes_(partitions) {}

Result<std::unique_ptr<CallStore>> CallStore::make(std::unique_ptr<KeyValue> bytes, const StoreShape& shape) {
  std::string stored;
  const auto found = bytes->get(state_key::format(), stored);
  if (!found) return found.error();
  if (*found) {
    if (std::string why = difference(stored, shape); !why.empty()) return Error{ErrorCode::kInvalid, std::move(why)};
  }
  std::unique_ptr<CallStore> store(new CallStore(std::move(bytes), shape.partitions));
  if (*found) return store;
  Writes writes;
  writes.put(state_key::format(), encode(shape));
  store->put_rules(shape.rules, writes);
  if (const auto written = store->bytes().write(writes); !written) return written.error();
  return store;
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
  return read(state_key::call(call_id), value);
}

Result<std::optional<CallFacts>> CallStore::find_device(std::string_view device_id) const {
  std::string value;
  return read(state_key::device(device_id), value);
}

Result<std::optional<CallFacts>> CallStore::read(std::string_view key, std::string& value) const {
  const auto found = bytes_->get(key, value);
  if (!found) return found.error();
  if (!*found) return std::optional<CallFacts>();
  auto facts = CallFacts::decode(key.substr(1), value);
  if (!facts) return facts.error();
  const auto with_fields = bytes_->get(state_key::fields(key), value);
  if (!with_fields) return with_fields.error();
  if (*with_fields) {
    auto fields = EventFields::decode(value);
    if (!fields) return fields.error();
    facts->fields() = std::move(*fields);
  }
  return std::optional<CallFacts>(std::move(*facts));
}

Result<RulesFingerprint> CallStore::rules() const {
  std::string value;
  const auto found = bytes_->get(state_key::rules(), value);
  if (!found) return found.error();
  Decoder decoder(value);
  RulesFingerprint rules;
  if (!*found) return rules;
  rules.conditions = decoder.string();
  rules.fields = decoder.string();
  return rules;
}

void CallStore::put_rules(const RulesFingerprint& rules, Writes& writes) const {
  std::string value;
  Encoder encoder(value);
  encoder.string(rules.conditions);
  encoder.string(rules.fields);
  writes.put(state_key::rules(), value);
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
