#pragma once

#include "projector/rule_files/catalogue.h"
#include "projector/rule_files/rule_file.h"

namespace hookledger::rules {

/// schemas/rules/calls.yaml and telemetry.yaml, put into the program by the build. Rule files of users come after them.
const std::vector<RuleFile>& shipped_packs();

/// Their rules.
const std::vector<RuleSpec>& shipped_rules();

/// schemas/rules/catalogue.yaml.
const std::vector<Failure>& shipped_catalogue();

}  // namespace hookledger::rules
