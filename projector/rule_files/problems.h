#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projector/rule_files/yaml_tree.h"

namespace hookledger::rules {

/// What is wrong with a rule file, and where; columns count characters.
struct RuleFileError {
  std::string file;
  Position at;
  std::string message;  ///< One sentence for the writer of the file: what was expected, and what stands there.
};

/// `FILE:LINE:COLUMN: message`, safe for a terminal.
std::string to_string(const RuleFileError& error);

/// Gathers what is wrong with one file while it is read to its end.
class Problems {
 public:
  static constexpr std::size_t kShownMax = 20;

  /// `text` is the file's, and must outlive this.
  Problems(std::string_view file, std::string_view text) : file_(file), text_(text) {}

  void add(Position at, std::string message);
  bool none() const { return count_ == 0; }
  /// How many there are: to see whether reading a part added some.
  std::size_t count() const { return count_; }
  /// In the order of the file, the first 20; then one that says how many more there are.
  std::vector<RuleFileError> take();

 private:
  std::string_view file_, text_;
  std::size_t count_ = 0;
  std::vector<RuleFileError> errors_;
};

/// `'soon'`: what a file says, cut and safe for a terminal.
std::string quoted(std::string_view text);
/// `got 'soon'`, `got a list`, `got nothing`.
std::string got(const YamlNode& node);
/// `a, b and c`, or another word in place of `and`.
std::string listed(const std::vector<std::string_view>& words, std::string_view last = "and");
/// The one of `words` that was most likely meant; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& words);
/// `: did you mean 'within'?`, or nothing.
std::string did_you_mean(std::string_view word, const std::vector<std::string_view>& words);

}  // namespace hookledger::rules
