#include "projector/rule_files/catalogue.h"

#include "projector/rule_files/mapping.h"
#include "projector/rule_files/values.h"

namespace hookledger::rules {
namespace {

std::vector<std::string> read_texts(const YamlNode* list, std::string_view label, Problems& problems) {
  std::vector<std::string> texts;
  if (list == nullptr) return texts;
  if (list->kind != YamlNode::kList) problems.add(list->at, std::string(label) + ": expected a list, " + got(*list));
  for (const YamlNode& item : list->items) {
    if (auto text = read_text(&item, label, "a word", problems)) texts.push_back(std::move(*text));
  }
  return texts;
}

Failure read_failure(const YamlNode& node, Problems& problems) {
  Mapping mapping(node, "a failure", problems);
  Failure failure;
  failure.id = read_sentence(mapping.require("id", "RC-BE-2"), "id", problems);
  failure.title = read_sentence(mapping.require("title", "Devices ring on"), "title", problems);
  failure.how = read_texts(mapping.require("how", "[D]"), "how", problems);
  failure.field = read_sentence(mapping.require("field", "What went wrong."), "field", problems);
  failure.watches = read_sentence(mapping.require("watches", "What looks for it."), "watches", problems);
  failure.what_to_do = read_sentence(mapping.require("do", "What to do."), "do", problems);
  failure.rules = read_texts(mapping.require("rules", "[]"), "rules", problems);
  mapping.finish();
  return failure;
}

}  // namespace

Catalogue load_catalogue(const RuleFile& file) {
  Catalogue catalogue;
  Problems problems(file.name, file.text);
  const auto tree = read_yaml(file.text);
  if (const auto* const fault = std::get_if<YamlFault>(&tree)) {
    problems.add(fault->at, fault->message);
  } else {
    Mapping mapping(std::get<YamlNode>(tree), "the catalogue", problems);
    mapping.require("format", "1");
    if (const YamlNode* const failures = mapping.require("failures", "[]")) {
      for (const YamlNode& failure : failures->items) catalogue.failures.push_back(read_failure(failure, problems));
    }
    mapping.finish();
  }
  catalogue.errors = problems.take();
  return catalogue;
}

}  // namespace hookledger::rules
