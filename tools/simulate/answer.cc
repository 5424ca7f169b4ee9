#include "tools/simulate/answer.h"

#include <algorithm>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::size_t kHeadBytesMax = 16U << 10;
constexpr std::size_t kBodyBytesMax = 1U << 20;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equal_ignoring_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

/// Calls `field(name, value)` for every header line.
template <class Field>
void for_each_field(std::string_view lines, const Field& field) {
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find("\r\n"));
    lines.remove_prefix(std::min(line.size() + 2, lines.size()));
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) field(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
}

}  // namespace

AnswerState parse_answer(std::string_view bytes, Answer& answer) {
  const std::size_t head = bytes.substr(0, kHeadBytesMax).find("\r\n\r\n");
  if (head == std::string_view::npos)
    return bytes.size() < kHeadBytesMax ? AnswerState::kIncomplete : AnswerState::kBroken;
  const std::string_view lines = bytes.substr(0, head);
  if (lines.size() < 12 || !lines.starts_with("HTTP/1.")) return AnswerState::kBroken;
  const auto status = parse_unsigned(lines.substr(9, 3));
  if (!status) return AnswerState::kBroken;

  answer = Answer{.status = static_cast<unsigned>(*status)};
  std::optional<std::uint64_t> length;
  for_each_field(lines.substr(std::min(lines.find("\r\n"), lines.size())), [&](auto name, auto value) {
    if (equal_ignoring_case(name, "content-length")) {
      length = parse_unsigned(value);
    } else if (equal_ignoring_case(name, "connection")) {
      answer.keep_alive = !equal_ignoring_case(value, "close");
    } else if (equal_ignoring_case(name, "retry-after")) {
      if (const auto seconds = parse_unsigned(value))
        answer.retry_after = std::chrono::seconds(std::min<std::uint64_t>(*seconds, 3600));
    }
  });
  if (!length) {
    answer.keep_alive = false;
    return AnswerState::kComplete;
  }
  if (*length > kBodyBytesMax) return AnswerState::kBroken;
  const std::size_t begin = head + 4;
  if (bytes.size() - begin < *length) return AnswerState::kIncomplete;
  answer.body = bytes.substr(begin, *length);
  return AnswerState::kComplete;
}

}  // namespace hookledger
