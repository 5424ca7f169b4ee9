#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "projector/call_index.h"
#include "projector/key_value.h"
#include "projector/rules/rule_set.h"
#include "schemas/call_facts.h"

namespace hookledger {

/// What a store was made for.
struct StoreShape {
  std::uint32_t partitions = 0;
  RulesFingerprint rules{};  ///< Deadlines and fields depend on them.
};
StoreShape make_shape(std::uint32_t partitions, const RuleSet& rules);

/// The projection: facts of every call, the indexes over them, and the offset up to which each partition of
/// the log is in them. Errors everywhere: kCorruption, kUnavailable. Threads: as `KeyValue`.
class CallStore {
 public:
  /// Takes over what is in `bytes`; an empty one gets the shape. kInvalid, saying why, when what is there is of
  /// another format or number of partitions: it is good for nothing but to be folded anew. One that was made with other
  /// rules is taken: see `rules`, and projector/rules_change.h.
  static Result<std::unique_ptr<CallStore>> make(std::unique_ptr<KeyValue> bytes, const StoreShape& shape);

  std::uint32_t partitions() const { return partitions_; }
  /// One past the last offset whose effect is in this store.
  Result<std::uint64_t> covered(std::uint32_t partition) const;

  /// With the fields of its events.
  Result<std::optional<CallFacts>> find(std::string_view call_id) const;
  /// A device's own events; `call_id()` is the device's id.
  Result<std::optional<CallFacts>> find_device(std::string_view device_id) const;
  /// Facts of a call or a device by their key. `value` is room to read into.
  Result<std::optional<CallFacts>> read(std::string_view key, std::string& value) const;

  /// That deadlines and fields were made with; empty while they are made anew.
  Result<RulesFingerprint> rules() const;
  void put_rules(const RulesFingerprint& rules, Writes& writes) const;
  /// The call that has the leg; of several the first by id.
  Result<std::optional<std::string>> find_by_leg(std::string_view leg_or_control_id) const;

  /// Calls `visit` with the id and encoded facts of every call, in order of id, until it returns false.
  Result<void> for_each(const std::function<bool(std::string_view id, std::string_view facts)>& visit) const;
  /// BLAKE2b-256, as hex, over every call: equal exactly when two stores hold the same state (G5).
  Result<std::string> digest() const;

  /// Held by whoever reads calls of the partition in order to change them: the fold, retention.
  std::mutex& change_mutex(std::uint32_t partition) { return change_mutexes_[partition]; }

  /// Held by whoever writes deadlines of devices.
  std::mutex& devices_mutex() { return devices_mutex_; }

  /// Makes everything written so far survive a crash.
  Result<void> flush();

  const KeyValue& bytes() const { return *bytes_; }
  KeyValue& bytes() { return *bytes_; }

 private:
  CallStore(std::unique_ptr<KeyValue> bytes, std::uint32_t partitions);

  std::unique_ptr<KeyValue> bytes_;
  std::uint32_t partitions_;
  std::deque<std::mutex> change_mutexes_;
  std::mutex devices_mutex_;
};

}  // namespace hookledger
