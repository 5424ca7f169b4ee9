#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "projector/fold.h"
#include "projector/projection.h"
#include "projector/rules/built_in_rules.h"
#include "replay/recovery/recovery.h"
#include "schemas/form.h"
#include "tests/replay/recovery/scripted_api.h"
#include "tests/replay/signed_log.h"

namespace hookledger::testing {

/// What the provider's API says of events, by leg, and of legs, by control id. Whatever is not told it answers 404.
struct ProviderTale {
  std::map<std::string, std::vector<std::string>> events;  ///< Bodies of webhooks.
  std::vector<std::string> failed;                         ///< Bodies that could not be delivered.
  std::map<std::string, ApiAnswer> legs;
  std::string active = R"({"data":[]})";
  unsigned page_size = 100;

  static std::string value_of(const std::string& target, const std::string& name) {
    const std::string key = percent_encode(name) + "=";
    const std::size_t at = target.find(key);
    if (at == std::string::npos) return {};
    const std::size_t begin = at + key.size();
    return target.substr(begin, target.find('&', begin) - begin);
  }

  static std::string inner(const std::string& body) {  // {"data":X} → X
    return body.substr(8, body.size() - 9);
  }

  std::string page(const std::vector<std::string>& items, const std::string& target) const {
    const std::size_t number = std::stoul(value_of(target, "page[number]"));
    const std::size_t pages = std::max<std::size_t>(1, (items.size() + page_size - 1) / page_size);
    std::string out = R"({"data":[)";
    for (std::size_t i = (number - 1) * page_size; i < std::min(items.size(), number * page_size); ++i) {
      out += (out.ends_with('[') ? "" : ",") + items[i];
    }
    return out + R"(],"meta":{"total_pages":)" + std::to_string(pages) + "}}";
  }

  ApiAnswer operator()(const std::string& target) const {
    std::vector<std::string> items;
    if (target.starts_with("/webhook_deliveries")) {
      for (const std::string& body : failed) items.push_back(R"({"webhook":)" + inner(body) + "}");
      return {.status = 200, .body = page(items, target)};
    }
    if (target.starts_with("/call_events")) {
      const auto found = events.find(value_of(target, "filter[leg_id]"));
      if (found == events.end()) return {.status = 200, .body = page(items, target)};
      for (const std::string& body : found->second) {
        items.push_back(R"({"type":"webhook","metadata":{"event":)" + inner(body) + "}}");
      }
      return {.status = 200, .body = page(items, target)};
    }
    if (target.starts_with("/connections")) return {.status = 200, .body = active};
    const auto leg = legs.find(target.substr(std::string("/calls/").size()));
    return leg == legs.end() ? ApiAnswer{.status = 404} : leg->second;
  }
};

/// The body of an event of a leg `leg-of-CALL`, whose control id is `control-of-CALL`.
inline std::string body_of(const std::string& call, const std::string& type, Time at) {
  return R"({"data":{"record_type":"event","event_type":"call.)" + type + R"(","id":")" + call + "/" + type +
         R"(","occurred_at":")" + format_time(at) + R"(","payload":{"call_session_id":")" + call +
         R"(","call_leg_id":"leg-of-)" + call + R"(","call_control_id":"control-of-)" + call + R"("}}})";
}

inline ApiAnswer leg_answer(const std::string& data) { return {.status = 200, .body = R"({"data":)" + data + "}"}; }

/// A log with its projection, and a provider that tells what it is told to.
template <class ClockType>
class RecoveryScene {
 public:
  explicit RecoveryScene(ClockType& clock) : clock_(clock) { open(); }

  void open() {
    projection_ = Projection::open({.data_dir = log_.data_dir()}, {log_.log(), *rules_, clock_, logger_}).value();
  }
  void close() { projection_.reset(); }

  Recovery::States states() {
    return [this] { return StatesHere{{projection_}}; };
  }
  void deliver(const std::string& body, Time received) { log_.append({{body, received}}); }
  Call call(const std::string& id) {
    settle();
    const auto facts = projection_->queries().call(id).value();
    return facts ? derive_call(*facts) : Call{};
  }
  std::vector<Provenance> provenances(const std::string& id) {
    settle();
    std::vector<Provenance> found;
    const auto facts = projection_->queries().call(id).value();
    if (!facts) return found;
    for (const EventFact& event : facts->events()) found.push_back(event.provenance);
    return found;
  }
  void settle() { ASSERT_TRUE(projection_->settle({}, std::chrono::seconds(20))); }

  SignedLog& log() { return log_; }
  Projection& projection() { return *projection_; }
  Logger& logger() { return logger_; }
  Metrics& metrics() { return metrics_; }

 private:
  ClockType& clock_;
  Logger logger_{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics_;
  SignedLog log_;
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::shared_ptr<Projection> projection_;
};

}  // namespace hookledger::testing
