#include "projector/rates.h"

#include <algorithm>

#include "schemas/codec.h"

namespace hookledger {
namespace {

using rules::Counted;
using rules::RateSubject;

const Error kDamaged{ErrorCode::kCorruption, "the projection's counts of events are damaged: rebuild it"};
/// How much further back is looked each time that a ratio was too high all the while.
constexpr int kFurther = 4;
constexpr Duration kBackMax = std::chrono::hours(24 * 366);

std::string key_of(const RateSubject& subject) {
  std::string key = state_key::rates();
  for (const std::string* part : {&subject.rule, &subject.whose, &subject.value}) {
    state_key::append_framed_text(key, *part);
  }
  return key;
}

std::string key_of(const rules::RateMark& mark, const CallFacts& facts, const EventFact& event) {
  return key_of(mark.subject).append(state_key::earliest_first(event.occurred_at)).append(facts.text(event.id));
}

/// What the copies counted for that `event` takes the place of.
void forget_former_copies(const RuleSet& rules, const CallFacts& facts, const EventFact& event, bool is_call,
                          Writes& writes) {
  for (EventFact copy : facts.events()) {
    if (copy.id != event.id || copy.telemetry != event.telemetry || copy.offset >= event.offset) continue;
    copy.repeat = false;
    for (const auto& mark : rules.rate_marks(facts, copy, is_call)) writes.erase(key_of(mark, facts, copy));
  }
}

struct Entry {
  RateSubject subject;
  Counted counted;
};

std::optional<Entry> parse(std::string_view key, std::string_view value) {
  key.remove_prefix(1);
  Entry entry;
  for (std::string* part : {&entry.subject.rule, &entry.subject.whose, &entry.subject.value}) {
    auto text = state_key::take_framed_text(key);
    if (!text) return std::nullopt;
    *part = std::move(*text);
  }
  const auto occurred = parse_earliest(key);
  Decoder decoder(value);
  const auto sides = decoder.fixed<std::uint8_t>();
  entry.counted.of = (sides & 1) != 0;
  entry.counted.to = (sides & 2) != 0;
  entry.counted.received_at = Time(Duration(decoder.fixed<std::int64_t>()));
  entry.counted.place.partition = decoder.fixed<std::uint32_t>();
  entry.counted.place.offset = decoder.fixed<std::uint64_t>();
  if (!occurred || !decoder.ok()) return std::nullopt;
  entry.counted.occurred_at = *occurred;
  return entry;
}

Result<std::vector<Counted>> read(const CallStore& store, const std::string& prefix, Time since, Time at) {
  std::vector<Counted> events;
  const auto scan = store.bytes().scan(prefix + state_key::earliest_first(since),
                                       prefix + state_key::earliest_first(at + Duration(1)));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return events;
    const auto entry = parse(scan->key(), scan->value());
    if (!entry) return kDamaged;
    if (entry->counted.received_at <= at) events.push_back(entry->counted);
  }
}

}  // namespace

void count_event(const RuleSet& rules, const CallFacts& facts, const EventFact& event, bool is_call, Writes& writes) {
  const auto marks = rules.rate_marks(facts, event, is_call);
  if (!marks.empty()) forget_former_copies(rules, facts, event, is_call, writes);
  std::string value;
  for (const rules::RateMark& mark : marks) {
    value.clear();
    Encoder encoder(value);
    encoder.fixed(static_cast<std::uint8_t>((mark.of ? 1 : 0) | (mark.to ? 2 : 0)));
    encoder.fixed(static_cast<std::int64_t>(event.known_at.time_since_epoch().count()));
    encoder.fixed(facts.partition());
    encoder.fixed(event.offset);
    writes.put(key_of(mark, facts, event), value);
  }
}

Result<std::vector<RateSubject>> rate_subjects(const CallStore& store) {
  std::vector<RateSubject> subjects;
  const std::string prefix = state_key::rates();
  const auto scan = store.bytes().scan(prefix, state_key::beyond(prefix));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return subjects;
    auto entry = parse(scan->key(), scan->value());
    if (!entry) return kDamaged;
    subjects.push_back(std::move(entry->subject));
    scan->seek(state_key::beyond(key_of(subjects.back())));
  }
}

Result<std::vector<Finding>> rate_findings(const CallStore& store, const RuleSet& rules, const RateSubject& subject,
                                           Time since, Time at) {
  const auto rule = std::ranges::find(rules.rate_rules(), subject.rule, &rules::RuleSpec::name);
  if (rule == rules.rate_rules().end()) return std::vector<Finding>();  // It was made with other rules.
  const Duration over = (*rule)->over;
  for (Duration back = 2 * over;; back *= kFurther) {
    const bool all = since < Time() || back > kBackMax;
    const Time first = all ? Time::min() : since - back;
    const auto events = read(store, key_of(subject), first, at);
    if (!events) return events.error();
    auto findings = rules::rate_findings(**rule, subject, *events, at);
    // One that was there before the window was full of what counts may have begun earlier.
    const bool cut = !all && !findings.empty() && findings.front().opened_at <= first + over;
    std::erase_if(findings,
                  [&](const Finding& finding) { return finding.resolved_at && *finding.resolved_at < since; });
    if (!cut || findings.empty() || findings.front().opened_at > first + over) return findings;
  }
}

Result<void> forget_counted(CallStore& store, Time cutoff) {
  Writes writes;
  const auto subjects = rate_subjects(store);
  if (!subjects) return subjects.error();
  for (const RateSubject& subject : *subjects) {
    const std::string prefix = key_of(subject);
    const auto scan = store.bytes().scan(prefix, prefix + state_key::earliest_first(cutoff));
    while (true) {
      const auto more = scan->next();
      if (!more) return more.error();
      if (!*more) break;
      const auto entry = parse(scan->key(), scan->value());
      if (!entry) return kDamaged;
      if (entry->counted.received_at < cutoff) writes.erase(scan->key());
    }
  }
  return writes.empty() ? Result<void>() : store.bytes().write(writes);
}

}  // namespace hookledger
