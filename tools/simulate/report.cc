#include "tools/simulate/report.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "schemas/json.h"

namespace hookledger {
namespace {

std::uint64_t repeats(const Plan& plan) { return plan.deliveries.size() - (plan.events - plan.dropped); }

void add_row(std::string& table, std::string_view name, const std::string& value) {
  table.append("  ").append(name).append(name.size() < 14 ? 14 - name.size() : 1, ' ').append(value).append("\n");
}

std::string milliseconds(std::chrono::microseconds value) {
  std::array<char, 32> text;
  const int size = std::snprintf(text.data(), text.size(), "%.2f ms", static_cast<double>(value.count()) / 1000);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

std::string decimal(double value, int digits) {
  std::array<char, 64> text;
  const int size = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  return std::string(text.data(), static_cast<std::size_t>(size));
}

}  // namespace

Latencies latencies_of(std::vector<std::uint32_t>& microseconds) {
  if (microseconds.empty()) return {};
  std::ranges::sort(microseconds);
  const auto rank = [&](double share) {
    const auto position = std::ceil(share * static_cast<double>(microseconds.size()));
    return std::chrono::microseconds(microseconds[static_cast<std::size_t>(std::max(position, 1.0)) - 1]);
  };
  return {rank(0.5), rank(0.9), rank(0.99), rank(0.999), rank(1)};
}

std::string render_report(const Plan& plan, const SendReport* sent) {
  std::string table;
  add_row(table, "calls", std::to_string(plan.options.calls));
  add_row(table, "events", std::to_string(plan.events) + " (" + std::to_string(plan.dropped) + " dropped)");
  add_row(table, "deliveries",
          std::to_string(plan.deliveries.size()) + " (" + std::to_string(repeats(plan)) + " repeats)");
  if (sent == nullptr) return table;
  add_row(table, "sent",
          std::to_string(sent->sent) + " (" + std::to_string(sent->retries) + " retries, " +
              std::to_string(sent->reconnects) + " reconnects)");
  for (const auto& [status, count] : sent->answers) add_row(table, std::to_string(status), std::to_string(count));
  if (sent->unanswered > 0) add_row(table, "no answer", std::to_string(sent->unanswered));
  add_row(table, "accepted", std::to_string(sent->accepted));
  add_row(table, "duplicate", std::to_string(sent->duplicate));
  add_row(table, "unrecognised", std::to_string(sent->unrecognised));
  add_row(table, "time", decimal(sent->seconds, 2) + " s, " + decimal(sent->rate, 0) + " answers/s");
  const Latencies& latency = sent->latency;
  add_row(table, "latency",
          "p50 " + milliseconds(latency.p50) + "  p90 " + milliseconds(latency.p90) + "  p99 " +
              milliseconds(latency.p99) + "  p99.9 " + milliseconds(latency.p999) + "  max " +
              milliseconds(latency.max));
  return table;
}

std::string report_json(const Plan& plan, const SendReport* sent) {
  JsonWriter out;
  const auto count = [&](std::string_view name, std::uint64_t value) {
    out.key(name);
    out.number(value);
  };
  out.begin_object();
  count("calls", plan.options.calls);
  count("events", plan.events);
  count("dropped", plan.dropped);
  count("deliveries", plan.deliveries.size());
  count("repeats", repeats(plan));
  if (sent != nullptr) {
    count("sent", sent->sent);
    count("retries", sent->retries);
    count("reconnects", sent->reconnects);
    count("unanswered", sent->unanswered);
    out.key("answers");
    out.begin_object();
    for (const auto& [status, answers] : sent->answers) count(std::to_string(status), answers);
    out.end_object();
    count("accepted", sent->accepted);
    count("duplicate", sent->duplicate);
    count("unrecognised", sent->unrecognised);
    out.key("seconds");
    out.real(sent->seconds);
    out.key("rate");
    out.real(sent->rate);
    out.key("latency_us");
    out.begin_object();
    const auto latency = [&](std::string_view name, std::chrono::microseconds value) {
      out.key(name);
      out.number(std::int64_t{value.count()});
    };
    latency("p50", sent->latency.p50);
    latency("p90", sent->latency.p90);
    latency("p99", sent->latency.p99);
    latency("p99_9", sent->latency.p999);
    latency("max", sent->latency.max);
    out.end_object();
  }
  out.end_object();
  return std::string(out.view());
}

}  // namespace hookledger
