#include "tools/http_endpoint.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

class HttpEndpoint final : public Endpoint {
 public:
  HttpEndpoint(const http::Url& url, std::shared_ptr<ssl_ctx_st> tls_client)
      : poster_(url, kEndpointTimeout, std::move(tls_client)) {}

  std::optional<ReceiverAnswer> begin(const OutboundRequest& request, std::stop_token stop) override {
    headers_.assign({{"user-agent", "hookledger/" HOOKLEDGER_VERSION}});
    headers_.insert(headers_.end(), request.headers.begin(), request.headers.end());
    const auto begun = poster_.begin(headers_, request.body, std::move(stop));
    return begun ? std::nullopt : std::optional(ReceiverAnswer{.failure = begun.error().detail});
  }
  int file() const override { return poster_.file(); }
  std::chrono::steady_clock::time_point deadline() const override { return poster_.deadline(); }
  std::optional<ReceiverAnswer> finish() override {
    const auto finished = poster_.finish();
    if (!finished) return std::nullopt;
    const auto& answer = *finished;
    if (!answer) return ReceiverAnswer{.failure = answer.error().detail};
    return ReceiverAnswer{.status = answer->status, .retry_after = parse_retry_after(answer->retry_after)};
  }

 private:
  http::KeptPoster poster_;
  std::vector<std::pair<std::string_view, std::string_view>> headers_;  ///< Keeps its memory from request to request.
};

}  // namespace

std::function<std::unique_ptr<Endpoint>()> http_endpoints_of(const http::Url& url) {
  return [url, tls_client = url.tls ? http::make_tls_client() : nullptr] {
    return std::make_unique<HttpEndpoint>(url, tls_client);
  };
}

std::optional<Duration> parse_retry_after(const std::string& text) {
  const auto seconds = parse_unsigned(text);
  if (!seconds || *seconds == 0) return std::nullopt;
  return std::chrono::seconds(std::min<std::uint64_t>(*seconds, 24 * 3600));
}

}  // namespace hookledger
