#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/rule_files/problems.h"
#include "projector/rules/rule_spec.h"
#include "projector/rule_files/words.h"

/// Single values of a rule file. Each reader gives nothing and adds a problem when the node is not what `label` (the
/// key, as messages name it) needs; a null node gives nothing and adds none.
namespace hookledger::rules {

/// No rule waits longer, so that an event's time and a duration always add up.
inline constexpr Duration kDurationMax = std::chrono::days(366);
inline constexpr std::uint64_t kCountMax = 1'000'000;
inline constexpr std::size_t kSentenceBytesMax = 1000;
inline constexpr std::size_t kFieldsMax = 16;

/// Is it a scalar that YAML reads as text: quoted, or unlike a number or a boolean?
bool is_text(const YamlNode& node);

std::optional<std::string> read_text(const YamlNode* node, std::string_view label, std::string_view expected,
                                     Problems& problems);
/// One line of prose.
std::string read_sentence(const YamlNode* node, std::string_view label, Problems& problems);
/// With a unit, from `min` to a year.
std::optional<Duration> read_duration(const YamlNode* node, std::string_view label, Problems& problems,
                                      Duration min = Duration(1));
/// From 1 to a million.
std::optional<std::uint64_t> read_count(const YamlNode* node, std::string_view label, Problems& problems);
/// `20 %` or `0.2`: more than nothing, and less than all.
std::optional<double> read_ratio(const YamlNode* node, std::string_view label, Problems& problems);
std::optional<Field> read_field(const YamlNode* node, std::string_view label, Problems& problems);
/// Of an event, not of its call.
std::optional<Field> read_event_field(const YamlNode* node, std::string_view label, Problems& problems);
std::vector<Field> read_event_fields(const YamlNode* node, std::string_view label, Problems& problems);
/// By what it looks like: true or false, number, time, duration, text; quoted: text.
std::optional<Literal> read_literal(const YamlNode& node, std::string_view label, Problems& problems);

std::optional<std::size_t> read_choice(const YamlNode* node, std::string_view label,
                                       const std::vector<std::string_view>& names, Problems& problems);

template <class T, std::size_t kCount>
std::optional<T> read_word(const YamlNode* node, std::string_view label, const Words<T, kCount>& words,
                           Problems& problems) {
  const auto chosen = read_choice(node, label, names_of(words), problems);
  return chosen ? std::optional(words[*chosen].second) : std::nullopt;
}

inline std::optional<bool> read_flag(const YamlNode* node, std::string_view label, Problems& problems) {
  return read_word(node, label, kBooleans, problems);
}

}  // namespace hookledger::rules
