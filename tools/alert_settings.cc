#include "tools/alert_settings.h"

#include <algorithm>

#include "schemas/text.h"
#include "tools/receiver_section.h"

namespace hookledger {
namespace {

constexpr Duration kWindowDefault = std::chrono::seconds(30), kWindowMax = std::chrono::hours(1);
constexpr std::size_t kAlertsMax = 16;

class SectionReader {
 public:
  SectionReader(const std::string& name, const ReceiverSection::Keys& keys) : section_("alert", name, keys) {
    alert_.name = name;
  }

  Result<AlertSettings> read(const RuleSet& rules) {
    for (const auto& done :
         {section_.check_name(), read_url(), read_secret(), read_severity(), read_rules(rules), read_window()}) {
      if (!done) return done.error();
    }
    return alert_;
  }

 private:
  Result<void> read_url() {
    auto url = section_.url();
    if (!url) return url.error();
    alert_.url = std::move(*url);
    return {};
  }

  Result<void> read_secret() {
    auto key = section_.secret();
    if (!key) return key.error();
    alert_.key = std::move(*key);
    return {};
  }

  Result<void> read_severity() {
    const std::string text = section_.value("min-severity");
    if (text.empty()) return {};
    for (const Severity severity : {Severity::kInfo, Severity::kWarning, Severity::kCritical}) {
      if (text != to_string(severity)) continue;
      alert_.filter.severity_min = severity;
      return {};
    }
    return section_.wrong("min-severity '" + printable(text) + "': give info, warning or critical");
  }

  Result<void> read_rules(const RuleSet& rules) {
    auto words = section_.words("rules");
    if (!words) return words.error();
    for (const std::string& rule : *words) {
      if (!has_rule(rules, rule)) {
        return section_.wrong("rules: there is no rule '" + printable(rule) + "'; hookledger rules list shows them");
      }
    }
    alert_.filter.rules = std::move(*words);
    return {};
  }

  Result<void> read_window() {
    const std::string text = section_.value("group-window");
    alert_.group_window = kWindowDefault;
    if (text.empty()) return {};
    const auto window = parse_duration(text);
    if (!window || *window <= Duration(0) || *window > kWindowMax) {
      return section_.wrong("group-window '" + printable(text) + "': give a duration up to 1h, such as 30s");
    }
    alert_.group_window = *window;
    return {};
  }

  const ReceiverSection section_;
  AlertSettings alert_;
};

}  // namespace

const char* const kAlertHelp =
    "  [alert.NAME]                       # posts findings to a receiver, signed; may repeat\n"
    "  url = https://ops.example.com/hookledger\n"
    "  secret-file = /etc/hookledger/alert.secret    # whsec_ and base64, as in Standard Webhooks\n"
    "  min-severity = warning             # or info, critical\n"
    "  rules = no-end, double-answer      # default all\n"
    "  group-window = 30s                 # many findings of a rule within it become one alert\n";

Result<std::vector<AlertSettings>> configured_alerts(const Settings& settings, const RuleSet& rules) {
  std::vector<AlertSettings> alerts;
  if (settings.alerts().size() > kAlertsMax) {
    return Error{ErrorCode::kUsage, "the config file has more than 16 [alert.NAME] sections"};
  }
  for (const auto& [name, section] : settings.alerts()) {
    auto alert = SectionReader(name, section).read(rules);
    if (!alert) return alert.error();
    alerts.push_back(std::move(*alert));
  }
  return alerts;
}

}  // namespace hookledger
