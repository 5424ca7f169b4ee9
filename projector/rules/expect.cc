#include "projector/rules/expect.h"

#include <algorithm>
#include <memory_resource>
#include <span>
#include <tuple>

#include "projector/rules/event_groups.h"
#include "projector/rules/field.h"
#include "projector/rules/while.h"

namespace hookledger::rules {
namespace {

/// An event of `then`, in order of (key, occurred_at).
struct Answer {
  Seen seen;
  std::string_view key;
  const Seen* first_received = nullptr;  ///< Of those with its key, of it and what stands behind it.
};

Time occurred(const Answer& answer) { return occurred(answer.seen); }

/// What may answer an event: the events that go together with it, and states, whenever they were reached.
struct Answers {
  std::span<const Answer> events;
  std::span<const Seen> states;

  /// The one that is received first, of those that answer something at `from`. Null: none.
  const Seen* first_received(const Seen& asks, Time from) const {
    const auto event = find_from(asks, from);
    const Seen* first = event == events.end() ? nullptr : event->first_received;
    for (const Seen& state : states) {
      if (first == nullptr || received(state) < received(*first)) first = &state;
    }
    return first;
  }

  /// The one that happened first.
  const Seen* first_occurred(const Seen& asks, Time from) const {
    const auto event = find_from(asks, from);
    const Seen* first = event == events.end() ? nullptr : &event->seen;
    for (const Seen& state : states) {
      if (first == nullptr || occurred(state) < occurred(*first)) first = &state;
    }
    return first;
  }

 private:
  /// Where the events begin that may answer it; never with itself.
  std::span<const Answer>::iterator find_from(const Seen& asks, Time from) const {
    auto found = std::ranges::lower_bound(events, from, {}, [](const Answer& answer) { return occurred(answer); });
    while (found != events.end() && found->seen.event == asks.event) ++found;
    return found;
  }
};

/// All that `then` means.
class AllAnswers {
 public:
  AllAnswers(const RuleSpec& rule, std::span<const Pattern> patterns, const Scene& scene)
      : keyed_(!rule.same.empty()), events_(scene.memory()), states_(scene.memory()) {
    for (const Pattern& pattern : patterns) add(scene.matches(rule, pattern), pattern.what != Pattern::kEvent);
    const auto order = [](const Answer& answer) { return std::tuple(answer.key, occurred(answer)); };
    if (!std::ranges::is_sorted(events_, {}, order)) std::ranges::stable_sort(events_, {}, order);
    for (std::size_t i = events_.size(); i-- > 0;) {
      const Answer* next = i + 1 == events_.size() || events_[i + 1].key != events_[i].key ? nullptr : &events_[i + 1];
      const bool first = next == nullptr || received(events_[i].seen) <= received(*next->first_received);
      events_[i].first_received = first ? &events_[i].seen : next->first_received;
    }
  }

  /// Looks among the events that go together with it by their key, and among the states.
  template <class Find>
  const Seen* find(std::string_view key, const Find& find) const {
    if (!keyed_) return find(Answers{events_, states_});
    const Seen* event = find(Answers{std::ranges::equal_range(events_, key, {}, &Answer::key), {}});
    const Seen* state = find(Answers{{}, states_});  // A state is of the call, whatever else they go together by.
    return event == nullptr || (state != nullptr && received(*state) < received(*event)) ? state : event;
  }

 private:
  void add(const Matches& matches, bool states) {
    if (states) {
      states_.insert(states_.end(), matches.events.begin(), matches.events.end());
      return;
    }
    events_.reserve(events_.size() + matches.events.size());
    for (std::size_t i = 0; i < matches.events.size(); ++i) events_.push_back({matches.events[i], matches.key(i)});
  }

  bool keyed_;
  std::pmr::vector<Answer> events_;
  std::pmr::vector<Seen> states_;
};

std::optional<Time> due_at(const RuleSpec& rule, const Seen& when) {
  if (!rule.due) return occurred(when) + rule.within;
  const auto due = read_field(*rule.due, Type::kTime, when);
  return due ? std::optional(std::get<Time>(*due) - rule.before_due) : std::nullopt;
}

/// The first event to say that the rule is meant at all; nothing when none does.
std::optional<Seen> condition_met(const RuleSpec& rule, const Scene& scene) {
  if (!rule.condition) return Seen{};
  const std::span<const Seen> found = scene.matches(rule, *rule.condition).events;
  if (found.empty()) return std::nullopt;
  return *std::ranges::min_element(found, {}, received);
}

class Expectation {
 public:
  Expectation(const RuleSpec& rule, const Scene& scene) : rule_(rule), scene_(scene), states_(scene) {}

  std::vector<Period> periods() {
    const auto met = condition_met(rule_, scene_);
    if (!met) return {};
    for (std::size_t pair = 0; pair < rule_.pairs.size(); ++pair) {
      const Matches& whens = scene_.matches(rule_, rule_.pairs[pair].when);
      if (whens.events.empty()) continue;
      const AllAnswers answers(rule_, rule_.pairs[pair].then, scene_);
      for (std::size_t i = 0; i < whens.events.size(); ++i) {
        const std::size_t before = periods_.size();
        if (rule_.late) {
          add_late(whens.events[i], whens.key(i), answers);
        } else {
          add_missing(whens.events[i], whens.key(i), answers);
        }
        if (periods_.size() == before) continue;
        Period& added = periods_.back();
        added.condition.missing_pairs = 1U << pair;
        if (*met) added.from = std::max(added.from, received(*met));
        if (added.to && *added.to <= added.from) periods_.pop_back();
      }
    }
    if (rule_.meanwhile) add_meanwhile();
    return std::move(periods_);
  }

 private:
  void add_late(const Seen& when, std::string_view key, const AllAnswers& answers) {
    const Seen* then =
        answers.find(key, [&](const Answers& each) { return each.first_occurred(when, occurred(when) - rule_.skew); });
    if (then == nullptr || occurred(*then) - occurred(when) <= rule_.within) return;
    Period period{.from = std::max(received(when), received(*then)),
                  .leg = when.leg,
                  .condition = {.holds_from = Condition::kAtOnce, .evidence = {when, *then}}};
    period.condition.took = occurred(*then) - occurred(when);
    periods_.push_back(std::move(period));
  }

  void add_missing(const Seen& when, std::string_view key, const AllAnswers& answers) {
    const auto due = due_at(rule_, when);
    const auto holding = states_.holds_at(rule_.during, when);
    if (!due || !holding) return;
    const Seen* then =
        answers.find(key, [&](const Answers& each) { return each.first_received(when, occurred(when) - rule_.skew); });
    Period period{.from = std::max(*due, received(when)),
                  .leg = when.leg,
                  .condition = {.holds_from = *due, .evidence = {when, *holding}}};
    if (*holding) period.from = std::max(period.from, received(*holding));
    if (then != nullptr) period.to = received(*then);
    if (const Seen end = states_.end_of(rule_.during, when)) {
      period.to = std::min(period.to.value_or(Time::max()), received(end));
    }
    if (period.to && *period.to <= period.from) return;
    periods_.push_back(std::move(period));
  }

  void add_meanwhile() {
    const std::span<const Seen> events = scene_.matches(rule_, *rule_.meanwhile).events;
    for (Period& period : periods_) {
      for (const Seen& event : events) {
        if (occurred(event) < occurred(period.condition.evidence.front())) continue;
        if (period.to && received(event) > *period.to) continue;
        if (period.condition.more.size() == kMoreEvidenceMax) break;
        period.condition.more.push_back(event);
      }
    }
  }

  const RuleSpec& rule_;
  const Scene& scene_;
  const States states_;
  std::vector<Period> periods_;
};

}  // namespace

std::vector<Period> expect(const RuleSpec& rule, const Scene& scene) { return Expectation(rule, scene).periods(); }

std::vector<Period> forbid_until(const RuleSpec& rule, const Scene& scene) {
  std::vector<Period> periods;
  const Matches& matches = scene.matches(rule, rule.event);
  if (matches.events.empty()) return periods;
  const AllAnswers ends(rule, {&*rule.until, 1}, scene);
  const States states(scene);
  for (std::size_t i = 0; i < matches.events.size(); ++i) {
    const Seen& event = matches.events[i];
    if (!states.holds_at(rule.during, event)) continue;
    const Seen* end =
        ends.find(matches.key(i), [&](const Answers& each) { return each.first_received(event, occurred(event)); });
    Period period{
        .from = received(event), .leg = event.leg, .condition = {.holds_from = occurred(event), .evidence = {event}}};
    if (end != nullptr) period.to = received(*end);
    if (!period.to || period.from < *period.to) periods.push_back(std::move(period));
  }
  return periods;
}

}  // namespace hookledger::rules
