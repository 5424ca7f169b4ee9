#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "projector/rule_files/problems.h"
#include "projector/rules/rule_spec.h"

/// From the text of rule files to rules. Pure; any bytes may come in; at most 20 errors of a file come out.
namespace hookledger::rules {

/// A rule file, or a pack that comes with the program.
struct RuleFile {
  std::string name;  ///< As errors name it: a path.
  std::string text;
};

/// The names that one file is about.
struct FileContents {
  std::string name;                       ///< Of the file.
  std::vector<std::string> rules, tuned;  ///< In its order.
};

/// What files hold together.
struct LoadedRules {
  std::vector<RuleSpec> rules;        ///< In the order of the files. Only good when there are no errors.
  std::vector<RuleFileError> errors;  ///< Of all files.
  std::vector<FileContents> files;
};

/// Reads one file after the other. A later one may tune the rules of earlier ones; two rules of one name are an error.
LoadedRules load_rule_files(const std::vector<RuleFile>& files);

/// A hash of all that decides what is found and when: not of texts and severities, nor of rules that are off.
std::string fingerprint(const std::vector<RuleSpec>& rules);

}  // namespace hookledger::rules
