#include "tools/source_settings.h"

#include <algorithm>
#include <fstream>

#include "ingest/verify/verifiers.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kToleranceMax = 365 * 24 * 3600;

Error usage(const std::string& detail) { return {ErrorCode::kUsage, detail}; }

constexpr std::size_t kSecretFileBytesMax = 4096;

Result<void> add_public_keys(Source& source, const Verifier& verifier, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    auto key = verifier.public_key(text);
    if (!key && !verifier.credentials().public_keys) {
      return usage("source " + source.name + ": kind " + source.kind +
                   " verifies with secret-file, not with public-key");
    }
    if (!key) {
      return usage("source " + source.name +
                   ": a public key is not the base64 of 32 bytes of an Ed25519 key, as the provider's portal shows it");
    }
    source.keys.push_back(std::move(*key));
  }
  return {};
}

std::string_view without_space_around(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto begin = text.find_first_not_of(kSpace);
  return begin == std::string_view::npos ? std::string_view()
                                         : text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

/// What stands in the files is never shown.
Result<void> add_secrets(Source& source, const Verifier& verifier, const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (!verifier.credentials().secrets) {
      return usage("source " + source.name + ": kind " + source.kind +
                   " verifies with public-key, not with secret-file");
    }
    std::ifstream file(path, std::ios::binary);
    std::string text(kSecretFileBytesMax, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.gcount() == 0) {
      return usage("source " + source.name + ": secret-file " + printable(path) + " is empty or cannot be read");
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    auto key = verifier.secret(without_space_around(text));
    if (!key) {
      return usage("source " + source.name + ": secret-file " + printable(path) + " does not hold one secret of kind " +
                   source.kind + ", as the sender shows it");
    }
    source.keys.push_back(std::move(*key));
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
  if (const auto url = values("public-url"); !url.empty()) source.public_url = url.back();
  if (const auto texts = values("tolerance"); !texts.empty()) {
    const auto seconds = parse_tolerance("source " + name + ": tolerance", texts.back());
    if (!seconds) return seconds.error();
    source.tolerance = *seconds;
  }
  const Verifier* verifier = verifier_of(source.kind);
  if (verifier == nullptr) return source;  // That the kind is unknown is for `Sources::make` to say.
  if (auto added = add_public_keys(source, *verifier, values("public-key")); !added) return added.error();
  if (auto added = add_secrets(source, *verifier, values("secret-file")); !added) return added.error();
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
    if (telnyx->kind != kDefaultKind) {
      return usage("--telnyx-public-key is a key of the source telnyx, and that is of kind " + printable(telnyx->kind) +
                   ": give the section another name");
    }
    if (auto added = add_public_keys(*telnyx, *verifier_of(kDefaultKind), keys); !added) return added.error();
  }
  return Sources::make(std::move(sources));
}

}  // namespace hookledger
