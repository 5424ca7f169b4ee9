#include "projector/rules/field.h"

#include <algorithm>
#include <charconv>

#include "schemas/codec.h"

namespace hookledger::rules {
namespace {

std::optional<Literal> parse(std::string_view text, Type type) {
  switch (type) {
    case Type::kText: return std::string(text);
    case Type::kNumber: {
      double number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
      return number;
    }
    case Type::kBoolean:
      if (text == "true") return true;
      return text == "false" ? std::optional<Literal>(false) : std::nullopt;
    case Type::kTime:
      if (const auto time = parse_time(text)) return *time;
      return std::nullopt;
    case Type::kDuration:
      if (const auto duration = parse_duration(text)) return *duration;
      return std::nullopt;
  }
  return std::nullopt;
}

std::optional<Literal> time_of(const EventFact* event) {
  return event == nullptr ? std::nullopt : std::optional<Literal>(event->occurred_at);
}

std::optional<Literal> answered_at(const KnownCall& call) {
  const LegIndex winner = call.relations().winner;
  if (winner != kNoLeg) return call.legs()[winner].answered->occurred_at;
  std::optional<Literal> first;
  for (const KnownLeg& leg : call.legs()) {
    if (leg.answered != nullptr && (!first || Literal(leg.answered->occurred_at) < *first)) {
      first = leg.answered->occurred_at;
    }
  }
  return first;
}

/// Of the fields that are no texts.
std::optional<Literal> typed_value(const Field& field, const Seen& seen) {
  const EventFact& event = *seen.event;
  switch (field.name) {
    case Field::kOccurredAt: return event.occurred_at;
    case Field::kReceivedAt: return event.received_at;
    case Field::kLag: return event.timed ? std::optional<Literal>(event.received_at - event.occurred_at) : std::nullopt;
    case Field::kTelemetry: return event.telemetry;
    case Field::kCallEndedAt: return time_of(seen.call->relations().last_ended);
    case Field::kCallAnsweredAt: return answered_at(*seen.call);
    default: return std::nullopt;
  }
}

std::string_view text_of(const Field& field, const Seen& seen) {
  const EventFact& event = *seen.event;
  const CallFacts& facts = seen.facts();
  const auto carried = [&] { return facts.fields().find(event.offset, field.slot).value_or(FieldValue()).text; };
  switch (field.name) {
    case Field::kPointer: return carried();
    case Field::kType: return facts.text(event.type);
    case Field::kSource: return facts.text(event.source);
    case Field::kProvenance: return to_string(event.provenance);
    case Field::kCallId: return seen.call->is_call() ? std::string_view(facts.call_id()) : std::string_view();
    case Field::kLegId: return facts.text(event.leg);
    case Field::kDeviceId: return facts.text(event.device);
    case Field::kOrganizationId: return event.telemetry ? carried() : facts.text(event.organization);
    case Field::kDirection: return facts.text(event.direction);
    case Field::kFrom: return facts.text(event.from);
    case Field::kTo: return facts.text(event.to);
    case Field::kHangupCause: return facts.text(event.hangup_cause);
    case Field::kCallOrganizationId: return facts.text(seen.call->organization());
    default: return {};
  }
}

/// Empty for one that is a text.
std::string typed_text(const Field& field, const Seen& seen) {
  const auto value = typed_value(field, seen);
  if (!value) return {};
  if (const Time* time = std::get_if<Time>(&*value)) return format_time(*time);
  if (const Duration* duration = std::get_if<Duration>(&*value)) return format_duration(*duration);
  return std::get<bool>(*value) ? "true" : "false";
}

bool names_known(Known known, std::string_view name, const KnownCall& call) {
  if (name.empty()) return false;
  const LegIndex leg = call.find_leg(call.facts().find(name));
  if (leg == kNoLeg) return known == Known::kNoLeg;
  return known == Known::kLeg || (known == Known::kEndedLeg && call.legs()[leg].ended != nullptr);
}

/// An absent text is none.
bool is_one_of(std::string_view text, const std::vector<Literal>& literals) {
  return !text.empty() &&
         std::ranges::any_of(literals, [&](const Literal& each) { return std::get<std::string>(each) == text; });
}

bool holds(const Comparison& comparison, const Seen& seen) {
  if (comparison.test == Test::kPresent) {
    const bool present = typed_value(comparison.field, seen) || !text_of(comparison.field, seen).empty();
    return present == std::get<bool>(comparison.literals.front());
  }
  if (comparison.test == Test::kNames) {
    return names_known(comparison.known, text_of(comparison.field, seen), *seen.call);
  }
  if (comparison.type == Type::kText && !comparison.other) {  // Texts have no order.
    return is_one_of(text_of(comparison.field, seen), comparison.literals) ==
           (comparison.test == Test::kEqual || comparison.test == Test::kIn);
  }
  const auto left = read_field(comparison.field, comparison.type, seen);
  if (comparison.test == Test::kIn || comparison.test == Test::kNotIn) {
    const bool in = left && std::ranges::find(comparison.literals, *left) != comparison.literals.end();
    return in == (comparison.test == Test::kIn);
  }
  const auto right = comparison.other ? read_field(*comparison.other, comparison.type, seen)
                                      : std::optional(comparison.literals.front());
  if (!right) return false;
  if (!left) return comparison.test == Test::kNotEqual;
  switch (comparison.test) {
    case Test::kEqual: return *left == *right;
    case Test::kNotEqual: return *left != *right;
    case Test::kLess: return *left < *right;
    case Test::kLessOrEqual: return *left <= *right;
    case Test::kGreater: return *left > *right;
    case Test::kGreaterOrEqual: return *left >= *right;
    default: return false;
  }
}

}  // namespace

std::optional<Literal> read_field(const Field& field, Type type, const Seen& seen) {
  if (auto value = typed_value(field, seen)) return value;
  const std::string_view text = text_of(field, seen);
  return text.empty() ? std::nullopt : parse(text, type);
}

std::string read_text(const Field& field, const Seen& seen) {
  std::string text = typed_text(field, seen);
  return text.empty() ? std::string(text_of(field, seen)) : text;
}

bool holds(std::span<const Comparison> comparisons, const Seen& seen) {
  return std::ranges::all_of(comparisons, [&](const Comparison& each) { return holds(each, seen); });
}

void append_key(std::span<const Field> fields, const Seen& seen, std::string& key) {
  Encoder encoder(key);
  for (const Field& field : fields) {
    const std::string text = typed_text(field, seen);
    encoder.string(text.empty() ? text_of(field, seen) : text);
  }
}

}  // namespace hookledger::rules
