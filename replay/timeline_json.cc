#include <algorithm>
#include <map>
#include <simdjson.h>

#include "replay/presentation.h"
#include "replay/timeline.h"
#include "schemas/json.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

namespace od = simdjson::ondemand;

void write_entry(JsonWriter& out, const TimelineEntry& entry) {
  out.begin_object();
  out.key("partition");
  out.number(std::uint64_t{entry.place.partition});
  out.key("offset");
  out.number(entry.place.offset);
  out.member("id", entry.id);
  out.member("type", entry.type);
  out.member("leg_id", entry.leg_id);
  out.member("occurred_at", entry.occurred_at);
  out.member("received_at", entry.received_at);
  out.key("lag_ms");
  entry.timed ? out.number(entry.lag_ms) : out.null();
  out.key("late");
  out.boolean(entry.late);
  out.member("provenance", to_string(entry.provenance));
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

/// The first thing that was wrong with a document. After it, every read gives an empty value.
struct Fault {
  std::string where;
  void note(std::string_view name) {
    if (where.empty()) where = name;
  }
};

/// The members of one object, by name, in any order. A wrong or missing one is noted in the fault.
class Members {
 public:
  Members(od::object object, Fault& fault) : object_(object), fault_(fault) {}

  /// Empty for null.
  std::string text(std::string_view name) {
    od::value value;
    std::string_view text;
    if (!find(name, value) || is_null(name, value)) return {};
    if (value.get_string().get(text) != simdjson::SUCCESS) fault_.note(name);
    return std::string(text);
  }

  std::optional<Time> time_or_null(std::string_view name) {
    const std::string written = text(name);
    if (written.empty()) return std::nullopt;
    const std::optional<Time> time = parse_time(written);
    if (!time) fault_.note(name);
    return time;
  }

  Time time(std::string_view name) {
    const std::optional<Time> time = time_or_null(name);
    if (!time) fault_.note(name);
    return time.value_or(Time());
  }

  std::optional<std::int64_t> integer_or_null(std::string_view name) {
    od::value value;
    std::int64_t number = 0;
    if (!find(name, value) || is_null(name, value)) return std::nullopt;
    if (value.get_int64().get(number) != simdjson::SUCCESS) fault_.note(name);
    return number;
  }

  std::uint64_t count(std::string_view name, std::uint64_t max = UINT64_MAX) {
    od::value value;
    std::uint64_t number = 0;
    if (!find(name, value)) return 0;
    if (value.get_uint64().get(number) != simdjson::SUCCESS || number > max) fault_.note(name);
    return number;
  }

  bool boolean(std::string_view name) {
    od::value value;
    bool answer = false;
    if (find(name, value) && value.get_bool().get(answer) != simdjson::SUCCESS) fault_.note(name);
    return answer;
  }

  /// One of `values`, by its `to_string`.
  template <class T>
  T one_of(std::string_view name, std::initializer_list<T> values) {
    const std::string written = text(name);
    for (const T value : values) {
      if (to_string(value) == written) return value;
    }
    fault_.note(name);
    return *values.begin();
  }

  /// The text of a JSON value; nothing when the member is absent.
  std::optional<std::string> json(std::string_view name) {
    od::value value;
    std::string_view raw;
    if (!fault_.where.empty() || object_.find_field_unordered(name).get(value) != simdjson::SUCCESS)
      return std::nullopt;
    if (simdjson::to_json_string(value).get(raw) != simdjson::SUCCESS) {
      fault_.note(name);
      return std::nullopt;
    }
    return minify_json(raw);
  }

  template <class Use>
  void object(std::string_view name, const Use& use) {
    od::value value;
    od::object object;
    if (!find(name, value)) return;
    if (value.get_object().get(object) != simdjson::SUCCESS) return fault_.note(name);
    use(Members(object, fault_));
  }

  template <class Use>
  void objects(std::string_view name, const Use& use) {
    each(name, [&](od::value item) {
      od::object object;
      if (item.get_object().get(object) != simdjson::SUCCESS) return fault_.note(name);
      use(Members(object, fault_));
    });
  }

  std::vector<std::string> texts(std::string_view name) {
    std::vector<std::string> out;
    each(name, [&](od::value item) {
      std::string_view text;
      if (item.get_string().get(text) != simdjson::SUCCESS) return fault_.note(name);
      out.emplace_back(text);
    });
    return out;
  }

 private:
  bool find(std::string_view name, od::value& value) {
    if (!fault_.where.empty()) return false;
    if (object_.find_field_unordered(name).get(value) == simdjson::SUCCESS) return true;
    fault_.note(name);
    return false;
  }

  bool is_null(std::string_view name, od::value& value) {
    bool answer = false;
    if (value.is_null().get(answer) != simdjson::SUCCESS) fault_.note(name);
    return answer;
  }

  template <class Use>
  void each(std::string_view name, const Use& use) {
    od::value value;
    od::array array;
    if (!find(name, value)) return;
    if (value.get_array().get(array) != simdjson::SUCCESS) return fault_.note(name);
    for (auto item : array) {
      od::value element;
      if (std::move(item).get(element) != simdjson::SUCCESS) return fault_.note(name);
      use(element);
      if (!fault_.where.empty()) return;
    }
  }

  od::object object_;
  Fault& fault_;
};

CallStatus read_status(Members& from, std::string_view name) {
  return from.one_of(name, {CallStatus::kNone, CallStatus::kInitiated, CallStatus::kRinging, CallStatus::kAnswered,
                            CallStatus::kBridged, CallStatus::kEnded});
}

Leg read_leg(Members from) {
  Leg leg;
  leg.id = from.text("id");
  leg.control_id = from.text("control_id");
  leg.direction = from.text("direction");
  leg.from = from.text("from");
  leg.to = from.text("to");
  leg.status = read_status(from, "status");
  leg.initiated_at = from.time_or_null("initiated_at");
  leg.ringing_at = from.time_or_null("ringing_at");
  leg.answered_at = from.time_or_null("answered_at");
  leg.bridged_at = from.time_or_null("bridged_at");
  leg.ended_at = from.time_or_null("ended_at");
  leg.hangup_cause = from.text("hangup_cause");
  leg.hangup_source = from.text("hangup_source");
  leg.sip_hangup_cause = from.text("sip_hangup_cause");
  return leg;
}

Recording read_recording(Members from) {
  Recording recording;
  recording.id = from.text("id");
  recording.started_at = from.time_or_null("started_at");
  recording.ended_at = from.time_or_null("ended_at");
  recording.saved_at = from.time("saved_at");
  recording.channels = from.text("channels");
  recording.urls = from.json("urls").value_or("{}");
  return recording;
}

void read_call(Members from, Timeline& timeline) {
  Call& call = timeline.call;
  call.id = from.text("id");
  call.source = from.text("source");
  call.organization_id = from.text("organization_id");
  call.status = read_status(from, "status");
  call.direction = from.text("direction");
  call.from = from.text("from");
  call.to = from.text("to");
  call.initiated_at = from.time_or_null("initiated_at");
  call.answered_at = from.time_or_null("answered_at");
  call.bridged_at = from.time_or_null("bridged_at");
  call.ended_at = from.time_or_null("ended_at");
  call.hangup_cause = from.text("hangup_cause");
  call.hangup_source = from.text("hangup_source");
  call.originator_leg_id = from.text("originator_leg_id");
  call.winner_leg_id = from.text("winner_leg_id");
  from.objects("legs", [&](Members leg) { call.legs.push_back(read_leg(leg)); });
  from.objects("recordings", [&](Members recording) { call.recordings.push_back(read_recording(recording)); });
  from.object("events", [&](Members events) {
    call.event_count = events.count("count");
    call.first_at = events.time("first_at");
    call.last_at = events.time("last_at");
  });
  from.objects("missing", [&](Members missing) {
    call.missing.push_back({missing.text("leg_id"), missing.text("type")});
  });
  timeline.open_rules = from.texts("findings");
}

TimelineEntry read_entry(Members from, Fault& fault) {
  TimelineEntry entry;
  entry.place.partition = static_cast<std::uint32_t>(from.count("partition", UINT32_MAX));
  entry.place.offset = from.count("offset");
  entry.id = from.text("id");
  entry.type = from.text("type");
  entry.leg_id = from.text("leg_id");
  entry.occurred_at = from.time("occurred_at");
  entry.received_at = from.time("received_at");
  const std::optional<std::int64_t> lag_ms = from.integer_or_null("lag_ms");
  entry.timed = lag_ms.has_value();
  entry.lag_ms = lag_ms.value_or(0);
  entry.late = from.boolean("late");
  entry.provenance = from.one_of(
      "provenance", {Provenance::kDelivered, Provenance::kImported, Provenance::kRecovered, Provenance::kSynthetic});
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

Finding read_finding(Members from) {
  Finding finding;
  finding.id = from.text("id");
  finding.rule = from.text("rule");
  finding.severity = from.one_of("severity", {Severity::kInfo, Severity::kWarning, Severity::kCritical});
  finding.status = from.one_of("status", {FindingStatus::kOpen, FindingStatus::kResolved, FindingStatus::kNoted});
  finding.call_id = from.text("call_id");
  finding.leg_ids = from.texts("leg_ids");
  finding.control_ids = from.texts("control_ids");
  finding.organization_id = from.text("organization_id");
  finding.opened_at = from.time("opened_at");
  finding.resolved_at = from.time_or_null("resolved_at");
  finding.summary = from.text("summary");
  finding.action = from.text("action");
  from.objects("evidence", [&](Members place) {
    finding.evidence.push_back(
        {static_cast<std::uint32_t>(place.count("partition", UINT32_MAX)), place.count("offset")});
  });
  return finding;
}

/// JSON does not say which records are repeats: those whose event id stands at a lower offset too.
void mark_repeats(std::vector<TimelineEntry>& entries) {
  std::map<std::string_view, std::uint64_t> first_offset;
  for (const TimelineEntry& entry : entries) {
    const auto [found, added] = first_offset.try_emplace(entry.id, entry.place.offset);
    if (!added) found->second = std::min(found->second, entry.place.offset);
  }
  for (TimelineEntry& entry : entries) entry.repeat = entry.place.offset != first_offset[entry.id];
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
  const simdjson::padded_string padded(json);
  od::parser parser;
  od::document document;
  od::object object;
  Timeline timeline;
  Fault fault;
  // On-Demand is only safe on valid JSON: looking a field up goes by what it skipped before.
  if (!is_json(json) || parser.iterate(padded).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return Error{ErrorCode::kInvalid, "the answer is not a JSON object: check that --url is a hookledger API"};
  }
  Members members(object, fault);
  members.object("call", [&](Members call) { read_call(call, timeline); });
  members.objects("records", [&](Members entry) { timeline.entries.push_back(read_entry(entry, fault)); });
  members.objects("findings", [&](Members finding) { timeline.findings.push_back(read_finding(finding)); });
  if (!fault.where.empty()) {
    return Error{ErrorCode::kInvalid, "the answer is not a forensic view: `" + fault.where +
                                          "` is missing or wrong; check that --url is a hookledger API"};
  }
  std::sort(timeline.entries.begin(), timeline.entries.end(), comes_before);
  mark_repeats(timeline.entries);
  return timeline;
}

std::vector<RecordingUrl> recording_urls(const Recording& recording) {
  const simdjson::padded_string padded(recording.urls);
  od::parser parser;
  od::document document;
  od::object object;
  std::vector<RecordingUrl> urls;
  if (parser.iterate(padded).get(document) != simdjson::SUCCESS) return urls;
  if (document.get_object().get(object) != simdjson::SUCCESS) return urls;
  for (auto field : object) {
    std::string_view name, url;
    if (field.unescaped_key().get(name) != simdjson::SUCCESS) break;
    if (field.value().get_string().get(url) == simdjson::SUCCESS) urls.push_back({std::string(name), std::string(url)});
  }
  return urls;
}

}  // namespace hookledger
