#include "tools/webhook_secret.h"

#include <fstream>

#include "schemas/standard_webhooks.h"
#include "schemas/text.h"

namespace hookledger {

Result<std::string> read_webhook_secret(const std::string& path) {
  constexpr std::size_t kFileBytesMax = 1024;
  const auto wrong = [](const std::string& what) { return Error{ErrorCode::kUsage, "secret-file" + what}; };
  if (path.empty()) {
    return wrong(
        ": name the file with the secret that signs; (printf whsec_; head -c 32 /dev/urandom | base64) > FILE makes "
        "one");
  }
  std::ifstream file(path);
  std::string text(kFileBytesMax, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.gcount() == 0) return wrong(" " + printable(path) + " cannot be read, or is empty");
  text.resize(static_cast<std::size_t>(file.gcount()));
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  const auto key = parse_webhook_secret(text);
  if (!key) return wrong(" " + printable(path) + " does not hold whsec_ and the base64 of 24 to 64 bytes");
  return *key;
}

}  // namespace hookledger
