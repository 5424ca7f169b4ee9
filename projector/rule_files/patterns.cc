#include "projector/rule_files/patterns.h"

#include "projector/rule_files/mapping.h"
#include "projector/rule_files/values.h"

namespace hookledger::rules {
namespace {

constexpr std::string_view kPattern =
    "a pattern such as {leg: answered}, {call: ended} or {event: device.push.received}";

std::string prefixed(std::string_view label, const std::string& message) { return std::string(label) + ": " + message; }

bool is_event_type(std::string_view text) {
  const std::size_t star = text.find('*');
  if (star != std::string_view::npos && star + 1 != text.size()) return false;
  return !text.empty() && text.find_first_of(" \n\r\t") == std::string_view::npos;
}

void read_type(const YamlNode& node, Pattern& pattern, Problems& problems) {
  auto text = read_text(&node, "event", "an event type such as device.push.received or device.*", problems);
  if (!text) return;
  if (!is_event_type(*text)) {
    problems.add(node.at, "event: expected a type such as device.push.received, or device.* for all that begin so, " +
                              got(node));
    return;
  }
  pattern.types.push_back(std::move(*text));
}

Pattern read_event(Mapping& mapping, const YamlNode& event, Problems& problems) {
  Pattern pattern;
  if (event.kind != YamlNode::kList) {
    read_type(event, pattern, problems);
  } else if (event.items.empty()) {
    problems.add(event.at, "event: expected at least one type, got an empty list");
  } else {
    for (const YamlNode& type : event.items) read_type(type, pattern, problems);
  }
  pattern.where = read_comparisons(mapping.find("where"), problems);
  return pattern;
}

Pattern read_leg(Mapping& mapping, const YamlNode& leg, const PatternPlace& place, Problems& problems) {
  Pattern pattern;
  pattern.what = Pattern::kLeg;
  pattern.leg = read_word(&leg, "leg", kLegStates, problems).value_or(LegState::kNamed);
  if (const YamlNode* const of = mapping.find("of")) {
    pattern.of = read_word(of, "of", kOfs, problems).value_or(Of::kThis);
    if (pattern.of == Of::kPeer && place.scope != Scope::kLeg) {
      problems.add(
          of->at, "of: a leg has a peer, a " + std::string(word_for(kScopes, place.scope)) + " has not: use scope leg");
    }
  }
  if (place.scope != Scope::kCall && place.scope != Scope::kLeg) {
    problems.add(leg.at, "leg: a rule with scope " + std::string(word_for(kScopes, place.scope)) +
                             " looks at events: use {event: TYPE}, or scope call or leg");
  }
  return pattern;
}

Pattern read_call(const YamlNode& call, const PatternPlace& place, Problems& problems) {
  Pattern pattern;
  pattern.what = Pattern::kCall;
  pattern.call = read_word(&call, "call", kCallStates, problems).value_or(CallState::kBegun);
  const bool calls_only = place.scope == Scope::kCall || place.scope == Scope::kLeg;
  if (pattern.call == CallState::kActive && !(place.call_active && place.scope == Scope::kDevice)) {
    problems.add(call.at,
                 "call: active is a time, not an event: it can stand in `of` of kind at-most with scope device");
  } else if (pattern.call != CallState::kActive && !calls_only) {
    problems.add(call.at, "call: a rule with scope " + std::string(word_for(kScopes, place.scope)) +
                              " looks at events: use {event: TYPE}, or scope call or leg");
  }
  return pattern;
}

}  // namespace

std::optional<Pattern> read_pattern(const YamlNode* node, std::string_view label, const PatternPlace& place,
                                    Problems& problems) {
  if (node == nullptr) return std::nullopt;
  if (node->kind != YamlNode::kMap) {
    problems.add(node->at, prefixed(label, "expected " + std::string(kPattern) + ", " + got(*node)));
    return std::nullopt;
  }
  Mapping mapping(*node, "a pattern", problems);
  std::optional<Pattern> pattern;
  if (const YamlNode* const event = mapping.find("event")) {
    pattern = read_event(mapping, *event, problems);
  } else if (const YamlNode* const leg = mapping.find("leg")) {
    pattern = read_leg(mapping, *leg, place, problems);
  } else if (const YamlNode* const call = mapping.find("call")) {
    pattern = read_call(*call, place, problems);
  } else {
    problems.add(node->at, prefixed(label, "expected " + std::string(kPattern) + ", got a mapping without these keys"));
    return std::nullopt;
  }
  mapping.finish();
  return pattern;
}

std::vector<Pattern> read_patterns(const YamlNode* node, std::string_view label, const PatternPlace& place,
                                   Problems& problems) {
  std::vector<Pattern> patterns;
  if (node == nullptr) return patterns;
  if (node->kind == YamlNode::kList && node->items.empty()) {
    problems.add(node->at, prefixed(label, "expected " + std::string(kPattern) + ", got an empty list"));
  }
  const bool list = node->kind == YamlNode::kList;
  for (std::size_t i = 0; i < (list ? node->items.size() : 1); ++i) {
    if (auto pattern = read_pattern(list ? &node->items[i] : node, label, place, problems)) {
      patterns.push_back(std::move(*pattern));
    }
  }
  return patterns;
}

}  // namespace hookledger::rules
