#pragma once

#include <map>
#include <string>

#include "schemas/call_facts.h"

namespace hookledger::testing {

/// What tests/golden/v1/record-*.bin hold, by the name of the file. Never changed: a new format gets a new folder.
inline std::map<std::string, RecordView> golden_records() {
  RecordView full;
  full.id = "0ccc7b54-4df3-4bca-a65a-3da1ecc777f0";
  full.source = "telnyx";
  full.type = "call.hangup";
  full.leg_id = "428c31b6-7af4-4bcb-b7f5-5013ef9657c1";
  full.key = "428c31b6-abf3-3bc1-b7f4-5013ef9657c1";
  full.content_type = "application/json; charset=utf-8";
  full.signature = "ZsJ4gA==";
  full.signed_at = "1770545731";
  full.key_id = "ed25519:0123456789abcdef";
  full.body = R"({"data":{"event_type":"call.hangup"}})";
  full.occurred_at = Time(Duration(1'770'545'730'123'456));
  full.received_at = Time(Duration(1'770'545'731'000'001));
  full.attempt = 2;
  full.in_call = true;
  full.timed = true;

  RecordView unrecognised;
  unrecognised.id = unrecognised.key = "blake2b:00";
  unrecognised.source = "telnyx";
  unrecognised.type = kUnrecognisedType;
  unrecognised.content_type = "application/octet-stream";
  unrecognised.body = std::string_view("\0\xff\r\n", 4);
  unrecognised.occurred_at = unrecognised.received_at = Time(Duration(-1));
  unrecognised.provenance = Provenance::kImported;

  RecordView synthetic;
  synthetic.id = "e";
  synthetic.source = "s";
  synthetic.type = "call.answered";
  synthetic.key = "c";
  synthetic.attempt = UINT32_MAX;
  synthetic.provenance = Provenance::kSynthetic;
  synthetic.in_call = true;
  return {{"record-full", full}, {"record-unrecognised", unrecognised}, {"record-synthetic", synthetic}};
}

/// What tests/golden/v2/call-facts.bin holds; v1's was the same without the last event.
inline CallFacts golden_facts() {
  CallFacts facts("call", 300);
  const Time start(Duration(1'770'545'730'123'456));
  const auto add = [&](std::string_view id, std::string_view type, EventDetail detail, std::uint64_t offset) {
    RecordView record;
    record.id = id;
    record.source = "telnyx";
    record.type = type;
    record.leg_id = detail.effect == Effect::kNone ? "" : "leg";
    record.key = "call";
    record.occurred_at = start + std::chrono::seconds(offset % 7);
    record.received_at = start + std::chrono::milliseconds(40);
    record.provenance = offset > 1'000 ? Provenance::kRecovered : Provenance::kDelivered;
    record.timed = offset != 3;
    record.in_call = true;
    facts.add(record, detail, offset);
  };
  EventDetail initiated;
  initiated.effect = Effect::kInitiated;
  initiated.control_id = "v3:control";
  initiated.direction = "incoming";
  initiated.from = "+12025550100";
  initiated.to = "+12025550101";
  initiated.organization_id = "org-1";
  EventDetail hangup;
  hangup.effect = Effect::kHangup;
  hangup.hangup_cause = "normal_clearing";
  hangup.hangup_source = "caller";
  hangup.sip_hangup_cause = "200";
  EventDetail saved;
  saved.effect = Effect::kRecording;
  saved.recording_id = "recording";
  saved.recording_started_at = start + std::chrono::seconds(1);
  saved.recording_ended_at = start - std::chrono::hours(1);
  saved.channels = "dual";
  saved.urls = R"({"mp3":"https://example.com/a.mp3"})";
  add("e1", "call.initiated", initiated, 0);
  add("e2", "call.dtmf.received", {}, 3);
  add("e3", "call.hangup", hangup, 200);
  add("e1", "call.initiated", initiated, 201);
  add("e4", "call.recording.saved", saved, 5'000'000'000);
  EventDetail displayed;
  displayed.device_id = "device";
  displayed.telemetry = true;
  add("e1", "device.call.displayed", displayed, 5'000'000'001);
  return facts;
}

}  // namespace hookledger::testing
