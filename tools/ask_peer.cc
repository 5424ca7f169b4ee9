#include "tools/ask_peer.h"

#include "ingest/http/client.h"

namespace hookledger {
namespace {

constexpr std::chrono::milliseconds kTimeout(2000);

}  // namespace

Result<PeerAnswer> ask_peer(const std::string& url, const std::string& target) {
  auto answer = http::fetch(url, target, kTimeout, {{kForwardedHeader, "1"}});
  if (!answer) return answer.error();
  return PeerAnswer{answer->status, std::move(answer->content_type), std::move(answer->body)};
}

}  // namespace hookledger
