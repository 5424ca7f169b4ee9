#include "projector/rule_files/mapping.h"

#include <algorithm>

namespace hookledger::rules {

Mapping::Mapping(const YamlNode& node, std::string what, Problems& problems)
    : node_(node), what_(std::move(what)), problems_(problems) {
  if (node_.kind != YamlNode::kMap) problems_.add(node_.at, "expected " + what_ + ", " + got(node_));
}

const YamlNode* Mapping::find(std::string_view key) {
  known_.push_back(key);
  const auto found = std::ranges::find(node_.keys, key, &YamlNode::Key::name);
  if (found == node_.keys.end()) return nullptr;
  return &node_.items[static_cast<std::size_t>(found - node_.keys.begin())];
}

const YamlNode* Mapping::require(std::string_view key, std::string_view example) {
  const YamlNode* const value = find(key);
  if (value == nullptr && node_.kind == YamlNode::kMap) {
    const std::string name(key);
    problems_.add(node_.at, name + " is missing: add for example `" + name + ": " + std::string(example) + "`");
  }
  return value;
}

Position Mapping::at(std::string_view key) const {
  const auto found = std::ranges::find(node_.keys, key, &YamlNode::Key::name);
  return found == node_.keys.end() ? node_.at : found->at;
}

void Mapping::finish() {
  for (const YamlNode::Key& key : node_.keys) {
    if (std::ranges::find(known_, key.name) != known_.end()) continue;
    problems_.add(key.at, "unknown key " + quoted(key.name) + did_you_mean(key.name, known_) + " (" + what_ + " has " +
                              listed(known_) + ")");
  }
}

}  // namespace hookledger::rules
