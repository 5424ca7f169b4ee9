#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/http/url.h"
#include "schemas/error.h"

namespace hookledger {

/// A section of the config file about somebody who is told or sent something: `[KIND.NAME]`.
/// Errors everywhere: kUsage, naming the section; never shows a secret.
class ReceiverSection {
 public:
  using Keys = std::map<std::string, std::vector<std::string>>;

  /// `keys` outlives it.
  ReceiverSection(std::string_view kind, const std::string& name, const Keys& keys)
      : kind_(kind), name_(name), keys_(keys) {}

  /// Names are folders, and labels of metrics.
  Result<void> check_name() const;
  Result<http::Url> url() const;
  /// The key that signs.
  Result<std::string> secret() const;
  /// The last one; empty: none.
  std::string value(const char* key) const;
  /// `a, b` and further lines; empty: the key is not there.
  Result<std::vector<std::string>> words(const char* key) const;

  Error wrong(const std::string& what) const;

 private:
  const std::string kind_, name_;
  const Keys& keys_;
};

}  // namespace hookledger
