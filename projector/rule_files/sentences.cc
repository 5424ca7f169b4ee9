#include "projector/rule_files/sentences.h"

#include <algorithm>
#include <functional>

#include "projector/rule_files/fields.h"
#include "projector/rule_files/tunables.h"

namespace hookledger::rules {
namespace {

const std::vector<std::string_view>& placeholders() {
  static const std::vector<std::string_view> names = {"limit",      "call",     "cause",   "since",         "legs",
                                                      "legs since", "controls", "missing", "organizations", "types",
                                                      "count",      "longest",  "device"};
  return names;
}

/// `use` is given what stands in each pair of braces; false when a brace stands alone.
bool each_placeholder(std::string_view text, const std::function<void(std::string_view)>& use) {
  while (true) {
    const std::size_t open = text.find_first_of("{}");
    if (open == std::string_view::npos) return true;
    const std::size_t close = text.find_first_of("{}", open + 1);
    if (text[open] == '}' || close == std::string_view::npos || text[close] == '{') return false;
    use(text.substr(open + 1, close - open - 1));
    text.remove_prefix(close + 1);
  }
}

}  // namespace

void check_placeholders(const RuleSpec& rule, std::string_view text, std::string_view label, Position at,
                        Problems& problems) {
  const std::string prefix = std::string(label) + ": ";
  const auto check = [&](std::string_view name) {
    if (is_pointer(name)) return;
    const std::string shown = prefix + "{" + std::string(name) + "} ";
    if (std::ranges::find(placeholders(), name) == placeholders().end()) {
      problems.add(at, prefix + "unknown placeholder " + quoted(name) + did_you_mean(name, placeholders()) +
                           " (there are " + listed(placeholders()) + ", and JSON Pointers such as {/platform})");
    } else if (name == "limit" && !limit_of(rule)) {
      problems.add(at, shown + "stands for the rule's duration, and it has none");
    } else if (name == "missing" && (rule.pairs.empty() || rule.pairs.front().missing.empty())) {
      problems.add(at, shown + "stands for `missing` of a rule's `pairs`, and it has none");
    }
  };
  if (!each_placeholder(text, check)) {
    problems.add(at, prefix + "a brace stands alone: placeholders are written as {call}");
  }
}

std::vector<std::string> pointers_in(std::string_view text) {
  std::vector<std::string> pointers;
  each_placeholder(text, [&](std::string_view name) {
    if (is_pointer(name)) pointers.emplace_back(name);
  });
  return pointers;
}

}  // namespace hookledger::rules
