#include "schemas/alert_message.h"

#include <algorithm>

#include "schemas/codec.h"
#include "schemas/crypto.h"
#include "schemas/json.h"

namespace hookledger {
namespace {

constexpr std::size_t kListMax = 10, kTextBytesMax = 512, kIdBytesMax = 256, kIdDigits = 32;

/// Cuts where a character ends.
void cut(std::string& text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  std::size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  text += "…";
}

void cut(std::vector<std::string>& texts) {
  if (texts.size() > kListMax) texts.resize(kListMax);
  for (std::string& text : texts) cut(text, kIdBytesMax);
}

std::string_view status_of(AlertKind kind) {
  switch (kind) {
    case AlertKind::kOpened: return "open";
    case AlertKind::kResolved: return "resolved";
    case AlertKind::kNoted: break;
  }
  return "noted";
}

void write_group(JsonWriter& out, const AlertMessage& message) {
  out.begin_object();
  out.member("rule", message.rule);
  out.member("severity", to_string(message.severity));
  out.key("count");
  out.number(message.count);
  out.key("first_at");
  out.time(message.first_at);
  out.key("last_at");
  out.time(message.last_at);
  out.key("findings");
  out.begin_array();
  for (const std::string& finding : message.findings) out.raw(finding);
  out.end_array();
  out.member("read_all", "/v1/findings?status=" + std::string(status_of(message.kind)) + "&rule=" + message.rule);
  out.end_object();
}

std::int64_t stored(Time time) { return time.time_since_epoch().count(); }
Time time_of(std::int64_t microseconds) { return Time(Duration(microseconds)); }

}  // namespace

std::string_view to_string(AlertKind kind) {
  switch (kind) {
    case AlertKind::kOpened: return "opened";
    case AlertKind::kResolved: return "resolved";
    case AlertKind::kNoted: break;
  }
  return "noted";
}

std::string alert_finding(Finding finding) {
  cut(finding.call_id, kIdBytesMax);
  cut(finding.organization_id, kIdBytesMax);
  cut(finding.leg_ids);
  cut(finding.control_ids);
  if (finding.evidence.size() > kListMax) finding.evidence.resize(kListMax);
  cut(finding.summary, kTextBytesMax);
  cut(finding.action, kTextBytesMax);
  JsonWriter out;
  write_json(out, finding);
  return std::string(out.view());
}

AlertMessage::AlertMessage(const AlertEdge& first, Time made)
    : id(first.id),
      kind(first.kind),
      rule(first.rule),
      severity(first.severity),
      first_at(first.at),
      last_at(first.at),
      made_at(made) {
  add(first);
}

void AlertMessage::add(const AlertEdge& edge) {
  ++count;
  severity = std::max(severity, edge.severity);
  first_at = std::min(first_at, edge.at);
  last_at = std::max(last_at, edge.at);
  if (findings.size() < kFindingsMax) findings.push_back(edge.finding);
}

void AlertMessage::seal() {
  if (sealed) return;
  sealed = true;
  if (count > 1) id = alert_message_id({id, std::to_string(count)});
}

std::string alert_message_id(std::initializer_list<std::string_view> parts) {
  Digest digest;
  for (const std::string_view part : parts) digest.add(part);
  return "msg_" + digest.hex().substr(0, kIdDigits);
}

std::string alert_body(const AlertMessage& message) {
  JsonWriter out;
  const bool one = message.count == 1;
  out.begin_object();
  out.member("type", (one ? "finding." : "findings.") + std::string(to_string(message.kind)));
  out.key("timestamp");
  out.time(message.last_at);
  out.key("data");
  if (one) {
    out.raw(message.findings.front());
  } else {
    write_group(out, message);
  }
  out.end_object();
  return std::string(out.view());
}

std::string encode_alert_message(const AlertMessage& message) {
  std::string bytes;
  Encoder encoder(bytes);
  encoder.fixed(static_cast<std::uint8_t>(message.kind));
  encoder.fixed(static_cast<std::uint8_t>(message.severity));
  encoder.fixed(static_cast<std::uint8_t>(message.sealed ? 1 : 0));
  encoder.string(message.id);
  encoder.string(message.rule);
  encoder.varint(message.count);
  for (const Time time : {message.first_at, message.last_at, message.made_at}) encoder.fixed(stored(time));
  encoder.varint(message.findings.size());
  for (const std::string& finding : message.findings) encoder.string(finding);
  return bytes;
}

Result<AlertMessage> decode_alert_message(std::string_view bytes) {
  Decoder decoder(bytes);
  AlertMessage message;
  const auto kind = decoder.fixed<std::uint8_t>(), severity = decoder.fixed<std::uint8_t>();
  message.sealed = decoder.fixed<std::uint8_t>() != 0;
  message.id = decoder.string();
  message.rule = decoder.string();
  message.count = decoder.varint();
  message.first_at = time_of(decoder.fixed<std::int64_t>());
  message.last_at = time_of(decoder.fixed<std::int64_t>());
  message.made_at = time_of(decoder.fixed<std::int64_t>());
  const std::uint64_t findings = decoder.varint();
  for (std::uint64_t i = 0; i < findings && decoder.ok(); ++i) message.findings.emplace_back(decoder.string());
  const auto json = [](const std::string& finding) { return is_json(finding); };
  if (!decoder.ok() || !std::ranges::all_of(message.findings, json) || !decoder.done() || message.findings.empty() ||
      message.count < message.findings.size() || kind > static_cast<std::uint8_t>(AlertKind::kNoted) ||
      severity > static_cast<std::uint8_t>(Severity::kCritical)) {
    return Error{ErrorCode::kCorruption,
                 "a waiting alert is damaged: stop the server and remove the folder of its alert"};
  }
  message.kind = static_cast<AlertKind>(kind);
  message.severity = static_cast<Severity>(severity);
  return message;
}

}  // namespace hookledger
