#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "projector/rules/rule_spec.h"

/// The words of the language, and what they stand for: schemas/rules/README.md.
namespace hookledger::rules {

template <class T, std::size_t kCount>
using Words = std::array<std::pair<std::string_view, T>, kCount>;

inline constexpr Words<Kind, 6> kKinds = {{{"expect", Kind::kExpect},
                                           {"forbid", Kind::kForbid},
                                           {"at-most", Kind::kAtMost},
                                           {"spread", Kind::kSpread},
                                           {"sequence", Kind::kSequence},
                                           {"rate", Kind::kRate}}};
inline constexpr Words<Scope, 4> kScopes = {
    {{"call", Scope::kCall}, {"leg", Scope::kLeg}, {"device", Scope::kDevice}, {"organization", Scope::kOrganization}}};
inline constexpr Words<Legs, 3> kLegs = {
    {{"all", Legs::kAll}, {"others", Legs::kOthers}, {"answering", Legs::kAnswering}}};
inline constexpr Words<Severity, 3> kSeverities = {
    {{"info", Severity::kInfo}, {"warning", Severity::kWarning}, {"critical", Severity::kCritical}}};
inline constexpr Words<LegState, 6> kLegStates = {{{"named", LegState::kNamed},
                                                   {"initiated", LegState::kInitiated},
                                                   {"ringing", LegState::kRinging},
                                                   {"answered", LegState::kAnswered},
                                                   {"bridged", LegState::kBridged},
                                                   {"ended", LegState::kEnded}}};
inline constexpr Words<CallState, 5> kCallStates = {{{"begun", CallState::kBegun},
                                                     {"ended", CallState::kEnded},
                                                     {"recorded", CallState::kRecorded},
                                                     {"organized", CallState::kOrganized},
                                                     {"active", CallState::kActive}}};
inline constexpr Words<Of, 4> kOfs = {
    {{"this", Of::kThis}, {"originator", Of::kOriginator}, {"winner", Of::kWinner}, {"peer", Of::kPeer}}};
inline constexpr Words<While, 4> kWhiles = {{{"call-open", While::kCallOpen},
                                             {"call-active", While::kCallActive},
                                             {"call-ended", While::kCallEnded},
                                             {"device-active", While::kDeviceActive}}};
inline constexpr Words<bool, 2> kReports = {{{"missing", false}, {"late", true}}};
inline constexpr Words<bool, 2> kBooleans = {{{"true", true}, {"false", false}}};
inline constexpr Words<Type, 4> kComparedAs = {
    {{"number", Type::kNumber}, {"time", Type::kTime}, {"duration", Type::kDuration}, {"text", Type::kText}}};
inline constexpr Words<Test, 10> kTests = {{{"present", Test::kPresent},
                                            {"eq", Test::kEqual},
                                            {"ne", Test::kNotEqual},
                                            {"lt", Test::kLess},
                                            {"le", Test::kLessOrEqual},
                                            {"gt", Test::kGreater},
                                            {"ge", Test::kGreaterOrEqual},
                                            {"in", Test::kIn},
                                            {"not-in", Test::kNotIn},
                                            {"names", Test::kNames}}};
inline constexpr Words<Known, 3> kKnowns = {
    {{"leg", Known::kLeg}, {"ended-leg", Known::kEndedLeg}, {"no-leg", Known::kNoLeg}}};

template <class T, std::size_t kCount>
std::vector<std::string_view> names_of(const Words<T, kCount>& words) {
  std::vector<std::string_view> names;
  for (const auto& [name, value] : words) names.push_back(name);
  return names;
}

template <class T, std::size_t kCount>
std::string_view word_for(const Words<T, kCount>& words, T value) {
  for (const auto& [name, each] : words) {
    if (each == value) return name;
  }
  return {};
}

}  // namespace hookledger::rules
