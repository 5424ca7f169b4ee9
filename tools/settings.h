#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

/// One option of a command. It can also stand in the config file and in the environment (HOOKLEDGER_…).
struct OptionSpec {
  std::string name;      ///< Without dashes.
  std::string argument;  ///< As help shows it; empty: a flag.
  std::string help;
  bool repeats = false;
};

/// Where a value was given, the most local first.
enum class Origin { kCommandLine, kEnvironment, kFile };

/// What the user asked for: command line over environment over config file.
class Settings {
 public:
  /// `[source.NAME]`, `[alert.NAME]` or `[subscription.NAME]` sections of the config file: key to values, by NAME.
  using Sections = std::map<std::string, std::map<std::string, std::vector<std::string>>>;

  bool has(std::string_view name) const;
  bool flag(std::string_view name) const;
  /// Of two options of which only one can be followed: is `name` given, and at least as locally as `other`?
  bool prevails(std::string_view name, std::string_view other) const;
  bool on_command_line(std::string_view name) const;
  std::string text(std::string_view name, std::string_view otherwise = {}) const;
  std::vector<std::string> texts(std::string_view name) const;
  const std::vector<std::string>& positional() const { return positional_; }
  const Sections& sources() const { return sources_; }
  const Sections& alerts() const { return alerts_; }
  const Sections& subscriptions() const { return subscriptions_; }

  /// The typed readers give `otherwise` when the option is absent. Errors: kUsage, naming the option.
  Result<std::uint64_t> number(std::string_view name, std::uint64_t otherwise, std::uint64_t min,
                               std::uint64_t max) const;
  Result<double> real(std::string_view name, double otherwise, double min, double max) const;
  Result<std::uint64_t> bytes(std::string_view name, std::uint64_t otherwise, std::uint64_t max) const;
  Result<Duration> duration(std::string_view name, Duration otherwise) const;
  /// RFC 3339 or relative to `now`.
  Result<std::optional<Time>> instant(std::string_view name, Time now) const;
  /// One of `words`; the first when absent.
  Result<std::string> word(std::string_view name, const std::vector<std::string>& words) const;

 private:
  friend class SettingsReader;
  struct Value {
    std::vector<std::string> texts;
    Origin origin = Origin::kCommandLine;
  };
  std::map<std::string, Value, std::less<>> values_;
  std::vector<std::string> positional_;
  Sections sources_, alerts_, subscriptions_;
};

/// Errors: kUsage (unknown option, key or command line shape), kNotFound (config file). Lines of the config file
/// that are no option are not shown, but for keys that look like one.
/// `known` are the options of all commands, which a shared config file may hold; `own` those of this command.
Result<Settings> read_settings(const std::vector<std::string>& arguments, const std::vector<OptionSpec>& own,
                               const std::vector<OptionSpec>& known);

/// How help shows options: one or more lines each, aligned.
std::string render_options(const std::vector<OptionSpec>& options);

}  // namespace hookledger
