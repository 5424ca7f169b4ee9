#include <algorithm>
#include <map>

#include "replay/presentation.h"
#include "replay/read_answers.h"
#include "replay/timeline.h"
#include "schemas/json.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

void write_entry(JsonWriter& out, const TimelineEntry& entry) {
  out.begin_object();
  out.key("partition");
  out.number(std::uint64_t{entry.place.partition});
  out.key("offset");
  out.number(entry.place.offset);
  out.member("id", entry.id);
  out.member("source", entry.source);
  out.key("telemetry");
  out.boolean(entry.telemetry);
  out.member("device_id", entry.device_id);
  out.member("type", entry.type);
  out.member("leg_id", entry.leg_id);
  out.member("occurred_at", entry.occurred_at);
  out.member("received_at", entry.received_at);
  out.key("lag_ms");
  entry.timed ? out.number(entry.lag_ms) : out.null();
  out.key("late");
  out.boolean(entry.late);
  out.member("provenance", to_string(entry.provenance));
  if (!entry.recovered_from.empty()) out.member("recovered_from", entry.recovered_from);
  out.key("deliveries");
  out.number(std::uint64_t{entry.deliveries});
  out.member("key_id", entry.key_id);
  out.member("signature", to_string(entry.signature));
  out.member("call_status_after", to_string(entry.status_after));
  if (entry.body_is_json) {
    out.key("body");
    out.raw(minify_json(entry.body));
  } else {
    out.key("body_base64");
    out.string(encode_base64(entry.body));
  }
  out.end_object();
}

TimelineEntry read_entry(Members from, Fault& fault) {
  TimelineEntry entry;
  entry.place.partition = static_cast<std::uint32_t>(from.count("partition", UINT32_MAX));
  entry.place.offset = from.count("offset");
  entry.id = from.text("id");
  entry.source = from.text("source");
  entry.telemetry = from.boolean("telemetry");
  entry.type = from.text("type");
  entry.leg_id = from.text("leg_id");
  entry.device_id = from.text("device_id");
  entry.occurred_at = from.time("occurred_at");
  entry.received_at = from.time("received_at");
  const std::optional<std::int64_t> lag_ms = from.integer_or_null("lag_ms");
  entry.timed = lag_ms.has_value();
  entry.lag_ms = lag_ms.value_or(0);
  entry.late = from.boolean("late");
  entry.provenance = from.one_of(
      "provenance", {Provenance::kDelivered, Provenance::kImported, Provenance::kRecovered, Provenance::kSynthetic});
  entry.recovered_from = from.loose_text("recovered_from");
  entry.deliveries = static_cast<std::uint32_t>(from.count("deliveries", UINT32_MAX));
  entry.key_id = from.text("key_id");
  entry.signature = from.one_of("signature", {StoredSignature::kValid, StoredSignature::kInvalid,
                                              StoredSignature::kAbsent, StoredSignature::kUnknownKey});
  entry.status_after = read_status(from, "call_status_after");
  if (std::optional<std::string> body = from.json("body")) {
    entry.body = std::move(*body);
  } else if (std::optional<std::string> bytes = decode_base64(from.text("body_base64"))) {
    entry.body = std::move(*bytes);
    entry.body_is_json = false;
  } else {
    fault.note("body_base64");
  }
  return entry;
}

/// JSON does not say which records are repeats: of one event id, telemetry and the rest apart, those that CallFacts
/// does not count.
void mark_repeats(std::vector<TimelineEntry>& entries) {
  std::map<std::pair<bool, std::string_view>, TimelineEntry*> counting;
  for (TimelineEntry& entry : entries) {
    TimelineEntry*& counts = counting.try_emplace({entry.telemetry, entry.id}, &entry).first->second;
    const auto rank = [](const TimelineEntry& it) { return std::pair(stands_in(it.provenance), it.place.offset); };
    if (rank(entry) < rank(*counts)) counts = &entry;
  }
  for (TimelineEntry& entry : entries) entry.repeat = counting[{entry.telemetry, entry.id}] != &entry;
}

}  // namespace

void write_json(JsonWriter& out, const Timeline& timeline) {
  out.begin_object();
  out.key("call");
  write_json(out, timeline.call, &timeline.open_rules);
  out.key("records");
  out.begin_array();
  for (const TimelineEntry& entry : timeline.entries) write_entry(out, entry);
  out.end_array();
  out.key("findings");
  out.begin_array();
  for (const Finding& finding : timeline.findings) write_json(out, finding);
  out.end_array();
  out.end_object();
}

Result<Timeline> parse_timeline(std::string_view json) {
  Timeline timeline;
  Fault fault;
  const bool is_object = read_json_object(json, fault, [&](Members answer) {
    answer.object("call", [&](Members call) {
      ListedCall listed = read_call(call);
      timeline.call = std::move(listed.call);
      timeline.open_rules = std::move(listed.open_rules);
    });
    answer.objects("records", [&](Members entry) { timeline.entries.push_back(read_entry(entry, fault)); });
    answer.objects("findings", [&](Members finding) { timeline.findings.push_back(read_finding(finding)); });
  });
  if (!is_object) {
    return Error{ErrorCode::kInvalid, "the answer is not a JSON object: check that --url is a hookledger API"};
  }
  if (!fault.where.empty()) {
    return Error{ErrorCode::kInvalid, "the answer is not a forensic view: `" + fault.where +
                                          "` is missing or wrong; check that --url is a hookledger API"};
  }
  std::sort(timeline.entries.begin(), timeline.entries.end(), comes_before);
  mark_repeats(timeline.entries);
  return timeline;
}

std::vector<RecordingUrl> recording_urls(const Recording& recording) {
  std::vector<RecordingUrl> urls;
  Fault fault;
  read_json_object(recording.urls, fault, [&](Members members) {
    members.every_text([&](std::string_view name, std::string_view url) {
      urls.push_back({std::string(name), std::string(url)});
    });
  });
  return urls;
}

}  // namespace hookledger
