#include "schemas/finding.h"

#include "schemas/json.h"

namespace hookledger {
namespace {

void write_strings(JsonWriter& out, std::string_view name, const std::vector<std::string>& values) {
  out.key(name);
  out.begin_array();
  for (const std::string& value : values) out.string(value);
  out.end_array();
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::kInfo: return "info";
    case Severity::kWarning: return "warning";
    case Severity::kCritical: break;
  }
  return "critical";
}

std::string_view to_string(FindingStatus status) {
  switch (status) {
    case FindingStatus::kOpen: return "open";
    case FindingStatus::kResolved: return "resolved";
    case FindingStatus::kNoted: break;
  }
  return "noted";
}

void write_json(JsonWriter& out, const Finding& finding) {
  out.begin_object();
  out.member("id", finding.id);
  out.member("rule", finding.rule);
  out.member("severity", to_string(finding.severity));
  out.member("status", to_string(finding.status));
  out.member("call_id", finding.call_id);
  write_strings(out, "leg_ids", finding.leg_ids);
  write_strings(out, "control_ids", finding.control_ids);
  out.member("device_id", finding.device_id);
  out.member("organization_id", finding.organization_id);
  out.member("opened_at", finding.opened_at);
  out.member("resolved_at", finding.resolved_at);
  out.member("summary", finding.summary);
  out.member("action", finding.action);
  out.key("evidence");
  out.begin_array();
  for (const Place& place : finding.evidence) {
    out.begin_object();
    out.key("partition");
    out.number(std::uint64_t{place.partition});
    out.key("offset");
    out.number(place.offset);
    out.end_object();
  }
  out.end_array();
  out.end_object();
}

}  // namespace hookledger
