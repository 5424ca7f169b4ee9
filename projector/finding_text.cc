#include "projector/finding_text.h"

#include <algorithm>

#include "schemas/error.h"

namespace hookledger {
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
    if (name == "limit") return format_duration(finding_.limit);
    if (name == "call") return finding_.call.facts().call_id();
    if (name == "cause") return "leg " + std::string(facts().text(cause().leg));
    if (name == "since") return format_time(cause().occurred_at);
    if (name == "legs") return legs(&Values::plain);
    if (name == "legs since") return legs(&Values::with_time);
    if (name == "missing") return missing();
    if (name == "controls") return controls();
    if (name == "organizations") return unique_names(proofs(&EventFact::organization));
    if (name == "types") return unique_names(proofs(&EventFact::type));
    if (name == "count") return std::to_string(finding_.periods.size());
    if (name == "longest") return format_duration(longest());
    require(false, "unknown placeholder in a rule's text");
    return {};
  }

 private:
  const CallFacts& facts() const { return finding_.call.facts(); }
  const EventFact& cause() const { return *finding_.periods.back()->condition.evidence.front(); }
  const KnownLeg& leg(LegIndex index) const { return finding_.call.legs()[index]; }

  /// The last that was known of the leg.
  const Condition& condition_of(LegIndex index) const {
    const auto found = std::find_if(finding_.periods.rbegin(), finding_.periods.rend(),
                                    [&](const Period* period) { return period->leg == index; });
    return (*found)->condition;
  }

  std::string plain(LegIndex index) const { return std::string(leg(index).id); }
  std::string with_time(LegIndex index) const {
    return plain(index) + " (" + format_time(condition_of(index).evidence.front()->occurred_at) + ")";
  }

  std::string legs(std::string (Values::*name)(LegIndex) const) const {
    const std::vector<LegIndex>& legs = finding_.legs;
    return plural("leg", legs.size()) + enumerate(legs.size(), [&](std::size_t i) { return (this->*name)(legs[i]); });
  }

  std::string missing() const {
    return enumerate(finding_.legs.size(), [this](std::size_t i) {
      const LegIndex index = finding_.legs[i];
      return std::string(condition_of(index).missing) + " of leg " + plain(index);
    });
  }

  std::string controls() const {
    std::vector<std::string_view> ids;
    for (const LegIndex index : finding_.legs) {
      if (leg(index).control_id != nullptr) ids.push_back(facts().text(leg(index).control_id->control_id));
    }
    if (ids.empty()) return "the legs (control ids not known)";
    return plural("control id", ids.size()) + enumerate(ids.size(), [&](std::size_t i) { return ids[i]; });
  }

  std::vector<std::string> proofs(Text EventFact::*field) const {
    std::vector<std::string> names;
    for (const Period* period : finding_.periods) {
      for (const EventFact* event : period->condition.evidence) {
        if (event != nullptr) names.emplace_back(facts().text(event->*field));
      }
    }
    return names;
  }

  Duration longest() const {
    Duration longest{};
    for (const Period* period : finding_.periods) longest = std::max(longest, period->condition.took);
    return longest;
  }

  const FindingContext& finding_;
};

}  // namespace

std::string fill_template(std::string_view text, const FindingContext& finding) {
  return substitute(text, Values(finding));
}

std::string explain_template(std::string_view text) {
  return substitute(text, [](std::string_view name) -> std::string_view {
    if (name == "controls") return "the control ids listed";
    if (name == "legs") return "the legs listed";
    if (name == "call") return "ID";
    return name;
  });
}

}  // namespace hookledger
