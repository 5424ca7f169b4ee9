#include "tests/bench/rule_pack.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "projector/rule_files/shipped.h"

namespace hookledger::bench {
namespace {

struct Shape {
  std::string_view text;  ///< A `$` stands for a number from 1, a `@` for a pointer.
  bool noted = false;
};

constexpr Shape kShapes[] = {
    {"kind: expect, scope: leg, when: {leg: initiated}, then: {leg: ended}, within: 7h$m"},
    {"kind: expect, scope: leg, legs: others, when: {leg: answered}, then: [{leg: bridged}, {leg: ended}], within: "
     "7h$m"},
    {"kind: expect, scope: leg, when: {leg: ended, of: peer}, then: {leg: ended}, within: 7h$m"},
    {"kind: expect, when: {call: begun}, then: {call: ended}, within: 7h$m"},
    {"kind: at-most, max: 1$, of: {leg: answered}, until: {leg: ended}"},
    {"kind: expect, if: {event: call.initiated, where: {direction: incoming}}, when: {call: begun}, "
     "then: {call: ended}, within: 7h$m"},
    {"kind: expect, scope: leg, while: call-active, when: {leg: answered}, then: {leg: ended}, within: 7h$m"},
    {"kind: expect, when: {event: call.answered}, then: {event: call.hangup}, same: [leg_id], within: 7h$m"},
    {"kind: expect, when: {event: call.initiated, where: {@: {present: true}}}, then: {event: call.hangup}, "
     "within: 7h$m"},
    {"kind: forbid, event: {event: call.initiated, where: {@: none}}, until: {event: call.hangup}"},
    {"kind: forbid, event: {event: 'call.*', where: {lag: {gt: 9h$m}}}", true},
    {"kind: at-most, max: 1$, of: {event: call.initiated}, until: {event: call.hangup}, by: /call_leg_id"},
    {"kind: spread, of: {leg: answered}, max: 7h$m", true},
    {"kind: sequence, scope: leg, when: {leg: initiated}, then: {leg: ended}, within: $ms", true},
    {"kind: rate, scope: organization, of: {event: call.hangup, where: {hangup_cause: call_rejected}}, "
     "to: {event: call.answered}, over: 10m, above: 1$ %"},
};
/// Of a Telnyx call.initiated.
constexpr std::string_view kPointers[] = {"/state", "/connection_id", "/caller_id_name", "/offered_codecs"};

std::string made_rule(std::size_t number) {
  const Shape& shape = kShapes[number % std::size(kShapes)];
  const std::size_t variant = number / std::size(kShapes);
  std::string rule = "  - {rule: made-" + std::to_string(number) + ", ";
  for (const char c : shape.text) {
    if (c == '$') {
      rule += std::to_string(variant + 1);
    } else if (c == '@') {
      rule += kPointers[variant % std::size(kPointers)];
    } else {
      rule += c;
    }
  }
  rule += ", summary: It is measured., action: Read the figures., opens: A call is unlike all others.";
  return rule + (shape.noted ? "}\n" : ", ends: It is like them again.}\n");
}

}  // namespace

std::vector<rules::RuleSpec> rule_pack() {
  const auto shipped = std::ranges::count(rules::shipped_rules(), true, &rules::RuleSpec::enabled);
  std::string text = "format: 1\nrules:\n";
  for (std::size_t i = 0; i + static_cast<std::size_t>(shipped) < kPackRules; ++i) text += made_rule(i);
  std::vector<rules::RuleFile> files = rules::shipped_packs();
  files.push_back({"made.yaml", std::move(text)});
  rules::LoadedRules loaded = rules::load_rule_files(files);
  if (!loaded.errors.empty()) throw std::runtime_error(to_string(loaded.errors.front()));
  return std::move(loaded.rules);
}

}  // namespace hookledger::bench
