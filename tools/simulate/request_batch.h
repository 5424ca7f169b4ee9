#pragma once

#include <string>
#include <vector>

#include "schemas/clock.h"
#include "schemas/crypto.h"
#include "tools/simulate/http_url.h"
#include "tools/simulate/plan.h"

namespace hookledger {

/// A delivery ready to be sent.
struct SignedRequest {
  std::string text;       ///< Head and body.
  std::size_t head_size;  ///< Bytes before the body.
  Time signed_at;
};

/// Writes deliveries as signed POST requests.
class RequestWriter {
 public:
  RequestWriter(const Plan& plan, HttpUrl url, const Ed25519KeyPair& key, const Clock& clock);

  /// Deliveries [begin, end).
  std::vector<SignedRequest> write(std::size_t begin, std::size_t end);
  /// The same request with the signature of now.
  void sign_again(SignedRequest& request) const;

 private:
  SignedRequest sign(std::string_view body) const;

  const Plan& plan_;
  HttpUrl url_;
  Ed25519KeyPair key_;
  const Clock& clock_;
  ScriptShelf shelf_;
};

}  // namespace hookledger
