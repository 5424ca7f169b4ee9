#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/log/embedded_log.h"
#include "ingest/webhooks.h"
#include "projector/projection_folder.h"
#include "projector/projector.h"
#include "projector/queries.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/json.h"
#include "tests/ingest/http/peer.h"
#include "tests/replay/signed_log.h"

namespace hookledger::testing {

/// Time goes by for deadlines, so that the server works; the calendar stands still until it is moved.
class CalendarClock : public Clock {
 public:
  explicit CalendarClock(Time start) : wall_(start.time_since_epoch().count()) {}
  Time wall() const override { return Time(Duration(wall_)); }
  std::chrono::steady_clock::time_point monotonic() const override { return std::chrono::steady_clock::now(); }
  void set(Time time) { wall_ = time.time_since_epoch().count(); }
  void advance(Duration by) { wall_ += by.count(); }

 private:
  std::atomic<std::int64_t> wall_;
};

/// The real parts of `hookledger serve`, wired as it wires them: webhook server, embedded log, projector. On a data
/// dir of its own, and a calendar that the test moves.
class Ledger {
 public:
  struct Options {
    std::uint32_t partitions = 3;
    CommitLimits commit{};
    http::Limits http{};
    std::shared_ptr<const Sources> sources = one_source({key_pair(7)});
  };

  Ledger() : Ledger(Options{}) {}
  explicit Ledger(Options options) : options_(std::move(options)), sources_(options_.sources) { start(); }
  ~Ledger() { stop(); }

  void start() {
    log_ =
        open_embedded_log({.store = {.path = log_path(), .partitions = options_.partitions}, .limits = options_.commit},
                          clock_, logger_, metrics_)
            .value();
    remember_keys(*log_, *sources_.get()).value();
    folder_of_store_ = ProjectionFolder::own(data_dir()).value();
    store_ = std::move(folder_of_store_->open_live(*log_, *rules_).value().store);
    projector_ = std::make_unique<Projector>(Projector::Parts{*store_, *log_, *rules_, clock_, logger_}, 2);
    projector_->start().value();
    http::ServerOptions server{.address = "127.0.0.1:0",
                               .threads = 2,
                               .limits = options_.http,
                               .tls = {},
                               .clock = &clock_,
                               .make_service = {}};
    server.make_service = [this](http::Responder& responder) {
      return make_webhook_service({sources_, *log_, clock_, logger_, metrics_}, responder);
    };
    server_ = std::make_unique<http::Server>(std::move(server));
    if (const auto failed = server_->start()) throw std::runtime_error(*failed);
  }

  void stop() {
    if (!server_) return;
    server_->drain(std::chrono::seconds(5));
    log_->stop();
    projector_->stop();
    close();
  }
  /// What the projector did not flush is lost, as in a crash; the log has all that was acknowledged.
  void crash() {
    server_->drain(std::chrono::seconds(5));
    log_->stop();
    close();
  }

  /// A reload with other sources.
  void use(std::shared_ptr<const Sources> sources) { sources_.set(std::move(sources)); }

  std::string address() const { return server_->address(); }
  CalendarClock& clock() { return clock_; }
  EventLog& log() { return *log_; }
  CallStore& store() { return *store_; }
  const RuleSet& rules() const { return *rules_; }
  std::string metrics() { return metrics_.text(); }
  const std::string& data_dir() const { return folder_.path(); }
  std::string log_path() const { return folder_ / "log"; }

  /// Waits until what is durable is in the state.
  void settle() {
    if (!projector_->settle(std::nullopt, std::chrono::seconds(20)))
      throw std::runtime_error("the projector does not settle");
  }
  std::uint64_t records() const {
    std::uint64_t records = 0;
    for (std::uint32_t partition = 0; partition < log_->partitions(); ++partition) records += log_->end(partition);
    return records;
  }
  std::vector<StoredRecord> all_records() const {
    std::vector<StoredRecord> all;
    for (std::uint32_t partition = 0; partition < log_->partitions(); ++partition) {
      const auto cursor = log_->scan(partition, 0);
      while (cursor->next().value()) all.push_back(log_->read(cursor->place()).value());
    }
    return all;
  }
  /// The call as the API shows it, without findings; empty when there is none.
  std::string call(const std::string& id) {
    settle();
    const auto facts = store_->find(id).value();
    if (!facts) return {};
    JsonWriter json;
    write_json(json, Queries(*store_, *rules_).describe(*facts, clock_.wall()).call, nullptr);
    return std::string(json.view());
  }

 private:
  void close() {
    server_.reset();
    projector_.reset();
    store_.reset();
    folder_of_store_.reset();
    log_.reset();
  }

  TemporaryFolder folder_;
  const Options options_;
  CalendarClock clock_{kStart};
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  LiveSources sources_;
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<EventLog> log_;
  std::unique_ptr<ProjectionFolder> folder_of_store_;
  std::unique_ptr<CallStore> store_;
  std::unique_ptr<Projector> projector_;
  std::unique_ptr<http::Server> server_;
};

/// What is sent to a webhook path, and may be spoilt on the way.
struct Delivered {
  std::string body, signature, timestamp;
  std::string path = "/webhooks/telnyx";

  std::string request() const {
    return "POST " + path +
           " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
           (signature.empty() ? "" : "\r\nTelnyx-Signature-Ed25519: " + signature) +
           (timestamp.empty() ? "" : "\r\nTelnyx-Timestamp: " + timestamp) + "\r\n\r\n" + body;
  }
};

inline Delivered sign(const std::string& body, Time at, unsigned char seed = 7) {
  const SignedEvent event{.body = body, .received_at = at, .seed = seed};
  return {.body = body, .signature = event.signature(), .timestamp = event.signed_at()};
}

/// A member of a flat JSON object, as text: `"x"` without its quotes.
inline std::string member_of(const std::string& json, const std::string& name) {
  const std::size_t at = json.find("\"" + name + "\":");
  if (at == std::string::npos) return {};
  const std::size_t begin = at + name.size() + 3;
  const bool text = json[begin] == '"';
  const std::size_t end = text ? json.find('"', begin + 1) : json.find_first_of(",}", begin);
  return json.substr(begin + text, end - begin - text);
}

}  // namespace hookledger::testing
