#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "ingest/intake.h"
#include "ingest/log/embedded_log.h"
#include "ingest/sources.h"
#include "replay/append_window.h"
#include "replay/transfer.h"
#include "schemas/sources/telnyx.h"
#include "schemas/text.h"
#include "tests/support/manual_clock.h"
#include "tests/support/temporary_folder.h"

namespace hookledger::testing {

using namespace std::chrono_literals;

inline constexpr Time kStart{std::chrono::sys_days{std::chrono::year{2026} / 2 / 8} + 10h};

inline Ed25519KeyPair key_pair(unsigned char seed) { return ed25519_key_pair(Ed25519Seed{seed}); }

/// One source of kind telnyx.
inline std::shared_ptr<const Sources> one_source(const std::vector<Ed25519KeyPair>& keys,
                                                 const std::string& name = "telnyx") {
  Source source;
  source.name = name;
  source.kind = "telnyx";
  for (const Ed25519KeyPair& key : keys) source.keys.push_back({key_id(key.public_key), Ed25519Key(key.public_key)});
  return Sources::make({source}).value();
}

/// A body as the provider sends it, and how it came.
struct SignedEvent {
  std::string body;
  Time received_at = kStart + 40ms;
  Provenance provenance = Provenance::kDelivered;
  unsigned char seed = 7;  ///< Of the key that signed; 0: unsigned.
  std::string content_type = "application/json";

  std::string signed_at() const {
    if (seed == 0) return {};
    return std::to_string(std::chrono::floor<std::chrono::seconds>(received_at).time_since_epoch().count());
  }
  std::string signature() const {
    if (seed == 0) return {};
    const Ed25519Signature bytes = ed25519_sign(key_pair(seed), signed_at() + "|" + body);
    return encode_base64({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  std::string key() const { return seed == 0 ? std::string() : key_id(key_pair(seed).public_key); }
};

inline std::string telnyx_body(const std::string& id, const std::string& type, const std::string& call,
                               const std::string& leg, Time occurred_at, const std::string& more = {}) {
  std::string body = R"({"data":{"record_type":"event","event_type":")" + type + R"(","id":")" + id +
                     R"(","occurred_at":")" + format_time(occurred_at) + R"(","payload":{)";
  if (!call.empty()) body += R"("call_session_id":")" + call + R"(","call_leg_id":")" + leg + R"(",)";
  return body + more + R"("from":"+12025550100"},"x":1}})";
}

/// `call.initiated` to `call.hangup` of a one-legged call.
inline std::vector<SignedEvent> one_call(const std::string& call, Time start) {
  std::vector<SignedEvent> events;
  for (const std::string type : {"initiated", "answered", "bridged", "hangup"}) {
    const Time at = start + std::chrono::seconds(events.size());
    events.push_back({telnyx_body(call + "/" + type, "call." + type, call, "leg of " + call, at), at + 40ms});
  }
  return events;
}

/// An embedded log of a data dir of its own, filled as a sink fills it.
class SignedLog {
 public:
  explicit SignedLog(std::uint32_t partitions = 3, CommitLimits limits = {})
      : partitions_(partitions), limits_(limits) {
    open();
  }

  void open() {
    log_ = open_embedded_log({.store = {.path = path(), .partitions = partitions_}, .limits = limits_}, clock_, logger_,
                             metrics_)
               .value();
  }
  void close() { log_.reset(); }

  void append(const std::vector<SignedEvent>& events) {
    AppendWindow window(*log_);
    for (const SignedEvent& event : events) {
      const std::string signature = event.signature(), signed_at = event.signed_at(), key = event.key();
      if (event.seed != 0) log_->remember_key(key_pair(event.seed).public_key).value();
      const Evidence evidence{"telnyx", event.content_type, signature,       signed_at,
                              key,      event.received_at,  event.provenance};
      window.add(take_in(*reader_, evidence, event.body, log_->partitions()).append).value();
    }
    window.finish().value();
  }

  std::string export_text() const {
    std::ostringstream out;
    export_records(*log_, out).value();
    return out.str();
  }
  Result<ImportDone> import_text(const std::string& text, const Sources* sources) {
    std::istringstream in(text);
    return import_records(in, *log_, sources, clock_);
  }

  EventLog& log() { return *log_; }
  ManualClock& clock() { return clock_; }
  const std::string& data_dir() const { return folder_.path(); }
  std::string path() const { return folder_ / "log"; }

 private:
  TemporaryFolder folder_;
  ManualClock clock_{kStart + 24h};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  std::unique_ptr<EventReader> reader_ = make_telnyx_reader();
  std::uint32_t partitions_;
  CommitLimits limits_;
  std::unique_ptr<EventLog> log_;
};

}  // namespace hookledger::testing
