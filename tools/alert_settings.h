#pragma once

#include <string>
#include <vector>

#include "ingest/http/poster.h"
#include "projector/alert_book.h"
#include "projector/rules/rule_set.h"
#include "tools/settings.h"

namespace hookledger {

/// One `[alert.NAME]` section.
struct AlertSettings {
  std::string name;
  http::Url url;
  std::string key;  ///< That signs.
  AlertFilter filter;
  Duration group_window{};

  friend bool operator==(const AlertSettings&, const AlertSettings&) = default;
};

/// How the sections are written, for `--help`.
extern const char* const kAlertHelp;

/// `rules`: those that an alert may name. Errors: kUsage, naming the section; never shows a secret.
Result<std::vector<AlertSettings>> configured_alerts(const Settings& settings, const RuleSet& rules);

}  // namespace hookledger
