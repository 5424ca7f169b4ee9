#include "replay/redelivery/filter.h"

#include <algorithm>

namespace hookledger {
namespace {

bool names(const std::vector<std::string>& texts, std::string_view text) {
  return texts.empty() || std::ranges::find(texts, text) != texts.end();
}

bool matches(std::string_view pattern, std::string_view type) {
  if (!pattern.ends_with('*')) return pattern == type;
  return type.starts_with(pattern.substr(0, pattern.size() - 1));
}

}  // namespace

FilterSubject subject_of(const RecordView& record, std::string_view organization) {
  return {record.type, record.source, record.call_id(), organization};
}

bool passes(const RecordFilter& filter, const FilterSubject& subject) {
  const auto fits = [&](const std::string& pattern) { return matches(pattern, subject.type); };
  return (filter.types.empty() || std::ranges::any_of(filter.types, fits)) && names(filter.sources, subject.source) &&
         names(filter.calls, subject.call) &&
         (filter.organization.empty() || filter.organization == subject.organization);
}

}  // namespace hookledger
