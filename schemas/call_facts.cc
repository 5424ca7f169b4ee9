#include "schemas/call_facts.h"

#include <algorithm>
#include <array>

#include "schemas/codec.h"

namespace hookledger {
namespace {

constexpr std::uint8_t kVersion = 2;

constexpr std::array kTextFields = {
    &EventFact::id,           &EventFact::type,         &EventFact::leg,           &EventFact::source,
    &EventFact::control_id,   &EventFact::direction,    &EventFact::from,          &EventFact::to,
    &EventFact::organization, &EventFact::hangup_cause, &EventFact::hangup_source, &EventFact::sip_hangup_cause,
    &EventFact::recording,    &EventFact::channels,     &EventFact::urls,          &EventFact::device};
constexpr std::uint64_t kRecordingStart = 1U << 24;
constexpr std::uint64_t kRecordingEnd = 1U << 25;
constexpr std::uint64_t kRepeat = 1U << 26;
constexpr std::uint64_t kTimed = 1U << 27;
constexpr std::uint64_t kTelemetry = 1U << 28;
constexpr std::uint64_t kDialled = 1U << 29;
constexpr std::uint64_t kBySubscription = 1U << 30;
constexpr std::uint64_t kTextMask = (std::uint64_t{1} << kTextFields.size()) - 1;
constexpr std::uint64_t kKnownMask =
    kTextMask | kRecordingStart | kRecordingEnd | kRepeat | kTimed | kTelemetry | kDialled | kBySubscription;
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

/// Which of two copies of an event counts: `known`, or the one at the higher offset.
EventFact& choose(EventFact& known, EventFact& later) {
  const bool takes_over = stands_in(known.provenance) && !stands_in(later.provenance);
  EventFact& counts = takes_over ? later : known;
  EventFact& repeat = takes_over ? known : later;
  counts.known_at = std::min(known.known_at, later.received_at);
  repeat.known_at = repeat.received_at;
  repeat.repeat = true;
  return counts;
}

}  // namespace

void CallFacts::restart(std::string_view call_id, std::uint32_t partition) {
  call_id_ = call_id;
  partition_ = partition;
  texts_.clear();
  events_.clear();
  fields_.clear();
}

/// The copy that counts so far; null when the event is new.
EventFact* CallFacts::counting(Text id, bool telemetry) {
  if (id == 0) return nullptr;
  const auto found = std::ranges::find_if(
      events_, [&](const EventFact& event) { return event.id == id && event.telemetry == telemetry && !event.repeat; });
  return found == events_.end() ? nullptr : &*found;
}

/// Says anew which copies count, of events that are all there.
void CallFacts::choose_copies() {
  std::vector<EventFact*> counting(2 * (texts_.size() + 1));
  for (EventFact& event : events_) {
    EventFact*& known = counting[2 * std::size_t{event.id} + (event.telemetry ? 1 : 0)];
    event.repeat = false;
    event.known_at = event.received_at;
    known = known == nullptr ? &event : &choose(*known, event);
  }
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
  event.telemetry = detail.telemetry;
  EventFact* const other = counting(event.id, event.telemetry);
  if (event.id == 0) event.id = texts_.append(record.id);
  event.type = texts_.intern(record.type);
  event.leg = texts_.intern(record.leg_id);
  const EventFact known = last_of_leg(event.leg);
  event.source = texts_.intern(record.source, known.source);
  event.control_id = texts_.intern(detail.control_id, known.control_id);
  event.direction = texts_.intern(detail.direction, known.direction);
  event.from = texts_.intern(detail.from, known.from);
  event.to = texts_.intern(detail.to, known.to);
  event.device = texts_.intern(detail.device_id, known.device);
  if (!event.telemetry) event.organization = texts_.intern(detail.organization_id, known.organization);
  event.hangup_cause = texts_.intern(detail.hangup_cause);
  event.hangup_source = texts_.intern(detail.hangup_source);
  event.sip_hangup_cause = texts_.intern(detail.sip_hangup_cause);
  if (detail.effect == Effect::kRecording || !detail.recording_id.empty()) {
    event.recording = texts_.intern(detail.recording_id.empty() ? record.id : std::string_view(detail.recording_id));
    event.channels = texts_.intern(detail.channels);
    event.urls = texts_.intern(detail.urls);
    event.recording_started_at = detail.recording_started_at;
    event.recording_ended_at = detail.recording_ended_at;
  }
  event.occurred_at = record.occurred_at;
  event.received_at = event.known_at = record.received_at;
  event.offset = offset;
  event.effect = detail.effect;
  event.provenance = record.provenance;
  event.timed = record.timed;
  event.dialled = detail.dialled;
  event.by_subscription = detail.by_subscription;
  if (other != nullptr) choose(*other, event);
  events_.push_back(event);
}

CallFacts CallFacts::as_of(Time at, bool by_occurrence) const {
  CallFacts past = *this;
  std::erase_if(past.events_,
                [&](const EventFact& event) { return (by_occurrence ? event.occurred_at : event.received_at) > at; });
  if (by_occurrence) {
    for (EventFact& event : past.events_) event.received_at = event.occurred_at;
  }
  past.choose_copies();
  return past;
}

CallFacts CallFacts::without(const std::set<std::uint64_t>& offsets) const {
  CallFacts rest(call_id_, partition_);
  for (EventFact event : events_) {
    if (offsets.contains(event.offset)) continue;
    for (const auto field : kTextFields) event.*field = rest.texts_.intern(text(event.*field));
    rest.events_.push_back(event);
  }
  rest.choose_copies();
  rest.fields_ = fields_;
  return rest;
}

CallFacts CallFacts::before(std::uint64_t offset) const {
  CallFacts first = *this;
  std::erase_if(first.events_, [&](const EventFact& event) { return event.offset >= offset; });
  first.choose_copies();
  return first;
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
    if (event.telemetry) mask |= kTelemetry;
    if (event.dialled) mask |= kDialled;
    if (event.by_subscription) mask |= kBySubscription;
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
  bool has_copies = false;
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
    event.received_at = event.known_at = plus(event.occurred_at, decoder.zigzag());
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
    has_copies |= event.repeat;
    event.timed = (mask & kTimed) != 0;
    event.telemetry = (mask & kTelemetry) != 0;
    event.dialled = (mask & kDialled) != 0;
    event.by_subscription = (mask & kBySubscription) != 0;
    facts.events_.push_back(event);
  }
  if (!decoder.ok() || !decoder.done()) return damaged(call_id);
  if (has_copies) facts.choose_copies();
  return facts;
}

}  // namespace hookledger
