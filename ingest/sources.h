#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/ed25519/key.h"
#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

struct SourceKey {
  std::string id;
  Ed25519Key key;
};

/// A configured origin of webhooks.
struct Source {
  std::string name;
  std::string kind;  ///< `telnyx`.
  std::string path;  ///< `/webhooks/NAME` unless configured.
  std::vector<SourceKey> keys;
  std::chrono::seconds tolerance{300};  ///< Age of a signature's timestamp, both ways, inclusive.
};

/// The configured sources. Immutable: a reload makes a new one.
class Sources {
 public:
  Sources() = default;
  /// Errors: kUsage, when two share a name or a path, or one has no key.
  static Result<std::shared_ptr<const Sources>> make(std::vector<Source> sources);

  const Source* by_path(std::string_view path) const;
  const Source* by_name(std::string_view name) const;
  const std::vector<Source>& all() const { return sources_; }

 private:
  std::vector<Source> sources_;
  std::map<std::string, std::size_t, std::less<>> by_path_, by_name_;
};

}  // namespace hookledger
