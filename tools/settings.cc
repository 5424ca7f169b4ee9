#include "tools/settings.h"

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>
#include <unistd.h>

#include "schemas/text.h"
#include "tools/config_file.h"

namespace hookledger {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kEnvironmentPrefix = "HOOKLEDGER_";
constexpr std::string_view kPositional = "<positional>";

/// A kind of named sections: `[source.NAME]`.
struct SectionKind {
  std::string prefix;
  std::vector<std::string> keys;
};
const SectionKind kSource{"source.",
                          {"kind", "public-key", "secret-file", "public-url", "path", "tolerance", "api-key-file",
                           "api-url", "api-connection", "recovery-interval"}};
const SectionKind kAlert{"alert.", {"url", "secret-file", "min-severity", "rules", "group-window"}};
const SectionKind kSubscription{
    "subscription.",
    {"url", "secret-file", "types", "sources", "organization", "rate", "parallel", "give-up-after", "from"}};

Error usage(const std::string& detail) { return {ErrorCode::kUsage, detail}; }

Error bad_value(std::string_view name, std::string_view value, std::string_view expected) {
  return usage("--" + std::string(name) + " '" + printable(value) + "': " + std::string(expected));
}

po::options_description describe(const std::vector<OptionSpec>& options) {
  po::options_description description;
  for (const OptionSpec& option : options) {
    auto* value = po::value<std::vector<std::string>>();
    if (option.argument.empty()) value->zero_tokens()->implicit_value({"true"}, "");
    description.add_options()(option.name.c_str(), value, option.help.c_str());
  }
  return description;
}

/// `data-dir` for `HOOKLEDGER_DATA_DIR`; empty for variables that are none of ours.
std::string option_of_variable(const std::string& variable, const std::vector<OptionSpec>& known) {
  if (!variable.starts_with(kEnvironmentPrefix)) return {};
  std::string name = variable.substr(kEnvironmentPrefix.size());
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return c == '_' ? '-' : static_cast<char>(std::tolower(c)); });
  const bool ours =
      std::any_of(known.begin(), known.end(), [&](const OptionSpec& option) { return option.name == name; });
  return ours ? name : std::string();
}

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::vector<std::string> split_words(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

/// ` KEY`; nothing when it may be a value in the wrong place, and so a secret.
std::string shown_key(const std::string& key) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  constexpr std::size_t kSizeMax = 40;
  if (key.empty() || key.size() > kSizeMax || key.find_first_not_of(kLetters) != std::string::npos) return {};
  if (key.starts_with(kSource.prefix))
    return " " + key +
           " (a source has kind, public-key, secret-file, public-url, path, tolerance, api-key-file, api-url, "
           "api-connection, recovery-interval)";
  if (key.starts_with(kAlert.prefix)) {
    return " " + key + " (an alert has url, secret-file, min-severity, rules, group-window)";
  }
  if (key.starts_with(kSubscription.prefix)) {
    return " " + key +
           " (a subscription has url, secret-file, types, sources, organization, rate, parallel, give-up-after, from)";
  }
  return " " + key;
}

}  // namespace

class SettingsReader {
 public:
  SettingsReader(const std::vector<OptionSpec>& own, const std::vector<OptionSpec>& known) : own_(own), known_(known) {}

  Result<Settings> read(const std::vector<std::string>& arguments) {
    if (auto read = read_command_line(arguments); !read) return read.error();
    read_environment();
    if (settings_.has("config")) {
      if (auto read = read_file(settings_.text("config")); !read) return read.error();
    }
    if (auto checked = check_flags(); !checked) return checked.error();
    return settings_;
  }

 private:
  /// A flag from the environment or a file may say yes or no in the usual ways, and nothing else.
  Result<void> check_flags() {
    for (const OptionSpec& option : known_) {
      const auto found = settings_.values_.find(option.name);
      if (!option.argument.empty() || found == settings_.values_.end()) continue;
      const std::string value = lower_case(found->second.texts.back());
      if (value == "true" || value == "1" || value == "yes" || value == "on") {
        found->second.texts = {"true"};
      } else if (value.empty() || value == "false" || value == "0" || value == "no" || value == "off") {
        settings_.values_.erase(found);
      } else {
        return bad_value(option.name, value, "true or false");
      }
    }
    return {};
  }

  Result<void> read_command_line(const std::vector<std::string>& arguments) {
    try {
      auto description = describe(own_);
      description.add_options()(std::string(kPositional).c_str(), po::value<std::vector<std::string>>());
      po::positional_options_description positional;
      positional.add(std::string(kPositional).c_str(), -1);
      const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
      const auto parsed =
          po::command_line_parser(arguments).options(description).positional(positional).style(style).run();
      for (const auto& option : parsed.options) {
        if (option.string_key == kPositional) {
          settings_.positional_.insert(settings_.positional_.end(), option.value.begin(), option.value.end());
          continue;
        }
        if (auto added = add_from_command_line(option.string_key, option.value); !added) return added.error();
      }
      return {};
    } catch (const po::error& error) {
      return usage(printable(error.what()));
    }
  }

  Result<void> add_from_command_line(const std::string& name, const std::vector<std::string>& value) {
    const auto& spec =
        *std::find_if(own_.begin(), own_.end(), [&](const OptionSpec& option) { return option.name == name; });
    auto& values = settings_.values_[name].texts;
    if (!values.empty() && !spec.repeats) return usage("--" + name + " is given twice");
    values.insert(values.end(), value.begin(), value.end());
    if (value.empty()) values.emplace_back("true");
    return {};
  }

  void read_environment() {
    for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
      const std::string_view text = *variable;
      const auto equals = text.find('=');
      if (equals == std::string_view::npos) continue;
      const std::string name = option_of_variable(std::string(text.substr(0, equals)), known_);
      if (name.empty() || name == "help" || name == "version" || settings_.has(name)) continue;
      const std::string value(text.substr(equals + 1));
      const bool repeats =
          std::any_of(known_.begin(), known_.end(), [&](const OptionSpec& o) { return o.name == name && o.repeats; });
      auto texts = repeats ? split_words(value) : std::vector<std::string>{value};
      if (value.empty() || texts.empty()) continue;  // No value must not hide the file's.
      settings_.values_[name] = {std::move(texts), Origin::kEnvironment};
    }
  }

  Result<void> read_file(const std::string& path) {
    const auto lines = read_config_file(path);
    if (!lines) return lines.error();
    std::map<std::string, std::vector<std::string>> values;
    for (const ConfigLine& line : *lines) {
      auto* into = is_option(line.key) ? &values[line.key] : section_value(kSource, line.key, settings_.sources_);
      if (into == nullptr) into = section_value(kAlert, line.key, settings_.alerts_);
      if (into == nullptr) into = section_value(kSubscription, line.key, settings_.subscriptions_);
      if (into == nullptr) {
        return usage("config file " + path + ", line " + std::to_string(line.number) + ": unknown key" +
                     shown_key(line.key));
      }
      into->push_back(line.value);
    }
    for (auto& [name, texts] : values)
      settings_.values_.try_emplace(name, Settings::Value{std::move(texts), Origin::kFile});
    return {};
  }

  bool is_option(const std::string& key) const {
    if (key == "help" || key == "version") return false;
    return std::any_of(known_.begin(), known_.end(), [&](const OptionSpec& option) { return option.name == key; });
  }

  /// Where values of `KIND.NAME.KEY` go; null when that is no key of the kind.
  static std::vector<std::string>* section_value(const SectionKind& kind, const std::string& key,
                                                 Settings::Sections& sections) {
    const auto dot = key.rfind('.');
    if (!key.starts_with(kind.prefix) || dot < kind.prefix.size()) return nullptr;
    const std::string last = key.substr(dot + 1);
    if (std::find(kind.keys.begin(), kind.keys.end(), last) == kind.keys.end()) return nullptr;
    return &sections[key.substr(kind.prefix.size(), dot - kind.prefix.size())][last];
  }

  const std::vector<OptionSpec>& own_;
  const std::vector<OptionSpec>& known_;
  Settings settings_;
};

Result<Settings> read_settings(const std::vector<std::string>& arguments, const std::vector<OptionSpec>& own,
                               const std::vector<OptionSpec>& known) {
  return SettingsReader(own, known).read(arguments);
}

std::string render_options(const std::vector<OptionSpec>& options) {
  constexpr std::size_t kColumn = 32;
  std::string out;
  for (const OptionSpec& option : options) {
    std::string left = "  --" + option.name + (option.argument.empty() ? "" : " " + option.argument);
    left.resize(std::max(kColumn, left.size() + 2), ' ');
    out += left;
    std::istringstream lines(option.help);
    std::string line;
    for (bool first = true; std::getline(lines, line); first = false) {
      out += (first ? "" : std::string(kColumn, ' ')) + line + "\n";
    }
  }
  return out;
}

bool Settings::has(std::string_view name) const {
  const auto found = values_.find(name);
  return found != values_.end() && !found->second.texts.empty();
}

bool Settings::flag(std::string_view name) const { return has(name); }

bool Settings::prevails(std::string_view name, std::string_view other) const {
  return has(name) && (!has(other) || values_.find(name)->second.origin <= values_.find(other)->second.origin);
}

bool Settings::on_command_line(std::string_view name) const {
  return has(name) && values_.find(name)->second.origin == Origin::kCommandLine;
}

std::string Settings::text(std::string_view name, std::string_view otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.texts.empty() ? std::string(otherwise) : found->second.texts.back();
}

std::vector<std::string> Settings::texts(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>() : found->second.texts;
}

Result<std::uint64_t> Settings::number(std::string_view name, std::uint64_t otherwise, std::uint64_t min,
                                       std::uint64_t max) const {
  if (!has(name)) return otherwise;
  const auto value = parse_unsigned(text(name));
  if (!value || *value < min || *value > max) {
    return bad_value(name, text(name), "a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  }
  return *value;
}

Result<double> Settings::real(std::string_view name, double otherwise, double min, double max) const {
  if (!has(name)) return otherwise;
  const std::string value = text(name);
  double number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || !(number >= min && number <= max)) {
    std::ostringstream range;
    range << "a number from " << min << " to " << max;
    return bad_value(name, value, range.str());
  }
  return number;
}

Result<std::uint64_t> Settings::bytes(std::string_view name, std::uint64_t otherwise, std::uint64_t max) const {
  if (!has(name)) return otherwise;
  const auto value = parse_bytes(text(name));
  if (!value || *value == 0) return bad_value(name, text(name), "a size such as 1048576, 64KiB or 20GiB");
  if (*value > max) return bad_value(name, text(name), "at most " + std::to_string(max) + " bytes");
  return *value;
}

Result<Duration> Settings::duration(std::string_view name, Duration otherwise) const {
  if (!has(name)) return otherwise;
  const auto value = parse_duration(text(name));
  if (!value || *value < Duration(0)) return bad_value(name, text(name), "a duration such as 500ms, 10s, 72h or 7d");
  return *value;
}

Result<std::optional<Time>> Settings::instant(std::string_view name, Time now) const {
  if (!has(name)) return std::optional<Time>();
  const auto value = parse_instant(text(name), now);
  if (!value) return bad_value(name, text(name), "a time such as 2026-02-08T10:15:30Z or -10m");
  return value;
}

Result<std::string> Settings::word(std::string_view name, const std::vector<std::string>& words) const {
  const std::string value = text(name, words.front());
  if (std::find(words.begin(), words.end(), value) != words.end()) return value;
  std::string choices;
  for (const auto& word : words) choices += (choices.empty() ? "" : ", ") + word;
  return bad_value(name, value, "one of " + choices);
}

}  // namespace hookledger
