#include "projector/rule_files/shipped.h"

#include "projector/rule_files/shipped_texts.h"
#include "schemas/error.h"

namespace hookledger::rules {

const std::vector<RuleFile>& shipped_packs() {
  static const std::vector<RuleFile> packs = {{"schemas/rules/calls.yaml", std::string(kCallsPack)},
                                              {"schemas/rules/telemetry.yaml", std::string(kTelemetryPack)}};
  return packs;
}

const std::vector<RuleSpec>& shipped_rules() {
  static const LoadedRules loaded = load_rule_files(shipped_packs());
  require(loaded.errors.empty(), "a shipped pack of rules is wrong");
  return loaded.rules;
}

const std::vector<Failure>& shipped_catalogue() {
  static const Catalogue catalogue = load_catalogue({"schemas/rules/catalogue.yaml", std::string(kCatalogue)});
  require(catalogue.errors.empty(), "the shipped catalogue is wrong");
  return catalogue.failures;
}

}  // namespace hookledger::rules
