#include "tools/redeliver_text.h"

#include <sstream>

#include "schemas/json.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

std::string plural(std::uint64_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string format_number(double number) {
  std::ostringstream out;
  out << number;
  return out.str();
}

std::string speed_text(const RedeliveryText& text) {
  const auto needed = time_needed(text.plan, text.pace);
  const std::string takes = needed ? ": takes " + format_duration(*needed) : "";
  if (text.pace.speed && *text.pace.speed == 1) return "as they came" + takes;
  if (text.pace.speed) return "as they came, " + format_number(*text.pace.speed) + " times as fast" + takes;
  if (text.pace.rate > 0) return "at " + format_number(text.pace.rate) + " a second" + takes;
  return "as fast as the application takes them";
}

std::string_view to_string(RedeliveryEnd end) {
  switch (end) {
    case RedeliveryEnd::kDone: return "done";
    case RedeliveryEnd::kStopped: return "stopped";
    case RedeliveryEnd::kGone: return "gone";
    case RedeliveryEnd::kTooMany: break;
  }
  return "too-many-given-up";
}

void write_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
  json.key(name);
  json.number(count);
}

void write_plan(JsonWriter& json, const RedeliveryText& text) {
  const RedeliveryPlan& plan = text.plan;
  json.begin_object();
  write_count(json, "records", plan.records);
  write_count(json, "calls", plan.calls);
  write_count(json, "body_bytes", plan.body_bytes);
  json.member("first_received_at", plan.first);
  json.member("last_received_at", plan.last);
  json.key("types");
  json.begin_object();
  for (const auto& [type, count] : plan.types) write_count(json, type, count);
  json.end_object();
  write_count(json, "other_types", plan.other_types);
  json.key("seconds");
  if (const auto needed = time_needed(plan, text.pace)) {
    json.real(std::chrono::duration<double>(*needed).count());
  } else {
    json.null();
  }
  json.end_object();
}

void write_given_up(JsonWriter& json, const GivenUp& record) {
  json.begin_object();
  write_count(json, "partition", record.place.partition);
  write_count(json, "offset", record.place.offset);
  json.member("key", record.key);
  write_count(json, "attempts", record.attempts);
  json.member("answer", record.answer);
  json.end_object();
}

}  // namespace

std::string render_plan(const RedeliveryText& text) {
  const RedeliveryPlan& plan = text.plan;
  std::ostringstream out;
  if (text.resumed != nullptr) {
    out << "goes on with what was begun at " << format_time(text.resumed->job.began_at) << ": "
        << text.resumed->progress.delivered << " of " << plural(text.resumed->job.records, "record")
        << " were delivered\n";
  }
  out << plural(plan.records, "record") << " of " << (plan.more_calls ? "more than " : "") << plural(plan.calls, "call")
      << ", " << plan.body_bytes << " bytes, to " << printable(text.where) << '\n';
  if (plan.records == 0) return out.str();
  out << "  received " << format_time(*plan.first) << " to " << format_time(*plan.last) << '\n';
  for (const auto& [type, count] : plan.types) out << "  " << count << "  " << printable(type) << '\n';
  if (plan.other_types > 0) out << "  " << plan.other_types << "  of other types\n";
  out << "  " << speed_text(text) << '\n';
  return out.str();
}

std::string render_report(const RedeliveryText& text, const RedeliveryReport& report) {
  std::ostringstream out;
  out << "delivered " << report.counts.delivered << " of " << plural(text.plan.records, "record");
  if (report.counts.failures > 0) out << ", " << plural(report.counts.failures, "attempt") << " failed";
  if (report.counts.vanished > 0) out << ", " << report.counts.vanished << " were removed by retention meanwhile";
  out << '\n';
  for (const GivenUp& record : report.given_up) {
    out << "given up " << record.place.partition << '/' << record.place.offset << "  " << printable(record.key) << "  "
        << plural(record.attempts, "attempt") << ", the last: " << printable(record.answer) << '\n';
  }
  if (text.resumed != nullptr) {
    out << "records since " << format_time(text.resumed->job.began_at)
        << " are not among them: run it again for those\n";
  }
  return out.str();
}

std::string redelivery_json(const RedeliveryText& text, const RedeliveryReport* report) {
  JsonWriter json;
  json.begin_object();
  json.member("to", text.where);
  json.key("resumed");
  json.boolean(text.resumed != nullptr);
  write_count(json, "delivered_before", text.resumed == nullptr ? 0 : text.resumed->progress.delivered);
  json.key("plan");
  write_plan(json, text);
  json.member("end", report == nullptr ? "planned" : to_string(report->end));
  const RedeliveryReport none;
  const RedeliveryReport& done = report == nullptr ? none : *report;
  write_count(json, "delivered", done.counts.delivered);
  write_count(json, "failed_attempts", done.counts.failures);
  write_count(json, "vanished", done.counts.vanished);
  json.key("given_up");
  json.begin_array();
  for (const GivenUp& record : done.given_up) write_given_up(json, record);
  json.end_array();
  json.end_object();
  return std::string(json.view());
}

std::string shortcoming(const RedeliveryReport& report, std::uint64_t records) {
  const std::string so_far = std::to_string(report.counts.delivered) + " of " + std::to_string(records);
  switch (report.end) {
    case RedeliveryEnd::kStopped: return "stopped after " + so_far + " records: the same command goes on from there";
    case RedeliveryEnd::kGone:
      return "the application answered 410, it wants no more: " + so_far +
             " records were delivered; once it does, the same command goes on";
    case RedeliveryEnd::kTooMany:
      return "gave up " + plural(report.counts.given_up, "record") +
             " and stopped: see what the application says; the same command goes on";
    case RedeliveryEnd::kDone: break;
  }
  if (report.counts.given_up == 0) return {};
  return "gave up " + plural(report.counts.given_up, "record") + ": the same command tries again";
}

}  // namespace hookledger
