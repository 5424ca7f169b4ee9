#include "projector/rule_files/problems.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "schemas/text.h"
#include "schemas/utf8.h"

namespace hookledger::rules {
namespace {

constexpr std::size_t kBytesQuotedMax = 60;

/// As an editor counts.
std::size_t column_in_characters(std::string_view text, Position at) {
  for (std::size_t line = 1; line < at.line; ++line) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return at.column;
    text.remove_prefix(end + 1);
  }
  std::size_t column = 1;
  for (std::size_t bytes = 1; bytes < at.column && !text.empty(); ++column) {
    const std::size_t size = first_utf8_char(text).size;
    bytes += size;
    text.remove_prefix(size);
  }
  return column;
}

/// How many letters must be put in, taken out or replaced to make one word of the other.
std::size_t edits(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::string to_string(const RuleFileError& error) {
  return printable(error.file) + ':' + std::to_string(error.at.line) + ':' + std::to_string(error.at.column) + ": " +
         error.message;
}

void Problems::add(Position at, std::string message) {
  ++count_;
  RuleFileError error{std::string(file_), at, std::move(message)};
  const auto place = [](const RuleFileError& each) { return std::pair(each.at.line, each.at.column); };
  const auto before = std::ranges::upper_bound(errors_, place(error), {}, place);
  errors_.insert(before, std::move(error));
  if (errors_.size() > kShownMax) errors_.pop_back();
}

std::vector<RuleFileError> Problems::take() {
  for (RuleFileError& error : errors_) error.at.column = column_in_characters(text_, error.at);
  if (count_ > errors_.size()) {
    const std::string more = "and " + std::to_string(count_ - errors_.size()) + " more errors further down";
    errors_.push_back({std::string(file_), errors_.back().at, more});
  }
  return std::move(errors_);
}

std::string quoted(std::string_view text) {
  const bool cut = text.size() > kBytesQuotedMax;
  while (cut && text.size() > kBytesQuotedMax) {
    // Not in the middle of a character.
    std::size_t end = kBytesQuotedMax;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end);
  }
  return "'" + printable(text) + (cut ? "…'" : "'");
}

std::string got(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::kNothing: return "got nothing";
    case YamlNode::kScalar: return "got " + quoted(node.text);
    case YamlNode::kList: return node.items.empty() ? "got an empty list" : "got a list";
    case YamlNode::kMap: return node.items.empty() ? "got an empty mapping" : "got a mapping";
  }
  return {};
}

std::string listed(const std::vector<std::string_view>& words, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out.append(i + 1 == words.size() ? " " + std::string(last) + " " : ", ");
    out += words[i];
  }
  return out;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words) {
  constexpr std::size_t kWordMax = 64;
  if (word.size() > kWordMax) return {};
  std::size_t fewest = std::max<std::size_t>(1, word.size() / 3) + 1;
  std::string_view best;
  for (const std::string_view candidate : words) {
    const std::size_t needed = edits(word, candidate);
    if (needed >= fewest) continue;
    fewest = needed;
    best = candidate;
  }
  return best;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& words) {
  const std::string_view best = nearest(word, words);
  return best.empty() ? std::string() : ": did you mean '" + std::string(best) + "'?";
}

}  // namespace hookledger::rules
