#pragma once

#include <string>
#include <vector>

#include "schemas/json.h"
#include "schemas/record.h"
#include "tests/support/call_builder.h"
#include "tests/support/memory_log.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {

/// An event of an application or a device, or of the provider, in few words; times count from kStart.
struct ReportedEvent {
  std::string type, call{}, device{}, leg{};
  Duration at{}, received{};
  std::vector<std::pair<std::string, std::string>> fields{};  ///< Of `data`; a value stands as JSON.
  bool telemetry = true;
  std::string id{};

  std::string body() const {
    JsonWriter out;
    out.begin_object();
    if (telemetry) {
      out.member("specversion", "1.0");
      out.member("id", id);
      out.member("source", "/app");
      out.member("type", type);
      out.member("time", std::optional(kStart + at));
      out.key("data");
      out.begin_object();
      for (const auto& [name, value] :
           {std::pair("call_session_id", call), std::pair("device_id", device), std::pair("call_leg_id", leg)}) {
        if (!value.empty()) out.member(name, value);
      }
      for (const auto& [name, value] : fields) {
        out.key(name);
        out.raw(value);
      }
      out.end_object();
    } else {
      out.member("event_type", type);
      out.member("id", id);
      out.member("occurred_at", std::optional(kStart + at));
      out.key("payload");
      out.begin_object();
      out.member("call_session_id", call);
      out.member("call_leg_id", leg);
      out.end_object();
    }
    out.end_object();
    return std::string(out.view());
  }

  void append_to(MemoryLog& log) const {
    const std::string bytes = body();
    RecordView record;
    record.id = id;
    record.source = telemetry ? "app" : "telnyx";
    if (telemetry) record.kind = "standard";
    record.type = type;
    record.leg_id = leg;
    record.in_call = !call.empty();
    record.key = !call.empty() ? call : !device.empty() ? device : id;
    record.content_type = telemetry ? "application/cloudevents+json" : "application/json";
    record.body = bytes;
    record.timed = true;
    record.occurred_at = kStart + at;
    record.received_at = kStart + received;
    log.append(record);
  }
};

/// Few calls, devices and instants: coincidences are what is interesting. In no order.
inline std::vector<ReportedEvent> random_telemetry(std::mt19937_64& random, std::size_t count) {
  static const std::vector<std::string> kTypes = {
      "device.push.received",   "device.callkit.reported",   "app.push.sent",          "app.push.failed",
      "device.call.answered",   "device.audio.activated",    "device.network.lost",    "device.sdk.reconnected",
      "device.crashed",         "device.recovered",          "device.call.displayed",  "app.credential.created",
      "app.credential.deleted", "device.org_switch.started", "device.permission",      "app.leg.requested",
      "device.websocket.lost",  "device.websocket.restored", "device.network.changed", "hookledger.certificate"};
  static const std::vector<std::string> kProvider = {"call.initiated", "call.answered", "call.hangup"};
  const auto one_of = [&](const std::vector<std::string>& of) { return of[random_below(random, of.size())]; };
  std::vector<ReportedEvent> events;
  for (std::size_t i = 0; i < count; ++i) {
    ReportedEvent event;
    event.id = "event-" + std::to_string(i);
    event.telemetry = random_below(random, 4) != 0;
    event.type = one_of(event.telemetry ? kTypes : kProvider);
    const std::string call = "call-" + std::to_string(random_below(random, 3));
    if (!event.telemetry || random_below(random, 3) != 0) event.call = call;
    if (event.telemetry && random_below(random, 8) != 0)
      event.device = "phone-" + std::to_string(random_below(random, 2));
    if (!event.telemetry || random_below(random, 2) != 0)
      event.leg = call + "/" + std::to_string(random_below(random, 2));
    if (event.call.empty()) event.leg.clear();
    event.at = Duration(500ms) * static_cast<int>(random_below(random, 120));
    event.received =
        event.at + Duration(100ms) * static_cast<int>(random_below(random, random_below(random, 3) == 0 ? 300 : 8));
    event.fields = {
        {"organization_id", random_below(random, 2) == 0 ? "\"org-1\"" : "\"org-2\""},
        {"credential_id", "\"credential-" + std::to_string(random_below(random, 3)) + "\""},
        {"caller_name", random_below(random, 2) == 0 ? "\"\"" : "\"Ann\""},
        {"full_screen_intent", random_below(random, 2) == 0 ? "\"denied\"" : "\"granted\""},
        {"credential_scope", random_below(random, 2) == 0 ? "\"organization\"" : "\"device\""},
        {"credential_expires_at",
         "\"" + format_time(kStart + Duration(1s) * static_cast<int>(random_below(random, 60))) + "\""},
        {"not_after",
         "\"" + format_time(kStart + 14 * 24h + Duration(1s) * static_cast<int>(random_below(random, 60))) + "\""},
        {"cold_start", random_below(random, 2) == 0 ? "true" : "false"},
        {"reason", "\"os_kill\""},
        {"device_model", "\"model\""}};
    events.push_back(std::move(event));
  }
  return events;
}

}  // namespace hookledger::testing
