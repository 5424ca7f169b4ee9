#include "projector/api_parameters.h"

#include <algorithm>
#include <array>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kLimitMax = 500;

/// Reads parameters one after the other and keeps the first problem.
class Reader {
 public:
  Reader(const ApiArguments& arguments, Time now) : arguments_(arguments), now_(now) {}

  /// `parse` gives an optional; nothing of it is the problem `why`.
  template <class Parse, class T>
  void read(std::string_view name, T& out, Parse parse, std::string_view why) {
    if (problem_ || !arguments_.has(name)) return;
    const std::string& text = arguments_.get(name);
    auto value = text.empty() ? std::nullopt : parse(text);
    if (value) {
      out = std::move(*value);
    } else {
      problem_ = bad_parameter(name, why);
    }
  }
  void text(std::string_view name, std::string& out) {
    read(
        name, out, [](const std::string& text) { return std::optional(text); }, "is empty");
  }
  void time(std::string_view name, std::optional<Time>& out) {
    read(
        name, out, [&](const std::string& text) { return parse_instant(text, now_); },
        "is neither an RFC 3339 time nor relative to now like -10m");
  }

  template <class T>
  OrProblem<T> result(T value) {
    if (problem_) return std::move(*problem_);
    return value;
  }

 private:
  const ApiArguments& arguments_;
  Time now_;
  std::optional<ApiResponse> problem_;
};

std::optional<std::optional<FindingStatus>> parse_finding_status(const std::string& text) {
  if (text == "all") return std::optional<FindingStatus>();
  for (const FindingStatus status : {FindingStatus::kOpen, FindingStatus::kResolved, FindingStatus::kNoted}) {
    if (text == to_string(status)) return status;
  }
  return std::nullopt;
}

std::optional<std::size_t> parse_limit(const std::string& text) {
  const auto limit = parse_unsigned(text);
  if (!limit || *limit < 1 || *limit > kLimitMax) return std::nullopt;
  return *limit;
}

std::optional<bool> parse_by(const std::string& text) {
  if (text == "arrival") return false;
  if (text == "occurrence") return true;
  return std::nullopt;
}

}  // namespace

OrProblem<AsOfParameters> read_as_of(const ApiArguments& arguments, Time now) {
  Reader reader(arguments, now);
  AsOfParameters as_of;
  reader.time("at", as_of.at);
  reader.read("by", as_of.by_occurrence, parse_by, "is neither arrival nor occurrence");
  return reader.result(std::move(as_of));
}

OrProblem<PageRequest> read_page(const ApiArguments& arguments) {
  Reader reader(arguments, {});
  PageRequest page;
  reader.read("limit", page.limit, parse_limit, "is not a number from 1 to 500");
  reader.text("cursor", page.cursor);
  return reader.result(std::move(page));
}

OrProblem<CallFilter> read_call_filter(const ApiArguments& arguments, Time now) {
  Reader reader(arguments, now);
  CallFilter filter;
  reader.read(
      "status", filter.status, [](const std::string& text) { return parse_call_status(text); },
      "is none of initiated, ringing, answered, bridged, ended");
  reader.text("org", filter.organization);
  reader.text("number", filter.number);
  reader.time("since", filter.since);
  reader.time("until", filter.until);
  return reader.result(std::move(filter));
}

OrProblem<FindingFilter> read_finding_filter(const ApiArguments& arguments, const RuleSet& rules, Time now) {
  Reader reader(arguments, now);
  FindingFilter filter;
  reader.read("status", filter.status, parse_finding_status, "is none of open, resolved, noted, all");
  reader.read(
      "rule", filter.rule,
      [&](const std::string& name) { return has_rule(rules, name) ? std::optional(name) : std::nullopt; },
      "is no rule's name");
  reader.text("call", filter.call_id);
  reader.time("at", filter.at);
  return reader.result(std::move(filter));
}

}  // namespace hookledger
