#include "projector/rules_change.h"

#include <map>

#include "projector/devices.h"
#include "projector/rates.h"

namespace hookledger {
namespace {

constexpr std::size_t kBatchBytes = 8 << 20;
constexpr std::uint64_t kProgressStep = 1024;

class RulesChange {
 public:
  RulesChange(CallStore& store, const LogReader& log, const RuleSet& rules, const Evaluation& evaluation)
      : store_(store), log_(log), rules_(rules), evaluation_(evaluation) {}

  Result<void> run() {
    const auto before = store_.rules();
    if (!before) return before.error();
    const bool other_fields = before->fields != rules_.fingerprint().fields;
    // From here on until the end nobody takes what is there for good.
    store_.put_rules({}, writes_);
    if (auto written = write(); !written) return written;
    const std::vector<std::string> made = {state_key::deadlines(), state_key::device_deadlines(),
                                           state_key::known_devices(), state_key::changed_devices(),
                                           state_key::rates()};
    if (auto goes_on = go_on(); !goes_on) return goes_on;
    for (const std::string& prefix : made) {
      if (auto erased = erase_all(prefix); !erased) return erased;
    }
    if (other_fields) {
      if (auto erased = erase_all(state_key::all_fields()); !erased) return erased;
      if (auto read = read_fields(); !read) return read;
    }
    if (auto told = tell_deadlines(); !told) return told;
    store_.put_rules(rules_.fingerprint(), writes_);
    if (auto written = write(); !written) return written;
    return store_.flush();
  }

 private:
  Result<void> write() {
    auto written = store_.bytes().write(writes_);
    writes_.clear();
    return written;
  }

  Result<void> erase_all(const std::string& prefix) {
    const auto scan = store_.bytes().scan(prefix, state_key::beyond(prefix));
    while (true) {
      const auto more = scan->next();
      if (!more) return more.error();
      if (*more) writes_.erase(scan->key());
      if (*more && writes_.bytes() < kBatchBytes) continue;
      if (auto written = write(); !written || !*more) return written;
      if (auto goes_on = go_on(); !goes_on) return goes_on;
    }
  }

  Result<void> read_fields() {
    for (std::uint32_t partition = 0; partition < log_.partitions(); ++partition) {
      const auto covered = store_.covered(partition);
      if (!covered) return covered.error();
      total_ += *covered - std::min(*covered, log_.first(partition));
    }
    for (std::uint32_t partition = 0; partition < log_.partitions(); ++partition) {
      if (auto read = read_fields(partition); !read) return read;
    }
    return write_fields();
  }

  Result<void> read_fields(std::uint32_t partition) {
    const auto covered = store_.covered(partition);
    if (!covered) return covered.error();
    const auto cursor = log_.scan(partition, log_.first(partition));
    while (true) {
      const auto more = cursor->next();
      if (!more) return more.error();
      if (!*more || cursor->place().offset >= *covered) return {};
      if (auto read = read_fields(cursor->place(), cursor->bytes()); !read) return read;
      if (auto counted = count(); !counted) return counted;
    }
  }

  Result<void> read_fields(Place place, std::string_view bytes) {
    const auto record = decode_record(bytes);
    if (!record) return record.error();
    const bool of_call = changes_a_call(*record);
    if (!of_call && !changes_a_device(*record)) return {};
    EventReader& reader = readers_.of(record->kind);
    const EventBody body = body_of(*record);
    // What only telemetry is asked for costs nothing where it is not there.
    FieldValues values;
    hookledger::read_fields(*record, body, true, rules_, reader, values);
    if (values.empty()) return {};
    if (!reader.detail(body, record->type).telemetry) {
      hookledger::read_fields(*record, body, false, rules_, reader, values);
    }
    const std::string key = of_call ? state_key::call(record->key) : state_key::device(record->key);
    bytes_ += values.size() * FieldValues::kTextBytesMax / 8;
    fields_[key].emplace_back(place.offset, std::move(values));
    return bytes_ < kBatchBytes ? Result<void>() : write_fields();
  }

  Result<void> write_fields() {
    std::string value;
    for (auto& [key, events] : fields_) {
      const auto facts = store_.read(key, value);
      if (!facts) return facts.error();
      if (!*facts) continue;  // Retention removed it.
      EventFields fields = std::move((**facts).fields());
      for (const auto& [offset, values] : events) fields.add(offset, values);
      fields.encode_to(value);
      writes_.put(state_key::fields(key), value);
    }
    fields_.clear();
    bytes_ = 0;
    return write();
  }

  Result<void> tell_deadlines() {
    std::vector<std::pair<std::string, bool>> all = {{state_key::calls(), true}, {state_key::devices(), false}};
    for (const auto& [prefix, calls] : all) {
      const auto scan = store_.bytes().scan(prefix, state_key::beyond(prefix));
      std::string value;
      while (true) {
        const auto more = scan->next();
        if (!more) return more.error();
        if (!*more) break;
        const auto facts = store_.read(scan->key(), value);
        if (!facts) return facts.error();
        if (!*facts) continue;
        ++total_;
        if (auto counted = count(); !counted) return counted;
        for (const EventFact& event : (*facts)->events()) count_event(rules_, **facts, event, calls, writes_);
        if (auto told = calls ? tell_deadline(**facts) : update_devices(store_, rules_, {(*facts)->call_id()}, 0);
            !told) {
          return told;
        }
      }
    }
    return write();
  }

  Result<void> tell_deadline(const CallFacts& facts) {
    if (const auto deadline = rules_.next_deadline(facts)) {
      keys_.clear();
      add_deadline_key(facts, outline_of(facts), *deadline, keys_);
      for (const std::string_view key : keys_.sorted()) writes_.put(key, {});
    }
    DeviceIds devices;
    for (const Text device : devices_of(facts)) devices.emplace(facts.text(device));
    if (!devices.empty()) {
      if (auto told = update_devices(store_, rules_, devices, facts.partition()); !told) return told;
    }
    return writes_.bytes() < kBatchBytes ? Result<void>() : write();
  }

  Result<void> count() {
    if (++done_ % kProgressStep != 0) return {};
    if (evaluation_.progress) evaluation_.progress({done_, std::max(done_, total_)});
    return go_on();
  }

  Result<void> go_on() const {
    if (!evaluation_.give_up || !evaluation_.give_up()) return {};
    return Error{ErrorCode::kStopping, "the past is not evaluated by changed rules yet: the next start does so"};
  }

  CallStore& store_;
  const LogReader& log_;
  const RuleSet& rules_;
  const Evaluation& evaluation_;
  EventReaders readers_;
  Writes writes_;
  KeyList keys_;
  std::map<std::string, std::vector<std::pair<std::uint64_t, FieldValues>>> fields_;
  std::size_t bytes_ = 0;
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace

Result<void> apply_rules(CallStore& store, const LogReader& log, const RuleSet& rules, const Evaluation& evaluation) {
  return RulesChange(store, log, rules, evaluation).run();
}

Result<bool> follow_rules(CallStore& store, const LogReader& log, const RuleSet& rules, const Evaluation& evaluation) {
  const auto made_with = store.rules();
  if (!made_with) return made_with.error();
  if (*made_with == rules.fingerprint()) return true;
  if (const auto applied = apply_rules(store, log, rules, evaluation); !applied) return applied.error();
  return false;
}

}  // namespace hookledger
