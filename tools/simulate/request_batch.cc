#include "tools/simulate/request_batch.h"

#include "tools/simulate/simulated_record.h"

namespace hookledger {

RequestWriter::RequestWriter(const Plan& plan, HttpUrl url, const Ed25519KeyPair& key, const Clock& clock)
    : plan_(plan), url_(std::move(url)), key_(key), clock_(clock), shelf_(plan.options) {}

std::vector<SignedRequest> RequestWriter::write(std::size_t begin, std::size_t end) {
  std::vector<SignedRequest> requests;
  requests.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) requests.push_back(sign(shelf_.body(plan_.deliveries[i])));
  return requests;
}

void RequestWriter::sign_again(SignedRequest& request) const { request = sign(request.text.substr(request.head_size)); }

SignedRequest RequestWriter::sign(std::string_view body) const {
  const Time now = clock_.wall();
  const std::string timestamp = unix_seconds(now);
  std::string text = "POST " + url_.target + " HTTP/1.1\r\nHost: " + url_.authority +
                     "\r\nUser-Agent: telnyx-webhooks\r\nContent-Type: application/json\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\ntelnyx-timestamp: " + timestamp +
                     "\r\ntelnyx-signature-ed25519: " + telnyx_signature(key_, timestamp, body) + "\r\n\r\n";
  const std::size_t head_size = text.size();
  return {text.append(body), head_size, now};
}

}  // namespace hookledger
