#include "projector/rule_files/values.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "projector/rule_files/fields.h"
#include "schemas/text.h"

namespace hookledger::rules {
namespace {

using std::string_literals::operator""s;

std::string prefixed(std::string_view label, const std::string& message) { return std::string(label) + ": " + message; }

bool is_plain(const YamlNode& node) { return node.kind == YamlNode::kScalar && !node.quoted; }
bool is_boolean(std::string_view text) { return text == "true" || text == "false"; }

/// What YAML's core schema takes for a number.
bool looks_like_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0o")) {
    const std::string_view digits = text.starts_with("0x") ? "0123456789abcdefABCDEF" : "01234567";
    return text.size() > 2 && text.find_first_not_of(digits, 2) == std::string_view::npos;
  }
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text == ".inf" || text == ".Inf" || text == ".INF" || text == ".nan" || text == ".NaN" || text == ".NAN")
    return true;
  double number = 0;
  const char* const end = text.data() + text.size();
  if (text.empty() || (text.front() != '.' && (text.front() < '0' || text.front() > '9'))) return false;
  const auto [at, error] = std::from_chars(text.data(), end, number);
  return at == end && error != std::errc::invalid_argument;
}

std::optional<double> parse_number(std::string_view text) {
  if (!looks_like_number(text)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, number);
  if (at != end || error != std::errc() || !std::isfinite(number)) return std::nullopt;
  return number;
}

/// With a unit.
std::optional<Duration> parse_length(std::string_view text) {
  if (text.empty() || (text.back() >= '0' && text.back() <= '9')) return std::nullopt;
  return parse_duration(text);
}

std::optional<Field> read_field(const YamlNode* node, std::string_view label, bool event_only, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  const bool scalar = node->kind == YamlNode::kScalar;
  if (scalar) {
    if (auto field = parse_field(node->text)) return field;
  }
  std::string message = "expected a field, " + got(*node);
  if (scalar && node->text.starts_with('/')) {
    message += ": in a JSON Pointer ~ is written ~0";
  } else {
    const auto names = field_names(event_only);
    if (scalar) message += did_you_mean(node->text, names);
    message += " (a JSON Pointer into what the event carries, such as /platform, or " + listed(names, "or") + ")";
  }
  problems.add(node->at, prefixed(label, message));
  return std::nullopt;
}

}  // namespace

bool is_text(const YamlNode& node) {
  return node.kind == YamlNode::kScalar && (node.quoted || (!is_boolean(node.text) && !looks_like_number(node.text)));
}

std::optional<std::string> read_text(const YamlNode* node, std::string_view label, std::string_view expected,
                                     Problems& problems) {
  if (node == nullptr) return std::nullopt;
  if (is_text(*node) && !node->text.empty()) return node->text;
  const char* const advice = node->kind == YamlNode::kScalar && !node->quoted ? ": put it in quotes" : "";
  problems.add(node->at, prefixed(label, "expected " + std::string(expected) + ", " + got(*node) + advice));
  return std::nullopt;
}

std::string read_sentence(const YamlNode* node, std::string_view label, Problems& problems) {
  auto text = read_text(node, label, "a sentence", problems);
  if (!text) return {};
  while (text->ends_with('\n')) text->pop_back();  // Of a block.
  if (text->find_first_of("\n\r\t") != std::string::npos) {
    problems.add(node->at, prefixed(label, "expected one line: begin the text with >- to write it on several"));
  }
  if (text->size() > kSentenceBytesMax) {
    problems.add(node->at, prefixed(label, "longer than " + std::to_string(kSentenceBytesMax) + " bytes: shorten it"));
  }
  return *text;
}

std::optional<Duration> read_duration(const YamlNode* node, std::string_view label, Problems& problems, Duration min) {
  if (node == nullptr) return std::nullopt;
  const auto duration = node->kind == YamlNode::kScalar ? parse_length(node->text) : std::nullopt;
  if (!duration) {
    problems.add(node->at, prefixed(label, "expected a duration such as 5s, 500ms or 4h5m, " + got(*node)));
  } else if (*duration < min || *duration > kDurationMax) {
    const std::string bounds = (min > Duration(0) ? "more than 0s and "s : ""s) + "at most 366d";
    problems.add(node->at, prefixed(label, "expected " + bounds + ", " + got(*node)));
  } else {
    return duration;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> read_count(const YamlNode* node, std::string_view label, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  const auto count = is_plain(*node) ? parse_unsigned(node->text) : std::nullopt;
  if (count && *count >= 1 && *count <= kCountMax) return count;
  problems.add(node->at,
               prefixed(label, "expected a whole number from 1 to " + std::to_string(kCountMax) + ", " + got(*node)));
  return std::nullopt;
}

std::optional<double> read_ratio(const YamlNode* node, std::string_view label, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  std::optional<double> ratio;
  if (node->kind == YamlNode::kScalar) {
    std::string_view text = node->text;
    const bool percent = text.ends_with('%');
    if (percent) {
      text.remove_suffix(1);
      if (text.ends_with(' ')) text.remove_suffix(1);
    }
    if (percent || !node->quoted) ratio = parse_number(text);
    if (ratio && percent) *ratio /= 100;
  }
  if (ratio && *ratio > 0 && *ratio < 1) return ratio;
  problems.add(node->at, prefixed(label, "expected a ratio between 0 and 1 such as 20 % or 0.2, " + got(*node)));
  return std::nullopt;
}

std::optional<Field> read_field(const YamlNode* node, std::string_view label, Problems& problems) {
  return read_field(node, label, false, problems);
}

std::optional<Field> read_event_field(const YamlNode* node, std::string_view label, Problems& problems) {
  auto field = read_field(node, label, true, problems);
  if (!field || !of_call(*field)) return field;
  problems.add(node->at, prefixed(label, to_string(*field) + " is of the call, expected a field of the event"));
  return std::nullopt;
}

std::vector<Field> read_event_fields(const YamlNode* node, std::string_view label, Problems& problems) {
  std::vector<Field> fields;
  if (node == nullptr) return fields;
  if (node->kind != YamlNode::kList || node->items.empty()) {
    problems.add(node->at, prefixed(label, "expected a list of fields such as [device_id], " + got(*node)));
    return fields;
  }
  if (node->items.size() > kFieldsMax) {
    problems.add(node->at,
                 prefixed(label, "more than " + std::to_string(kFieldsMax) + " fields: name those that matter"));
    return fields;
  }
  for (const YamlNode& item : node->items) {
    auto field = read_event_field(&item, label, problems);
    if (!field) continue;
    if (std::ranges::find(fields, *field) != fields.end()) {
      problems.add(item.at, prefixed(label, to_string(*field) + " stands there twice: remove one"));
    }
    fields.push_back(std::move(*field));
  }
  return fields;
}

std::optional<Literal> read_literal(const YamlNode& node, std::string_view label, Problems& problems) {
  if (node.kind != YamlNode::kScalar) {
    const char* const advice = node.kind == YamlNode::kList ? ": one of several is {in: [a, b]}" : "";
    problems.add(node.at, prefixed(label, "expected a value, " + got(node) + advice));
    return std::nullopt;
  }
  if (node.quoted) return Literal(node.text);
  if (is_boolean(node.text)) return Literal(node.text == "true");
  if (looks_like_number(node.text)) {
    const auto number = parse_number(node.text);
    if (!number) problems.add(node.at, prefixed(label, "expected a decimal number, " + got(node)));
    return number ? std::optional<Literal>(*number) : std::nullopt;
  }
  if (const auto time = parse_time(node.text)) return Literal(*time);
  if (const auto duration = parse_length(node.text)) return Literal(*duration);
  return Literal(node.text);
}

std::optional<std::size_t> read_choice(const YamlNode* node, std::string_view label,
                                       const std::vector<std::string_view>& names, Problems& problems) {
  if (node == nullptr) return std::nullopt;
  const bool boolean = names.front() == "true";
  std::string advice;
  if (node->kind == YamlNode::kScalar) {
    const auto found = std::ranges::find(names, node->text);
    const bool known = found != names.end();
    if (known && !(boolean && node->quoted)) return static_cast<std::size_t>(found - names.begin());
    advice = known ? ": take it out of the quotes" : did_you_mean(node->text, names);
  }
  const std::string_view expected = names.size() > 2 ? "expected one of " : "expected ";
  problems.add(node->at, prefixed(label, std::string(expected) + listed(names, "or") + ", " + got(*node) + advice));
  return std::nullopt;
}

}  // namespace hookledger::rules
