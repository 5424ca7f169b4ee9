#pragma once

#include <functional>
#include <memory>
#include <string>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/rules_change.h"
#include "projector/folding.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// `DATA/projection`: stores side by side, of which the file CURRENT names the live one.
/// Layout: schemas/state.md. The owner holds the folder's lock as long as it lives; one thread.
class ProjectionFolder {
 public:
  /// Makes the folder when absent and takes its lock. Removes stores that a crash left behind. `memory`: what its
  /// stores share with others; null: nothing. Errors: kInUse, kUnavailable.
  static Result<std::unique_ptr<ProjectionFolder>> own(const std::string& data_dir,
                                                       std::shared_ptr<const KeyValueMemory> memory = {});
  ~ProjectionFolder();
  ProjectionFolder(const ProjectionFolder&) = delete;
  ProjectionFolder& operator=(const ProjectionFolder&) = delete;

  struct Live {
    std::unique_ptr<CallStore> store;
    std::string discarded{};   ///< Why an older store was thrown away; empty when it was not.
    bool other_rules = false;  ///< It was made with other rules: the past was evaluated by these.
  };
  /// The live store. It starts empty when there is none or when the old one cannot be used: another format,
  /// other partitions, corrupt, or ahead of the log. One that was made with other rules is evaluated by these
  /// first (projector/rules_change.h). Errors: kUnavailable (the log too, where only it could say whether the store is
  /// ahead), kCorruption, kStopping.
  Result<Live> open_live(const LogReader& log, const RuleSet& rules, const Evaluation& evaluation = {});

  /// A new empty store beside the live one, named by nobody yet. One at a time.
  Result<std::unique_ptr<CallStore>> make_beside(const LogReader& log, const RuleSet& rules);
  /// Flushes and closes `beside` (from `make_beside`), lets CURRENT name it, durably and at once, and removes the
  /// old one, which the caller has closed. `open_live` opens it.
  Result<void> swap_in(std::unique_ptr<CallStore> beside);
  /// Removes what `make_beside` made; the caller has closed it.
  void discard_beside();

 private:
  ProjectionFolder(std::string folder, int lock, std::shared_ptr<const KeyValueMemory> memory);
  std::string path(const std::string& name) const;
  std::string next_name() const;
  Result<std::unique_ptr<CallStore>> open(const std::string& name, const StoreShape& shape, KeyValueUse use) const;
  Result<void> name_current(const std::string& name);
  void remove_all_but(const std::string& name) const;

  std::string folder_;
  int lock_;
  std::shared_ptr<const KeyValueMemory> memory_;
  std::string current_, beside_;
};

/// Where CURRENT says that the live store is; empty when it does not.
std::string live_store_folder(const std::string& data_dir);

}  // namespace hookledger
