#include "projector/projection_view.h"

#include "projector/projection_folder.h"
#include "projector/rules_change.h"

namespace hookledger {
namespace {

constexpr int kOpenAttempts = 10;

/// The live store's files, or none when there is no live store.
Result<std::unique_ptr<KeyValue>> open_live_bytes(const std::string& data_dir) {
  // A rebuild may swap another store in between reading the name and opening it.
  for (int attempt = 0; attempt < kOpenAttempts; ++attempt) {
    const std::string folder = live_store_folder(data_dir);
    auto bytes = open_key_value_overlay(folder);
    if (bytes || folder == live_store_folder(data_dir)) return bytes;
  }
  return Error{ErrorCode::kUnavailable, "the projection is being replaced: try again"};
}

}  // namespace

Result<ProjectionView> open_view(const std::string& data_dir, const RuleSet& rules,
                                 const std::function<Result<std::unique_ptr<LogReader>>()>& open_log,
                                 const std::function<void(const FoldProgress&)>& progress) {
  auto bytes = open_live_bytes(data_dir);
  // The log comes second, so that it knows every offset that the store covers.
  auto log = open_log();
  if (!log) return log.error();
  const StoreShape shape = make_shape((*log)->partitions(), rules);
  auto store = bytes ? CallStore::make(std::move(*bytes), shape) : Result<std::unique_ptr<CallStore>>(bytes.error());
  std::string discarded;
  if (!store && store.error().code != ErrorCode::kUnavailable) {
    discarded = store.error().detail;
    auto empty = open_key_value_overlay({});
    if (!empty) return empty.error();
    store = CallStore::make(std::move(*empty), shape);
  }
  if (!store) return store.error();
  const auto same = follow_rules(**store, **log, rules, {.progress = progress});
  if (!same) return same.error();
  if (const auto folded = catch_up(**store, **log, rules, 1, progress); !folded) return folded.error();
  return ProjectionView{std::move(*log), std::move(*store), std::move(discarded), !*same};
}

}  // namespace hookledger
