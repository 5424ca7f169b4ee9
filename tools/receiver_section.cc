#include "tools/receiver_section.h"

#include <algorithm>
#include <sstream>

#include "schemas/text.h"
#include "tools/webhook_secret.h"

namespace hookledger {

Result<void> ReceiverSection::check_name() const {
  constexpr std::size_t kNameBytesMax = 64;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!name_.empty() && name_.size() <= kNameBytesMax && std::ranges::all_of(name_, fits)) return {};
  return wrong("give it a name of at most 64 letters, digits, dashes, underscores");
}

Result<http::Url> ReceiverSection::url() const {
  auto url = http::parse_url(value("url"));
  // It may hold a secret, so it is not shown.
  if (!url) return wrong("url: give http:// or https://HOST[:PORT][/PATH], without user, password and #");
  return std::move(*url);
}

Result<std::string> ReceiverSection::secret() const {
  auto key = read_webhook_secret(value("secret-file"));
  if (!key) return wrong(key.error().detail);
  return key;
}

std::string ReceiverSection::value(const char* key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() ? std::string() : found->second.back();
}

Result<std::vector<std::string>> ReceiverSection::words(const char* key) const {
  std::vector<std::string> words;
  const auto found = keys_.find(key);
  if (found == keys_.end()) return words;
  for (std::string text : found->second) {
    std::ranges::replace(text, ',', ' ');
    std::istringstream stream(text);
    for (std::string word; stream >> word;) words.push_back(word);
  }
  if (words.empty()) return wrong(std::string(key) + ": name at least one, or leave the line out for all");
  return words;
}

Error ReceiverSection::wrong(const std::string& what) const {
  return {ErrorCode::kUsage, kind_ + " " + printable(name_) + ": " + what};
}

}  // namespace hookledger
