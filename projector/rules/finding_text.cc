#include "projector/rules/finding_text.h"

#include <algorithm>
#include <set>

#include "projector/rule_files/tunables.h"
#include "projector/rules/field.h"
#include "schemas/error.h"

namespace hookledger::rules {
namespace {

constexpr std::size_t kNamesShown = 4;

template <class Value>
std::string substitute(std::string_view text, const Value& value_of) {
  std::string out;
  while (true) {
    const std::size_t open = text.find('{');
    const std::size_t close = text.find('}', open);
    if (open == std::string_view::npos || close == std::string_view::npos) return out.append(text);
    out.append(text.substr(0, open));
    out.append(value_of(text.substr(open + 1, close - open - 1)));
    text.remove_prefix(close + 1);
  }
}

/// "a", "a and b", "a, b, c and 7 more".
template <class NameOf>
std::string enumerate(std::size_t count, const NameOf& name_of) {
  const std::size_t shown = count <= kNamesShown ? count : kNamesShown - 1;
  std::string out;
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) out += i + 1 == count ? " and " : ", ";
    out += name_of(i);
  }
  if (shown < count) out += " and " + std::to_string(count - shown) + " more";
  return out;
}

std::string plural(std::string_view noun, std::size_t count) { return std::string(noun) + (count == 1 ? " " : "s "); }

std::string unique_names(std::vector<std::string> names) {
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return enumerate(names.size(), [&](std::size_t i) { return names[i]; });
}

class Values {
 public:
  explicit Values(const FindingContext& finding) : finding_(finding) {}

  std::string operator()(std::string_view name) const {
    if (name == "limit") return format_duration(limit_of(finding_.rule).value_or(Duration{}));
    if (name == "call") return call();
    if (name == "cause") return "leg " + std::string(cause().facts().text(cause().event->leg));
    if (name == "since") return format_time(cause().event->occurred_at);
    if (name == "legs") return legs(&Values::plain);
    if (name == "legs since") return legs(&Values::with_time);
    if (name == "missing") return missing();
    if (name == "controls") return controls();
    if (name == "organizations") return unique_names(proofs(&EventFact::organization));
    if (name == "types") return unique_names(proofs(&EventFact::type));
    if (name == "count") return std::to_string(finding_.periods.size());
    if (name == "longest") return format_duration(longest());
    if (name == "device")
      return all_of("device", [](const Seen& seen) { return seen.facts().text(seen.event->device); });
    if (name == "calls") return all_of("call", call_of);
    if (name.starts_with('/')) return value(name);
    require(false, "unknown placeholder in a rule's text");
    return {};
  }

 private:
  const Seen& cause() const { return finding_.periods.back()->condition.evidence.front(); }
  static const KnownLeg& known(const Seen& leg) { return leg.call->legs()[leg.leg]; }
  static std::string_view call_of(const Seen& seen) {
    return seen.call->is_call() ? std::string_view(seen.facts().call_id()) : std::string_view();
  }

  std::string call() const {
    const std::string_view id = call_of(cause());
    return id.empty() ? "(none)" : std::string(id);
  }

  std::string value(std::string_view pointer) const {
    const auto field = std::ranges::find(finding_.rule.shown, pointer, &Field::pointer);
    const std::string text = field == finding_.rule.shown.end() ? std::string() : read_text(*field, cause());
    return text.empty() ? "(none)" : text;
  }

  /// The last that was known of the leg.
  const Condition& condition_of(const Seen& leg) const {
    const auto found = std::find_if(finding_.periods.rbegin(), finding_.periods.rend(), [&](const Period* period) {
      return period->leg == leg.leg && period->condition.evidence.front().call == leg.call;
    });
    return (*found)->condition;
  }

  std::string plain(const Seen& leg) const { return std::string(known(leg).id); }
  std::string with_time(const Seen& leg) const {
    return plain(leg) + " (" + format_time(condition_of(leg).evidence.front().event->occurred_at) + ")";
  }

  std::string legs(std::string (Values::*name)(const Seen&) const) const {
    const std::vector<Seen>& legs = finding_.legs;
    return plural("leg", legs.size()) + enumerate(legs.size(), [&](std::size_t i) { return (this->*name)(legs[i]); });
  }

  std::string missing() const {
    return enumerate(finding_.legs.size(), [this](std::size_t i) {
      const Seen& leg = finding_.legs[i];
      return missing_of(condition_of(leg)) + " of leg " + plain(leg);
    });
  }

  std::string missing_of(const Condition& condition) const {
    std::string names;
    for (std::size_t i = 0; i < finding_.rule.pairs.size(); ++i) {
      if ((condition.missing_pairs >> i & 1) != 0)
        names += (names.empty() ? "" : " and ") + finding_.rule.pairs[i].missing;
    }
    return names;
  }

  std::string controls() const {
    std::vector<std::string_view> ids;
    for (const Seen& leg : finding_.legs) {
      const EventFact* control = known(leg).control_id;
      if (control != nullptr) ids.push_back(leg.facts().text(control->control_id));
    }
    if (ids.empty()) return "the legs (control ids not known)";
    return plural("control id", ids.size()) + enumerate(ids.size(), [&](std::size_t i) { return ids[i]; });
  }

  template <class Visit>
  void for_each_proof(const Visit& visit) const {
    for (const Period* period : finding_.periods) {
      for (const Seen& seen : period->condition.evidence) {
        if (seen) visit(seen);
      }
      for (const Seen& seen : period->condition.more) visit(seen);
    }
  }

  std::vector<std::string> proofs(Text EventFact::*field) const {
    std::vector<std::string> names;
    for_each_proof([&](const Seen& seen) { names.emplace_back(seen.facts().text(seen.event->*field)); });
    std::erase(names, std::string());
    return names;
  }

  template <class NameOf>
  std::string all_of(std::string_view noun, const NameOf& name_of) const {
    std::set<std::string> names;
    for_each_proof([&](const Seen& seen) { names.emplace(name_of(seen)); });
    names.erase(std::string());
    if (names.empty()) return "no " + std::string(noun);
    return plural(noun, names.size()) + unique_names({names.begin(), names.end()});
  }

  Duration longest() const {
    Duration longest{};
    for (const Period* period : finding_.periods) longest = std::max(longest, period->condition.took);
    return longest;
  }

  const FindingContext& finding_;
};

}  // namespace

std::vector<Seen> legs_of(const std::vector<const Period*>& periods) {
  std::vector<Seen> legs;
  for (const Period* period : periods) {
    const Seen& cause = period->condition.evidence.front();
    const Seen leg{cause.call, cause.event, period->leg};
    const bool known =
        std::ranges::any_of(legs, [&](const Seen& other) { return other.call == leg.call && other.leg == leg.leg; });
    if (period->leg != kWholeCall && !known) legs.push_back(leg);
  }
  std::ranges::sort(legs, [](const Seen& a, const Seen& b) {
    if (a.call != b.call) return a.facts().call_id() < b.facts().call_id();
    return stands_before(a.call->legs()[a.leg], b.call->legs()[b.leg]);
  });
  return legs;
}

std::string fill_template(std::string_view text, const FindingContext& finding) {
  return substitute(text, Values(finding));
}

std::string explain_template(std::string_view text) {
  return substitute(text, [](std::string_view name) -> std::string_view {
    if (name == "controls") return "the control ids listed";
    if (name == "legs") return "the legs listed";
    if (name == "call") return "ID";
    if (name == "device") return "the device";
    if (name == "calls") return "the calls listed";
    return name;
  });
}

}  // namespace hookledger::rules
