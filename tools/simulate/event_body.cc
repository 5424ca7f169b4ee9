#include "tools/simulate/event_body.h"

namespace hookledger {
namespace {

void write_empty_lists(JsonWriter& out, std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) {
    out.key(name);
    out.begin_array();
    out.end_array();
  }
}

void write_urls(JsonWriter& out, std::string_view name, std::string_view folder) {
  out.key(name);
  out.begin_object();
  for (const std::string_view format : {"mp3", "wav"}) {
    std::string url = "https://recordings.example.com/";
    out.member(format, url.append(folder).append(".").append(format));
  }
  out.end_object();
}

void write_recording(JsonWriter& out, const std::string& recording, Time started_at, Time ended_at) {
  out.member("channels", "dual");
  out.member("recording_started_at", started_at);
  out.member("recording_ended_at", ended_at);
  write_urls(out, "recording_urls", recording);
  write_urls(out, "public_recording_urls", "public/" + recording);
}

void write_quality(JsonWriter& out, Random& random) {
  const auto number = [&](std::string_view name, std::uint64_t low, std::uint64_t high) {
    out.member(name, std::to_string(low + random.below(high - low)));
  };
  out.key("call_quality_stats");
  out.begin_object();
  out.key("inbound");
  out.begin_object();
  number("jitter_max_variance", 1, 60);
  number("jitter_packet_count", 0, 9);
  out.member("mos", "4.50");
  number("packet_count", 300, 9000);
  number("skip_packet_count", 0, 30);
  out.end_object();
  out.key("outbound");
  out.begin_object();
  number("packet_count", 300, 9000);
  number("skip_packet_count", 0, 30);
  out.end_object();
  out.end_object();
}

}  // namespace

std::string delivery_body(std::string_view data, unsigned attempt) {
  std::string body = R"({"data":)";
  body.append(data).append(R"(,"meta":{"attempt":)").append(std::to_string(attempt));
  return body.append(R"(,"delivered_to":"https://hooks.example.com/webhooks/telnyx"}})");
}

EventBodies::EventBodies(Random& random, std::string session_id, std::string connection_id)
    : random_(random), session_id_(std::move(session_id)), connection_id_(std::move(connection_id)) {}

std::string EventBodies::initiated(const SimulatedLeg& leg) {
  return event("call.initiated", leg.initiated_at, [&](JsonWriter& out) {
    write_leg(out, leg);
    out.member("direction", leg.direction);
    out.member("state", leg.direction == "incoming" ? "parked" : "bridging");
    out.member("start_time", leg.initiated_at);
    out.member("caller_id_name", leg.from);
    out.member("connection_codecs", "OPUS,G722,PCMU,PCMA");
    out.member("offered_codecs", "OPUS,PCMU,PCMA");
    out.member("shaken_stir_attestation", "A");
    out.key("shaken_stir_validated");
    out.boolean(true);
    write_empty_lists(out, {"custom_headers", "sip_headers", "tags"});
  });
}

std::string EventBodies::answered(const SimulatedLeg& leg, Time at) {
  return event("call.answered", at, [&](JsonWriter& out) {
    write_leg(out, leg);
    out.member("start_time", leg.initiated_at);
    out.member("state", "answered");
    write_empty_lists(out, {"custom_headers", "sip_headers", "tags"});
  });
}

std::string EventBodies::bridged(const SimulatedLeg& leg, Time at) {
  return event("call.bridged", at, [&](JsonWriter& out) { write_leg(out, leg); });
}

std::string EventBodies::hangup(const SimulatedLeg& leg, Time at, const HangupReason& reason) {
  return event("call.hangup", at, [&](JsonWriter& out) {
    write_leg(out, leg);
    write_quality(out, random_);
    out.member("hangup_cause", reason.cause);
    out.member("hangup_source", reason.source);
    out.member("sip_hangup_cause", reason.sip_cause);
    out.member("start_time", leg.initiated_at);
    out.member("end_time", at);
    out.member("state", "hangup");
    write_empty_lists(out, {"custom_headers", "sip_headers", "tags"});
  });
}

std::string EventBodies::dtmf(const SimulatedLeg& leg, Time at) {
  return event("call.dtmf.received", at, [&](JsonWriter& out) {
    write_leg(out, leg);
    out.member("digit", std::to_string(random_.below(10)));
  });
}

std::string EventBodies::speak(const SimulatedLeg& leg, Time at, std::string_view type) {
  return event(type, at, [&](JsonWriter& out) {
    write_leg(out, leg);
    if (type == "call.speak.ended") out.member("status", "completed");
  });
}

std::string EventBodies::recording_saved(const SimulatedLeg& leg, Time at, Time started_at, Time ended_at) {
  const std::string recording = random_.uuid();
  return event("call.recording.saved", at, [&](JsonWriter& out) {
    out.member("call_leg_id", leg.id);
    write_ids(out, leg);
    write_recording(out, recording, started_at, ended_at);
  });
}

std::string EventBodies::conference(const SimulatedLeg& leg, Time at, std::string_view type,
                                    std::string_view conference_id) {
  return event(type, at, [&](JsonWriter& out) {
    out.member("call_control_id", leg.control_id);
    out.member("call_leg_id", leg.id);
    write_ids(out, leg);
    out.member("conference_id", conference_id);
    if (type == "conference.ended") out.member("reason", "all_left");
    out.member("occurred_at", at);
  });
}

std::string EventBodies::conference_recording_saved(const SimulatedLeg& leg, Time at, std::string_view conference_id,
                                                    Time started_at, Time ended_at) {
  const std::string recording = random_.uuid();
  return event("conference.recording.saved", at, [&](JsonWriter& out) {
    out.member("call_control_id", leg.control_id);
    write_ids(out, leg);
    out.member("conference_id", conference_id);
    out.member("recording_id", recording);
    out.member("format", "mp3");
    write_recording(out, recording, started_at, ended_at);
  });
}

std::string EventBodies::event(std::string_view type, Time at, const Payload& payload) {
  JsonWriter out;
  out.begin_object();
  out.member("record_type", "event");
  out.member("event_type", type);
  out.member("id", random_.uuid());
  out.member("occurred_at", at);
  out.key("payload");
  out.begin_object();
  payload(out);
  out.end_object();
  out.end_object();
  return std::string(out.view());
}

void EventBodies::write_ids(JsonWriter& out, const SimulatedLeg& leg) const {
  out.member("call_session_id", session_id_);
  out.member("client_state", leg.client_state);
  out.member("connection_id", connection_id_);
}

void EventBodies::write_leg(JsonWriter& out, const SimulatedLeg& leg) const {
  out.member("call_control_id", leg.control_id);
  out.member("call_leg_id", leg.id);
  write_ids(out, leg);
  out.member("from", leg.from);
  out.member("to", leg.to);
}

}  // namespace hookledger
