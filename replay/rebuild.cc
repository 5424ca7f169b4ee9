#include "replay/rebuild.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "projector/projection_folder.h"
#include "projector/projection_view.h"

namespace hookledger {
namespace {

/// A folder of our own in the system's place for temporary files, gone with this object.
class TemporaryFolder {
 public:
  static Result<std::unique_ptr<TemporaryFolder>> make() {
    std::error_code failed;
    std::string path = (std::filesystem::temp_directory_path(failed) / "hookledger-rebuild-XXXXXX").string();
    if (failed || mkdtemp(path.data()) == nullptr) {
      return Error{ErrorCode::kUnavailable, "cannot make a temporary folder " + path + ": " + std::strerror(errno)};
    }
    return std::unique_ptr<TemporaryFolder>(new TemporaryFolder(std::move(path)));
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path(const std::string& name) const { return path_ + "/" + name; }

 private:
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

/// Remembers how much there was to fold.
std::function<void(const FoldProgress&)> noting_total(std::uint64_t& total,
                                                      const std::function<void(const FoldProgress&)>& progress) {
  return [&](const FoldProgress& now) {
    total = now.total;
    if (progress) progress(now);
  };
}

Result<Rebuilt> fold_beside(CallStore& store, const LogReader& log, const RuleSet& rules, unsigned threads,
                            const std::function<void(const FoldProgress&)>& progress) {
  Rebuilt rebuilt;
  const auto folded = catch_up(store, log, rules, threads, noting_total(rebuilt.records, progress));
  if (!folded) return folded.error();
  auto digest = store.digest();
  if (!digest) return digest.error();
  rebuilt.digest = std::move(*digest);
  return rebuilt;
}

/// The store's keys that the records determine: calls and index entries.
class StateScan {
 public:
  explicit StateScan(const CallStore& store) : scan_(store.bytes().scan("", "\xff")) {}

  /// False at the end.
  Result<bool> next() {
    while (true) {
      const auto more = scan_->next();
      if (!more || !*more) return more;
      if (is_state(scan_->key())) return true;
    }
  }
  std::string_view key() const { return scan_->key(); }
  std::string_view value() const { return scan_->value(); }

 private:
  static bool is_state(std::string_view key) {
    return key.front() != state_key::format().front() && key.front() != state_key::covered(0).front();
  }

  std::unique_ptr<KeyValue::Scan> scan_;
};

void note_difference(RebuildComparison& comparison, std::string_view key) {
  if (!state_key::is_call(key)) {
    ++comparison.differing_entries;
  } else if (comparison.differing_calls++ < RebuildComparison::kCallsMax) {
    comparison.call_ids.emplace_back(key.substr(state_key::calls().size()));
  }
}

/// What is damaged in the live store is a difference like any other.
Result<void> note_unreadable(const Error& error, RebuildComparison& comparison) {
  if (error.code != ErrorCode::kCorruption) return error;
  comparison.unreadable = error.detail;
  return {};
}

Result<void> compare(const CallStore& live, const CallStore& fresh, RebuildComparison& comparison) {
  auto live_digest = live.digest();
  if (!live_digest) return note_unreadable(live_digest.error(), comparison);
  comparison.live_digest = std::move(*live_digest);
  StateScan left(live), right(fresh);
  Result<bool> more_left = left.next(), more_right = right.next();
  while (more_left && more_right && (*more_left || *more_right)) {
    const int order = !*more_left ? 1 : !*more_right ? -1 : left.key().compare(right.key());
    if (order != 0 || left.value() != right.value()) note_difference(comparison, order <= 0 ? left.key() : right.key());
    if (order <= 0) more_left = left.next();
    if (order >= 0) more_right = right.next();
  }
  if (!more_left) return note_unreadable(more_left.error(), comparison);
  if (!more_right) return more_right.error();
  return {};
}

Result<RebuildComparison> compare_once(const std::string& data_dir, const RuleSet& rules,
                                       const std::function<Result<std::unique_ptr<LogReader>>()>& open_log,
                                       unsigned threads, const std::function<void(const FoldProgress&)>& progress) {
  RebuildComparison comparison;
  comparison.had_live = !live_store_folder(data_dir).empty();
  const auto view = open_view(data_dir, rules, open_log);
  if (!view) return view.error();
  const auto temporary = TemporaryFolder::make();
  if (!temporary) return temporary.error();
  auto bytes = open_key_value((*temporary)->path("store"), KeyValueUse::kBulk);
  if (!bytes) return bytes.error();
  const auto fresh = CallStore::make(std::move(*bytes), make_shape(view->log->partitions(), rules));
  if (!fresh) return fresh.error();
  const auto rebuilt = fold_beside(**fresh, *view->log, rules, threads, progress);
  if (!rebuilt) return rebuilt.error();
  comparison.records = rebuilt->records;
  comparison.fresh_digest = rebuilt->digest;
  comparison.unreadable = view->discarded;
  if (!comparison.unreadable.empty()) return comparison;  // The view is a fresh fold itself.
  if (auto compared = compare(*view->store, **fresh, comparison); !compared) return compared.error();
  return comparison;
}

}  // namespace

Result<Rebuilt> rebuild(const std::string& data_dir, const LogReader& log, const RuleSet& rules, unsigned threads,
                        const std::function<void(const FoldProgress&)>& progress) {
  auto folder = ProjectionFolder::own(data_dir);
  if (!folder && folder.error().code == ErrorCode::kInUse) {
    return Error{ErrorCode::kInUse, "the projection in " + data_dir +
                                        " is in use by another hookledger: stop it first, or compare with --verify"};
  }
  if (!folder) return folder.error();
  auto store = (*folder)->make_beside(log, rules);
  if (!store) return store.error();
  auto rebuilt = fold_beside(**store, log, rules, threads, progress);
  if (!rebuilt) {
    store->reset();
    (*folder)->discard_beside();
    return rebuilt.error();
  }
  if (auto swapped = (*folder)->swap_in(std::move(*store)); !swapped) {
    (*folder)->discard_beside();
    return swapped.error();
  }
  return rebuilt;
}

Result<RebuildComparison> rebuild_verify(const std::string& data_dir, const RuleSet& rules,
                                         const std::function<Result<std::unique_ptr<LogReader>>()>& open_log,
                                         unsigned threads, const std::function<void(const FoldProgress&)>& progress) {
  auto comparison = compare_once(data_dir, rules, open_log, threads, progress);
  if (!comparison || comparison->equal()) return comparison;
  // Retention removes calls before their records, so a server may have stood between the two: look again.
  return compare_once(data_dir, rules, open_log, threads, progress);
}

}  // namespace hookledger
