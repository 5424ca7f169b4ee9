#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "schemas/record.h"

namespace hookledger {

/// Which records an application is to have. What is empty says nothing.
struct RecordFilter {
  std::vector<std::string> types{};  ///< `call.hangup`; with a `*` at the end all that begin so.
  std::vector<std::string> sources{};
  std::vector<std::string> calls{};  ///< Ids.
  std::string organization{};

  friend bool operator==(const RecordFilter&, const RecordFilter&) = default;
};

/// What a filter asks of a record. Views.
struct FilterSubject {
  std::string_view type, source;
  std::string_view call;          ///< Empty: none.
  std::string_view organization;  ///< Of its call, or its own; asked for when the filter names one.
};
FilterSubject subject_of(const RecordView& record, std::string_view organization);

/// Pure.
bool passes(const RecordFilter& filter, const FilterSubject& subject);

}  // namespace hookledger
