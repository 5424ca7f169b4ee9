#include "tools/source_settings.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kToleranceMax = 365 * 24 * 3600;

Error usage(const std::string& detail) { return {ErrorCode::kUsage, detail}; }

Result<void> add_keys(Source& source, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto key = parse_public_key(text);
    if (!key) {
      return usage("source " + source.name +
                   ": a public key is not the base64 of 32 bytes of an Ed25519 key, as the provider's portal shows it");
    }
    source.keys.push_back({key_id(*key), Ed25519Key(*key)});
  }
  return {};
}

Result<std::chrono::seconds> parse_tolerance(const std::string& name, const std::string& text) {
  const auto seconds = parse_unsigned(text);
  if (!seconds || *seconds > kToleranceMax)
    return usage(name + " '" + printable(text) + "': whole seconds, such as 300");
  return std::chrono::seconds(*seconds);
}

using Section = std::map<std::string, std::vector<std::string>>;

Result<Source> read_section(const std::string& name, const Section& section, std::chrono::seconds tolerance) {
  const auto values = [&](const char* key) {
    const auto found = section.find(key);
    return found == section.end() ? std::vector<std::string>() : found->second;
  };
  Source source;
  source.name = name;
  source.tolerance = tolerance;
  if (const auto kind = values("kind"); !kind.empty()) source.kind = kind.back();
  if (const auto path = values("path"); !path.empty()) source.path = path.back();
  if (!values("secret-file").empty()) {
    return usage("source " + name + ": kind telnyx verifies with public-key, not with secret-file");
  }
  if (const auto texts = values("tolerance"); !texts.empty()) {
    const auto seconds = parse_tolerance("source " + name + ": tolerance", texts.back());
    if (!seconds) return seconds.error();
    source.tolerance = *seconds;
  }
  if (auto added = add_keys(source, values("public-key")); !added) return added.error();
  return source;
}

}  // namespace

std::vector<OptionSpec> source_options() {
  return {
      {"telnyx-public-key", "B64",
       "one source named telnyx of kind telnyx, with this key\n(base64 of 32 bytes); may repeat, for rotation", true},
      {"tolerance", "SECONDS", "age of a signature's timestamp, both ways; default 300"}};
}

Result<std::shared_ptr<const Sources>> configured_sources(const Settings& settings) {
  const auto tolerance = parse_tolerance("--tolerance", settings.text("tolerance", "300"));
  if (!tolerance) return tolerance.error();
  std::vector<Source> sources;
  for (const auto& [name, section] : settings.sources()) {
    auto source = read_section(name, section, *tolerance);
    if (!source) return source.error();
    sources.push_back(std::move(*source));
  }
  if (const auto keys = settings.texts("telnyx-public-key"); !keys.empty()) {
    auto telnyx =
        std::find_if(sources.begin(), sources.end(), [](const Source& source) { return source.name == "telnyx"; });
    if (telnyx == sources.end()) {
      Source source;
      source.name = source.kind = "telnyx";
      source.tolerance = *tolerance;
      telnyx = sources.insert(sources.end(), std::move(source));
    }
    if (auto added = add_keys(*telnyx, keys); !added) return added.error();
  }
  return Sources::make(std::move(sources));
}

}  // namespace hookledger
