#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ingest/http/url.h"
#include "schemas/error.h"

namespace hookledger::http {

using RequestHeaders = std::vector<std::pair<std::string_view, std::string_view>>;

/// Asks one server, one request after the other. The certificate of an https URL is verified against the system's
/// authorities (OpenSSL's SSL_CERT_FILE and SSL_CERT_DIR name others) and the host's name. Redirects are not followed.
/// Of an answer's head at most 8 KiB are read. One thread.
class Requester {
 public:
  /// Of `server` all but the target. `body_bytes_max`: of an answer; 0: only its head is read, and the connection is
  /// closed after it, otherwise it is kept for the next request.
  Requester(Url server, std::size_t body_bytes_max);
  ~Requester();
  Requester(const Requester&) = delete;
  Requester& operator=(const Requester&) = delete;

  struct Request {
    std::string_view method = "GET";
    std::string_view target;  ///< Path and query.
    RequestHeaders headers = {};
    std::string_view body = {};
    std::vector<std::string_view> wanted = {};  ///< Names of headers of the answer.
  };
  struct Answer {
    unsigned status = 0;
    std::vector<std::string> headers;  ///< The wanted ones, in their order, as they came; empty: absent.
    std::string body;
  };
  /// Blocks up to `timeout`, or until `stop`; a name that the system is resolving cannot be interrupted. A GET on a
  /// kept connection that turns out to be closed is sent once more, in the time that is left.
  /// Errors: kUnavailable (nobody answers, a certificate that is not trusted, an answer that is too large; the sentence
  /// does not name the URL).
  Result<Answer> ask(const Request& request, std::chrono::milliseconds timeout, std::stop_token stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hookledger::http
