#include "projector/queries.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "projector/cursor.h"
#include "projector/devices.h"
#include "projector/fold.h"
#include "projector/rates.h"
#include "schemas/place.h"

namespace hookledger {
namespace {

/// How many calls of the deadline index are held at once: bounds memory when very many are due.
constexpr std::size_t kDueHeldMax = 10'000;

const Error kBadCursor{ErrorCode::kInvalid, "the cursor is none that this list gave"};

std::string most_selective_index(const CallFilter& filter) {
  if (!filter.number.empty()) return state_key::numbers(filter.number);
  if (!filter.organization.empty()) return state_key::organizations(filter.organization);
  if (filter.status) return state_key::statuses(*filter.status);
  return state_key::times();
}

bool passes(const CallFilter& filter, const Call& call) {
  return (!filter.status || call.status == *filter.status) &&
         (filter.organization.empty() || call.organization_id == filter.organization) &&
         (filter.number.empty() ||
          std::any_of(call.legs.begin(), call.legs.end(),
                      [&](const Leg& leg) { return leg.from == filter.number || leg.to == filter.number; })) &&
         (!filter.since || *filter.since <= call.first_at) && (!filter.until || call.first_at < *filter.until);
}

/// The first key of a list that is newer than or at `position`, and the one right behind it.
std::string at(const std::string& prefix, const CallPosition& position) {
  return prefix + state_key::newest_first(position.first_at, position.call_id);
}
std::string behind(const std::string& prefix, const CallPosition& position) {
  return at(prefix, position).append(1, '\0');
}
/// Where calls older than `time` begin.
std::string older_than(const std::string& prefix, Time time) {
  return prefix + state_key::newest_first(time - Duration(1));
}

bool less(const Finding& a, const Finding& b) {
  return std::tie(a.opened_at, a.rule, a.id) < std::tie(b.opened_at, b.rule, b.id);
}

/// Gathers findings call by call, in order, until the page is full.
class FindingPage {
 public:
  FindingPage(const CallStore& store, const RuleSet& rules, const SubjectSource& subjects, const FindingFilter& filter,
              Time at, std::size_t limit, std::optional<FindingPosition> after)
      : store_(store),
        rules_(rules),
        subjects_(subjects),
        filter_(filter),
        at_(at),
        limit_(limit),
        after_(std::move(after)) {}

  /// True when there is room for more. `first_at` is where the call stands in the list.
  Result<bool> add(const CallPosition& position) {
    const auto facts = store_.find(position.call_id);
    if (!facts) return facts.error();
    if (!*facts) return true;
    return add(rules_.findings(**facts, at_), position);
  }

  /// The same for a device: they stand before all calls.
  Result<bool> add_device(const std::string& device) {
    if (!subjects_.has(device)) return true;
    const auto facts = load_device(subjects_.store, device);
    if (!facts) return facts.error();
    return add(subjects_.rules.findings(*facts, at_), device_position(device));
  }

  /// And for a ratio: they stand behind all devices.
  Result<bool> add_rate(const rules::RateSubject& subject, bool open_only) {
    const CallPosition position = rate_position(subject);
    if (!subjects_.has(position.call_id)) return true;
    auto findings = rate_findings(subjects_.store, subjects_.rules, subject, open_only ? at_ : Time::min(), at_);
    if (!findings) return findings.error();
    return add(std::move(*findings), position);
  }

  static CallPosition rate_position(const rules::RateSubject& subject) {
    return {Time::max() - Duration(1), subject.rule + '\0' + subject.whose + '\0' + subject.value};
  }
  static CallPosition device_position(std::string device) { return {Time::max(), std::move(device)}; }

  Page<Finding> take() { return std::move(page_); }

 private:
  bool add(std::vector<Finding> findings, const CallPosition& position) {
    std::sort(findings.begin(), findings.end(), less);
    for (Finding& finding : findings) {
      if (!wanted(finding, position)) continue;
      if (page_.items.size() == limit_) {
        page_.next = page_.cursors.back();
        return false;
      }
      page_.cursors.push_back(encode_cursor(FindingPosition{position, finding.opened_at, finding.rule, finding.id}));
      page_.items.push_back(std::move(finding));
    }
    return true;
  }

  bool wanted(const Finding& finding, const CallPosition& position) const {
    if (filter_.status && finding.status != *filter_.status) return false;
    if (!filter_.rule.empty() && finding.rule != filter_.rule) return false;
    if (!filter_.call_id.empty() && finding.call_id != filter_.call_id) return false;
    return !after_ || *after_ < FindingPosition{position, finding.opened_at, finding.rule, finding.id};
  }

  const CallStore& store_;
  const RuleSet& rules_;
  const SubjectSource& subjects_;
  const FindingFilter& filter_;
  Time at_;
  std::size_t limit_;
  std::optional<FindingPosition> after_;
  Page<Finding> page_;
};

/// The first calls, in order of lists, that are due at `at` and stand at or behind `from`.
Result<std::set<CallPosition>> due_calls(const KeyValue& bytes, Time at, const std::optional<CallPosition>& from) {
  const std::string prefix = state_key::deadlines();
  const auto scan = bytes.scan(prefix, prefix + state_key::earliest_first(at + Duration(1)));
  std::set<CallPosition> due;
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return due;
    auto call = parse_due(scan->key().substr(prefix.size()));
    if (!call) return Error{ErrorCode::kCorruption, "the projection's deadline index is damaged: rebuild it"};
    if (from && call->position < *from) continue;
    if (due.size() == kDueHeldMax && !(call->position < *due.rbegin())) continue;
    due.insert(std::move(call->position));
    if (due.size() > kDueHeldMax) due.erase(std::prev(due.end()));
  }
}

Result<void> add_due(const KeyValue& bytes, Time at, std::optional<CallPosition> from, FindingPage& page) {
  while (true) {
    const auto due = due_calls(bytes, at, from);
    if (!due) return due.error();
    for (const CallPosition& position : *due) {
      const auto room = page.add(position);
      if (!room) return room.error();
      if (!*room) return {};
    }
    if (due->size() < kDueHeldMax) return {};
    from = *due->rbegin();
    from->call_id.push_back('\0');
  }
}

/// Devices in order of id, as `list` gives them from one on, until the page is full. True when there is room for more.
template <class List>
Result<bool> add_devices(const std::optional<CallPosition>& from, const List& list, FindingPage& page) {
  std::string next = from ? from->call_id : std::string();
  if (from && from->first_at != Time::max()) return true;
  while (true) {
    const auto devices = list(next);
    if (!devices) return devices.error();
    for (const std::string& device : *devices) {
      const auto room = page.add_device(device);
      if (!room || !*room) return room;
    }
    if (devices->size() < kDueHeldMax) return true;
    next = *devices->rbegin() + '\0';
  }
}

Result<bool> add_rates(const CallStore& store, bool open_only, FindingPage& page) {
  const auto subjects = rate_subjects(store);
  if (!subjects) return subjects.error();
  for (const rules::RateSubject& subject : *subjects) {
    const auto room = page.add_rate(subject, open_only);
    if (!room || !*room) return room;
  }
  return true;
}

Result<void> add_all(const KeyValue& bytes, const std::optional<CallPosition>& from, FindingPage& page) {
  const std::string prefix = state_key::times();
  const auto scan = bytes.scan(from ? at(prefix, *from) : prefix, state_key::beyond(prefix));
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return {};
    const auto position = parse_position(scan->key().substr(prefix.size()));
    if (!position) return Error{ErrorCode::kCorruption, "the projection's index of calls is damaged: rebuild it"};
    const auto room = page.add(*position);
    if (!room) return room.error();
    if (!*room) return {};
  }
}

Result<void> add_call(const CallStore& store, const RuleSet& rules, const std::string& call_id, FindingPage& page) {
  const auto facts = store.find(call_id);
  if (!facts) return facts.error();
  if (!*facts) return {};
  for (const Text device : rules.any_about_devices() ? devices_of(**facts) : std::vector<Text>()) {
    const auto room = page.add_device(std::string((*facts)->text(device)));
    if (!room) return room.error();
    if (!*room) return {};
  }
  const auto added = page.add({derive_call(**facts).first_at, call_id});
  return added ? Result<void>() : added.error();
}

}  // namespace

bool SubjectSource::has(std::string_view id) const {
  return partitions.empty() || std::ranges::find(partitions, partition_of(id, store.partitions())) != partitions.end();
}

Result<std::optional<CallFacts>> Queries::call_of_leg(std::string_view leg_or_control_id) const {
  const auto id = store_.find_by_leg(leg_or_control_id);
  if (!id) return id.error();
  if (!*id) return std::optional<CallFacts>();
  return store_.find(**id);
}

ListedCall Queries::describe(const CallFacts& facts, Time now) const {
  return {derive_call(facts), open_rules(rules_.findings(facts, now))};
}

Result<Page<ListedCall>> Queries::calls(const CallFilter& filter, const PageRequest& request, Time now) const {
  const std::string prefix = most_selective_index(filter);
  std::string first = filter.until ? older_than(prefix, *filter.until) : prefix;
  const std::string last = filter.since ? older_than(prefix, *filter.since) : state_key::beyond(prefix);
  if (!request.cursor.empty()) {
    const auto cursor = decode_call_cursor(request.cursor);
    if (!cursor) return kBadCursor;
    first = std::max(first, behind(prefix, *cursor));
  }
  Page<ListedCall> page;
  const auto scan = store_.bytes().scan(first, last);
  while (true) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) return page;
    auto position = parse_position(scan->key().substr(prefix.size()));
    if (!position) return Error{ErrorCode::kCorruption, "the projection's index of calls is damaged: rebuild it"};
    const auto facts = store_.find(position->call_id);
    if (!facts) return facts.error();
    // The index is as it was when the scan began; the call may have moved since.
    if (!*facts) continue;
    Call call = derive_call(**facts);
    if (call.first_at != position->first_at || !passes(filter, call)) continue;
    if (page.items.size() == request.limit) {
      page.next = page.cursors.back();
      return page;
    }
    page.cursors.push_back(encode_cursor(*position));
    page.items.push_back({std::move(call), open_rules(rules_.findings(**facts, now))});
  }
}

Result<Page<Finding>> Queries::findings(const FindingFilter& filter, const PageRequest& request, Time now) const {
  std::optional<FindingPosition> after;
  std::optional<CallPosition> from;
  if (!request.cursor.empty()) {
    after = decode_finding_cursor(request.cursor);
    if (!after) return kBadCursor;
    from = after->call;
  }
  const Time at = filter.at.value_or(now);
  FindingPage page(store_, rules_, subjects_, filter, at, request.limit, std::move(after));
  Result<void> done;
  if (!filter.call_id.empty()) {
    done = add_call(store_, rules_, filter.call_id, page);
  } else {
    const bool due_only = filter.status == FindingStatus::kOpen && at >= now;
    const auto room = add_devices(
        from,
        [&](const std::string& first) {
          return due_only ? due_devices(subjects_.store, at, first, kDueHeldMax)
                          : known_devices(subjects_.store, first, kDueHeldMax);
        },
        page);
    if (!room) return room.error();
    const auto more = *room ? add_rates(subjects_.store, due_only, page) : room;
    if (!more) return more.error();
    if (from && from->first_at >= Time::max() - Duration(1)) from.reset();
    if (*more) done = due_only ? add_due(store_.bytes(), at, from, page) : add_all(store_.bytes(), from, page);
  }
  if (!done) return done.error();
  return page.take();
}

}  // namespace hookledger
