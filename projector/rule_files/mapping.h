#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "projector/rule_files/problems.h"

namespace hookledger::rules {

/// Reads one mapping key by key. What nobody asked for is an unknown key, so a reader and its list of keys cannot
/// differ.
class Mapping {
 public:
  /// `what` is how messages name it: `a rule of kind expect`. A node that is no mapping is a problem, and has no keys.
  Mapping(const YamlNode& node, std::string what, Problems& problems);

  /// The value of `key`; null when it does not stand there.
  const YamlNode* find(std::string_view key);
  /// The same, and a problem when it does not: `example` is how it could be written.
  const YamlNode* require(std::string_view key, std::string_view example);
  /// Where `key` stands; where the mapping begins when it does not.
  Position at(std::string_view key) const;
  /// Once more is known of it.
  void rename(std::string what) { what_ = std::move(what); }
  /// To be called last: says which keys are unknown, and which there are.
  void finish();

 private:
  const YamlNode& node_;
  std::string what_;
  Problems& problems_;
  std::vector<std::string_view> known_;
};

}  // namespace hookledger::rules
