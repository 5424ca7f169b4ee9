#include "tools/rule_settings.h"

#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>

#include "projector/rule_files/shipped.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr const char* kExpectRecordings = "format: 1\ntune: {recording-not-saved: {enabled: true}}\n";

/// At most a byte more than a rule file may have.
std::optional<std::string> read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file || std::filesystem::is_directory(path)) return std::nullopt;
  std::string text(rules::kYamlBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return std::nullopt;
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

rules::LoadedRules load(std::vector<rules::RuleFile> files, const std::vector<std::string>& paths) {
  std::vector<rules::RuleFileError> unreadable;
  for (const std::string& path : paths) {
    if (auto text = read_text(path)) {
      files.push_back({path, std::move(*text)});
    } else {
      unreadable.push_back({path, {}, "the file cannot be read: check its name and rights"});
    }
  }
  rules::LoadedRules loaded = rules::load_rule_files(files);
  loaded.errors.insert(loaded.errors.end(), unreadable.begin(), unreadable.end());
  return loaded;
}

}  // namespace

std::vector<OptionSpec> with_rule_options(std::vector<OptionSpec> options) {
  options.push_back(
      {"rules", "FILE",
       "further rules, or other values for those that there are: hookledger\nrules check FILE; may repeat", true});
  options.push_back({"expect-recordings", "",
                     "every call should be recorded: switches the rule recording-not-saved on;\n"
                     "give both to the server and to read commands alike, best in the config file"});
  return options;
}

rules::LoadedRules load_configured_rules(const Settings& settings) {
  std::vector<rules::RuleFile> files = rules::shipped_packs();
  if (settings.flag("expect-recordings")) files.push_back({"--expect-recordings", kExpectRecordings});
  return load(std::move(files), settings.texts("rules"));
}

rules::LoadedRules load_rules(const std::vector<std::string>& paths) { return load(rules::shipped_packs(), paths); }

Result<std::vector<rules::RuleSpec>> rules_or_errors(rules::LoadedRules loaded) {
  if (loaded.errors.empty()) return std::move(loaded.rules);
  for (const rules::RuleFileError& error : loaded.errors) std::cerr << to_string(error) << '\n';
  const std::string file = printable(loaded.errors.front().file);
  return Error{ErrorCode::kUsage,
               file + " cannot be used as it is: mend the lines above, and try hookledger rules check " + file};
}

Result<std::unique_ptr<RuleSet>> configured_rules(const Settings& settings) {
  auto specs = rules_or_errors(load_configured_rules(settings));
  if (!specs) return specs.error();
  return std::make_unique<RuleSet>(std::move(*specs));
}

}  // namespace hookledger
