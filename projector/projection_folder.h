#pragma once

#include <functional>
#include <memory>
#include <string>

#include "projector/call_store.h"

namespace hookledger {

/// `DATA/projection`: stores side by side, of which the file CURRENT names the live one.
/// Layout: schemas/state.md. The owner holds the folder's lock as long as it lives; one thread.
class ProjectionFolder {
 public:
  /// Makes the folder when absent and takes its lock. Removes stores that a crash left behind.
  /// Errors: kInUse, kUnavailable.
  static Result<std::unique_ptr<ProjectionFolder>> own(const std::string& data_dir);
  ~ProjectionFolder();
  ProjectionFolder(const ProjectionFolder&) = delete;
  ProjectionFolder& operator=(const ProjectionFolder&) = delete;

  struct Live {
    std::unique_ptr<CallStore> store;
    std::string discarded;  ///< Why an older store was thrown away; empty when it was not.
  };
  /// The live store. It starts empty when there is none, when the old one cannot be used (other format, other
  /// partitions, corrupt), or when `usable` (optional) says why not.
  Result<Live> open_live(std::uint32_t partitions, const std::function<std::string(const CallStore&)>& usable = {});

  /// A new empty store beside the live one, named by nobody yet. One at a time.
  Result<std::unique_ptr<CallStore>> make_beside(std::uint32_t partitions);
  /// Flushes `beside` (from `make_beside`), lets CURRENT name it, durably and at once, and removes the old
  /// one. Both must be closed afterwards: `beside` is, by this; the caller closes the old one before.
  Result<void> swap_in(std::unique_ptr<CallStore> beside);
  /// Removes what `make_beside` made; the caller has closed it.
  void discard_beside();

 private:
  ProjectionFolder(std::string folder, int lock);
  Result<std::unique_ptr<CallStore>> create(const std::string& name, std::uint32_t partitions);
  Result<void> name_current(const std::string& name);

  std::string folder_;
  int lock_;
  std::string current_, beside_;
};

/// The live store of a data dir as last flushed, beside a running owner or without one, with an overlay to fold
/// the log's tail into (`catch_up`); an empty overlay when there is none or it is of another format. Open it
/// before the log, so that the log knows every offset it covers. Errors: kCorruption, kUnavailable.
Result<std::unique_ptr<CallStore>> open_overlay(const std::string& data_dir, std::uint32_t partitions);

}  // namespace hookledger
