#include "projector/rule_files/rule_file.h"

#include <algorithm>
#include <map>

#include "projector/rule_files/mapping.h"
#include "projector/rule_files/rule_reader.h"
#include "projector/rule_files/values.h"

namespace hookledger::rules {
namespace {

constexpr std::string_view kFormat = "1";

/// One file, read into what the files before it gave.
class FileReader {
 public:
  FileReader(const RuleFile& file, LoadedRules& into, std::map<std::string, std::string>& home)
      : file_(file), into_(into), home_(home), problems_(file.name, file.text), contents_{file.name, {}, {}} {}

  void read() {
    const auto tree = read_yaml(file_.text);
    if (const auto* const fault = std::get_if<YamlFault>(&tree)) {
      problems_.add(fault->at, fault->message);
    } else {
      read_document(std::get<YamlNode>(tree));
    }
    for (RuleFileError& error : problems_.take()) into_.errors.push_back(std::move(error));
    into_.files.push_back(std::move(contents_));
  }

 private:
  void read_document(const YamlNode& root) {
    Mapping mapping(root, "a file of rules", problems_);
    if (root.kind != YamlNode::kMap) return;
    const YamlNode* const format = mapping.require("format", kFormat);
    if (format != nullptr && (format->kind != YamlNode::kScalar || format->quoted || format->text != kFormat)) {
      problems_.add(format->at, "format: this program reads format 1, " + got(*format));
      return;
    }
    const YamlNode* const rules = mapping.find("rules");
    const YamlNode* const tune = mapping.find("tune");
    if (rules == nullptr && tune == nullptr) problems_.add(root.at, "expected rules, tune or both, got neither");
    if (rules != nullptr) read_rules(*rules);
    if (tune != nullptr) {
      read_tuning(*tune, into_.rules, problems_);
      for (const YamlNode::Key& key : tune->keys) contents_.tuned.push_back(key.name);
    }
    mapping.finish();
  }

  void read_rules(const YamlNode& list) {
    if (list.kind != YamlNode::kList || list.items.empty()) {
      problems_.add(list.at, "rules: expected a list of rules, each beginning with `- rule: name`, " + got(list));
      return;
    }
    for (const YamlNode& item : list.items) {
      auto [rule, at] = read_rule(item, problems_);
      if (rule.name.empty()) continue;
      const auto [before, is_new] = home_.try_emplace(rule.name, file_.name);
      if (!is_new) {
        problems_.add(at, "rule: there is a rule " + quoted(rule.name) + " in " + before->second +
                              " already: give this one another name, or tune that one");
      } else {
        contents_.rules.push_back(rule.name);
        into_.rules.push_back(std::move(rule));
      }
    }
  }

  const RuleFile& file_;
  LoadedRules& into_;
  std::map<std::string, std::string>& home_;  ///< Of each rule, the file that it is in.
  Problems problems_;
  FileContents contents_;
};

}  // namespace

LoadedRules load_rule_files(const std::vector<RuleFile>& files) {
  LoadedRules loaded;
  std::map<std::string, std::string> home;
  for (const RuleFile& file : files) FileReader(file, loaded, home).read();
  return loaded;
}

}  // namespace hookledger::rules
