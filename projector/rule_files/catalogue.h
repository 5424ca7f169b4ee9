#pragma once

#include <string>
#include <vector>

#include "projector/rule_files/rule_file.h"

namespace hookledger::rules {

/// A row of the failure catalogue: something that went wrong in the field, and what is done about it.
struct Failure {
  std::string id, title;
  std::vector<std::string> how;  ///< P, D, R, T: schemas/rules/catalogue.yaml says what they mean.
  std::string field;             ///< What went wrong.
  std::string watches, what_to_do;
  std::vector<std::string> rules;  ///< That answer it.
};

struct Catalogue {
  std::vector<Failure> failures;
  std::vector<RuleFileError> errors;
};

Catalogue load_catalogue(const RuleFile& file);

}  // namespace hookledger::rules
