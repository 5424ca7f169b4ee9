#include "schemas/call_facts.h"

#include <algorithm>
#include <array>

#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr std::uint8_t kVersion = 1;

constexpr std::array kTextFields = {
    &EventFact::id,           &EventFact::type,         &EventFact::leg,           &EventFact::source,
    &EventFact::control_id,   &EventFact::direction,    &EventFact::from,          &EventFact::to,
    &EventFact::organization, &EventFact::hangup_cause, &EventFact::hangup_source, &EventFact::sip_hangup_cause,
    &EventFact::recording,    &EventFact::channels,     &EventFact::urls};
constexpr std::uint64_t kRecordingStart = 1U << 24;
constexpr std::uint64_t kRecordingEnd = 1U << 25;
constexpr std::uint64_t kRepeat = 1U << 26;
constexpr std::uint64_t kTimed = 1U << 27;
constexpr std::uint64_t kTextMask = (std::uint64_t{1} << kTextFields.size()) - 1;
constexpr std::uint64_t kKnownMask = kTextMask | kRecordingStart | kRecordingEnd | kRepeat | kTimed;
constexpr std::size_t kEventBytesMin = 6;
constexpr std::ptrdiff_t kEventsBackMax = 32;  // A call may have very many legs: looking back must stay cheap.

Error damaged(std::string_view call_id) {
  return {ErrorCode::kCorruption,
          "stored facts of call " + std::string(call_id) + " are damaged: rebuild the projection"};
}

/// Wraps instead of overflowing: times come from stored bytes.
std::int64_t minus(Time a, Time b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a.time_since_epoch().count()) -
                                   static_cast<std::uint64_t>(b.time_since_epoch().count()));
}
Time plus(Time a, std::int64_t micros) {
  return Time(Duration(static_cast<std::int64_t>(static_cast<std::uint64_t>(a.time_since_epoch().count()) +
                                                 static_cast<std::uint64_t>(micros))));
}

}  // namespace

void CallFacts::restart(std::string_view call_id, std::uint32_t partition) {
  call_id_ = call_id;
  partition_ = partition;
  texts_.clear();
  events_.clear();
}

bool CallFacts::known_event(Text id) const {
  return id != 0 && std::any_of(events_.begin(), events_.end(), [&](const EventFact& event) { return event.id == id; });
}

/// The last event of the leg, if that is not long ago: a leg's events say much the same.
EventFact CallFacts::last_of_leg(Text leg) const {
  const auto oldest = std::ssize(events_) > kEventsBackMax ? events_.end() - kEventsBackMax : events_.begin();
  const auto found = std::find_if(events_.rbegin(), std::make_reverse_iterator(oldest),
                                  [&](const EventFact& event) { return event.leg == leg; });
  return found.base() == oldest ? EventFact() : *found;
}

void CallFacts::add(const RecordView& record, const EventDetail& detail, std::uint64_t offset) {
  if (!events_.empty() && offset <= events_.back().offset) return;
  EventFact event;
  event.id = texts_.find(record.id);
  event.repeat = known_event(event.id);
  if (event.id == 0) event.id = texts_.append(record.id);
  event.type = texts_.intern(record.type);
  event.leg = texts_.intern(record.leg_id);
  const EventFact known = last_of_leg(event.leg);
  event.source = texts_.intern(record.source, known.source);
  event.control_id = texts_.intern(detail.control_id, known.control_id);
  event.direction = texts_.intern(detail.direction, known.direction);
  event.from = texts_.intern(detail.from, known.from);
  event.to = texts_.intern(detail.to, known.to);
  event.organization = texts_.intern(detail.organization_id, known.organization);
  event.hangup_cause = texts_.intern(detail.hangup_cause);
  event.hangup_source = texts_.intern(detail.hangup_source);
  event.sip_hangup_cause = texts_.intern(detail.sip_hangup_cause);
  if (detail.effect == Effect::kRecording) {
    event.recording = texts_.intern(detail.recording_id.empty() ? record.id : std::string_view(detail.recording_id));
    event.channels = texts_.intern(detail.channels);
    event.urls = texts_.intern(detail.urls);
    event.recording_started_at = detail.recording_started_at;
    event.recording_ended_at = detail.recording_ended_at;
  }
  event.occurred_at = record.occurred_at;
  event.received_at = record.received_at;
  event.offset = offset;
  event.effect = detail.effect;
  event.provenance = record.provenance;
  event.timed = record.timed;
  events_.push_back(event);
}

CallFacts CallFacts::as_of(Time at, bool by_occurrence) const {
  CallFacts past = *this;
  std::erase_if(past.events_,
                [&](const EventFact& event) { return (by_occurrence ? event.occurred_at : event.received_at) > at; });
  if (by_occurrence) {
    for (EventFact& event : past.events_) event.received_at = event.occurred_at;
  }
  if (past.events_.size() == events_.size()) return past;
  std::vector<bool> known(texts_.size() + 1);
  for (EventFact& event : past.events_) {
    event.repeat = known[event.id];
    known[event.id] = true;
  }
  return past;
}

std::string CallFacts::encode() const {
  std::string out;
  encode_to(out);
  return out;
}

void CallFacts::encode_to(std::string& out) const {
  out.clear();
  out.reserve(64 * texts_.size() + 32 * events_.size());
  Encoder encoder(out);
  encoder.fixed(kVersion);
  encoder.varint(partition_);
  encoder.varint(texts_.size());
  for (Text text = 1; text <= texts_.size(); ++text) encoder.string(texts_.text(text));
  encoder.varint(events_.size());
  Time occurred;
  std::uint64_t offset = 0;
  for (const EventFact& event : events_) {
    std::uint64_t mask = 0;
    for (std::size_t i = 0; i < kTextFields.size(); ++i) {
      if (event.*kTextFields[i] != 0) mask |= std::uint64_t{1} << i;
    }
    if (event.recording_started_at) mask |= kRecordingStart;
    if (event.recording_ended_at) mask |= kRecordingEnd;
    if (event.repeat) mask |= kRepeat;
    if (event.timed) mask |= kTimed;
    encoder.varint(mask);
    encoder.fixed(static_cast<std::uint8_t>(event.effect));
    encoder.fixed(static_cast<std::uint8_t>(event.provenance));
    encoder.zigzag(minus(event.occurred_at, occurred));
    encoder.zigzag(minus(event.received_at, event.occurred_at));
    encoder.varint(event.offset - offset);
    for (const auto field : kTextFields) {
      if (event.*field != 0) encoder.varint(event.*field);
    }
    if (event.recording_started_at) encoder.zigzag(minus(*event.recording_started_at, event.occurred_at));
    if (event.recording_ended_at) encoder.zigzag(minus(*event.recording_ended_at, event.occurred_at));
    occurred = event.occurred_at;
    offset = event.offset;
  }
}

Result<CallFacts> CallFacts::decode(std::string_view call_id, std::string_view bytes) {
  Decoder decoder(bytes);
  if (decoder.fixed<std::uint8_t>() != kVersion) return damaged(call_id);
  CallFacts facts(std::string(call_id), static_cast<std::uint32_t>(decoder.varint()));
  const std::uint64_t text_count = decoder.varint();
  if (text_count > decoder.left()) return damaged(call_id);
  facts.texts_.reserve(text_count, decoder.left());
  for (std::uint64_t i = 0; i < text_count; ++i) facts.texts_.append(decoder.string());
  const std::uint64_t event_count = decoder.varint();
  if (event_count > decoder.left() / kEventBytesMin) return damaged(call_id);
  facts.events_.reserve(event_count + 1);
  Time occurred;
  std::uint64_t offset = 0;
  for (std::uint64_t n = 0; n < event_count; ++n) {
    EventFact event;
    const std::uint64_t mask = decoder.varint();
    const auto effect = decoder.fixed<std::uint8_t>();
    const auto provenance = decoder.fixed<std::uint8_t>();
    if ((mask & ~kKnownMask) != 0 || effect > static_cast<std::uint8_t>(Effect::kRecording) ||
        provenance > static_cast<std::uint8_t>(Provenance::kSynthetic)) {
      return damaged(call_id);
    }
    event.effect = static_cast<Effect>(effect);
    event.provenance = static_cast<Provenance>(provenance);
    event.occurred_at = occurred = plus(occurred, decoder.zigzag());
    event.received_at = plus(event.occurred_at, decoder.zigzag());
    event.offset = offset = offset + decoder.varint();
    for (std::size_t i = 0; i < kTextFields.size(); ++i) {
      if ((mask >> i & 1) == 0) continue;
      const std::uint64_t text = decoder.varint();
      if (text > text_count) return damaged(call_id);
      event.*kTextFields[i] = static_cast<Text>(text);
    }
    if ((mask & kRecordingStart) != 0) event.recording_started_at = plus(event.occurred_at, decoder.zigzag());
    if ((mask & kRecordingEnd) != 0) event.recording_ended_at = plus(event.occurred_at, decoder.zigzag());
    event.repeat = (mask & kRepeat) != 0;
    event.timed = (mask & kTimed) != 0;
    facts.events_.push_back(event);
  }
  if (!decoder.ok() || !decoder.done()) return damaged(call_id);
  return facts;
}

}  // namespace hookledger
