#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schemas/ed25519/key.h"
#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

/// Bytes that we share with a source. Never stored, never printed.
struct Secret {
  std::string bytes;
};

/// What a source signs with: a key pair, whose public key we have, or a secret.
struct SourceKey {
  std::string id;  ///< `key_id` or `secret_id`.
  std::variant<Ed25519Key, Secret> key;

  const Ed25519Key* public_key() const { return std::get_if<Ed25519Key>(&key); }
  const Secret* secret() const { return std::get_if<Secret>(&key); }
};

/// A configured origin of webhooks.
struct Source {
  std::string name;
  std::string kind;  ///< One of `verifier_of`: ingest/verify/verifiers.h.
  std::string path;  ///< `/webhooks/NAME` unless configured.
  std::vector<SourceKey> keys;
  std::string public_url = {};  ///< `https://example.org`: what the provider sees, for kinds that sign it; else empty.
  std::chrono::seconds tolerance{300};  ///< Age of a signature's timestamp, both ways, inclusive.
};

/// The configured sources. Immutable: a reload makes a new one.
class Sources {
 public:
  Sources() = default;
  /// Errors: kUsage, when two share a name or a path, or one has an unknown kind, no key, or what its kind cannot use.
  static Result<std::shared_ptr<const Sources>> make(std::vector<Source> sources);

  const Source* by_path(std::string_view path) const;
  const Source* by_name(std::string_view name) const;
  const std::vector<Source>& all() const { return sources_; }

 private:
  std::vector<Source> sources_;
  std::map<std::string, std::size_t, std::less<>> by_path_, by_name_;
};

}  // namespace hookledger
