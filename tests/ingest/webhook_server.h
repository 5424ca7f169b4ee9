#pragma once

#include <map>
#include <memory>
#include <string>

#include "ingest/webhooks.h"
#include "schemas/text.h"
#include "tests/ingest/http/echo_server.h"
#include "tests/ingest/http/peer.h"
#include "tests/ingest/test_log.h"
#include "tests/support/fault_injection_env.h"

namespace hookledger::testing {

inline Ed25519KeyPair signing_key(unsigned char seed) { return ed25519_key_pair(Ed25519Seed{seed}); }

inline Source telnyx_source(const std::string& name, unsigned char seed = 1) {
  const auto key = signing_key(seed).public_key;
  return {.name = name, .kind = "telnyx", .path = {}, .keys = {{key_id(key), Ed25519Key(key)}}};
}

/// A body of the provider; what `call` and `id` say is all that differs.
inline std::string event_body(const std::string& id, const std::string& call = "call-1") {
  return R"({"data":{"record_type":"event","event_type":"call.initiated","id":")" + id +
         R"(","occurred_at":"2026-02-08T00:00:00Z","payload":{"call_session_id":")" + call +
         R"(","call_leg_id":"leg-1","from":"+12025550123"}}})";
}

/// How a delivery is signed and where it goes; by default rightly.
struct Signing {
  unsigned char seed = 1;
  std::string timestamp = std::to_string(kNow.time_since_epoch() / 1s);
  std::string target = "/webhooks/telnyx";

  std::string signature(const std::string& body) const {
    const auto bytes = ed25519_sign(signing_key(seed), timestamp + "|" + body);
    return encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  std::string headers(const std::string& body) const {
    return "Telnyx-Signature-ed25519: " + signature(body) + "\r\ntelnyx-timestamp: " + timestamp +
           "\r\nContent-Type: application/json\r\n";
  }
  std::string request(const std::string& body) const { return post(target, body, headers(body)); }
};

/// The webhook listener of two threads over an embedded log on a disk that can fail.
class WebhookServer {
 public:
  explicit WebhookServer(CommitLimits limits = {}, http::Limits http_limits = {}) : log_(limits, disk_.env()) {
    log_.open();
    server_ = std::make_unique<http::Server>(http::ServerOptions{
        .address = "127.0.0.1:0",
        .threads = 2,
        .limits = http_limits,
        .tls = {},
        .clock = &server_clock_,
        .make_service = [this](http::Responder& responder) {
          return make_webhook_service({sources_, *log_, log_.clock(), logger_, log_.metrics()}, responder);
        }});
    EXPECT_EQ(server_->start().value_or(""), "");
  }

  ~WebhookServer() { release_log(); }
  WebhookServer(const WebhookServer&) = delete;
  WebhookServer& operator=(const WebhookServer&) = delete;

  std::string address() const { return server_->address(); }
  /// On a connection of its own.
  Answer deliver(const std::string& request) { return Peer(address()).exchange(request).value_or(Answer()); }
  Answer deliver_event(const std::string& id) { return deliver(Signing().request(event_body(id))); }

  /// Until `release`, the log reports nothing; what is delivered waits.
  void block_log() {
    gate_ = std::unique_lock(log_.client().gate);
    log_.client().submit(*log_, {{.id = "blocking", .call = "blocking"}}).value();
    while (log_->end(partition_of("blocking", kPartitions)) == 0) std::this_thread::sleep_for(1ms);
  }
  void release_log() { gate_ = {}; }

  /// How many records there are, in all partitions.
  std::uint64_t records() {
    std::uint64_t records = 0;
    for (std::uint32_t p = 0; p < kPartitions; ++p) records += log_->end(p);
    return records;
  }

  TestLog& log() { return log_; }
  FaultInjectionEnv& disk() { return disk_; }
  LiveSources& sources() { return sources_; }
  http::Server& http() { return *server_; }
  /// With all its services.
  void end_http() { server_.reset(); }
  std::string metrics() { return log_.metrics().text(); }

 private:
  FaultInjectionEnv disk_;
  TestLog log_;
  SteadyClock server_clock_;
  Logger logger_{{.json = false, .level = Logger::Level::kInfo}};
  LiveSources sources_{Sources::make({telnyx_source("telnyx")}).value()};
  std::unique_lock<std::mutex> gate_;
  std::unique_ptr<http::Server> server_;
};

inline std::string problem(unsigned status, const std::string& code, const std::string& title) {
  return R"({"type":"urn:hookledger:problem:)" + code + R"(","title":")" + title + R"(","status":)" +
         std::to_string(status) + "}";
}

}  // namespace hookledger::testing
