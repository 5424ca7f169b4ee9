#include "projector/projection_folder.h"

#include <algorithm>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/file.h>
#include <unistd.h>

#include "schemas/text.h"

namespace hookledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kNameDigits = 6;

bool is_store_name(std::string_view name) {
  return name.size() == kNameDigits &&
         std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::string folder_of(const std::string& data_dir) { return data_dir + "/projection"; }

/// Empty when CURRENT is absent or damaged.
std::string read_current(const std::string& folder) {
  std::ifstream file(folder + "/CURRENT");
  std::string name;
  std::getline(file, name);
  return is_store_name(name) ? name : std::string();
}

Error cannot(const std::string& what, int error) {
  return {ErrorCode::kUnavailable, "cannot " + what + ": " + std::strerror(error)};
}

/// Writes (`text` given) and syncs a file, or syncs a folder.
Result<void> sync(const std::string& path, int flags, std::string_view text = {}) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC, 0644);
  if (file < 0) return cannot("open " + path, errno);
  const bool written = text.empty() || ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  const bool done = written && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!done) return cannot("write " + path, error);
  return {};
}

/// A log that cannot be reached now may know no end: only one that can be read there shows that a store is ahead.
Result<void> check_not_ahead(const CallStore& store, const LogReader& log) {
  for (std::uint32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto covered = store.covered(partition);
    if (!covered) return covered.error();
    if (*covered == 0 || *covered <= log.end(partition)) continue;
    if (const auto read = log.scan(partition, *covered)->next(); !read) return read.error();
    if (*covered > log.end(partition)) return Error{ErrorCode::kInvalid, "it is ahead of the log"};
  }
  return {};
}

}  // namespace

std::string live_store_folder(const std::string& data_dir) {
  const std::string name = read_current(folder_of(data_dir));
  return name.empty() ? name : folder_of(data_dir) + "/" + name;
}

Result<std::unique_ptr<ProjectionFolder>> ProjectionFolder::own(const std::string& data_dir,
                                                                std::shared_ptr<const KeyValueMemory> memory) {
  const std::string folder = folder_of(data_dir);
  std::error_code failed;
  fs::create_directories(folder, failed);
  if (failed) return cannot("make " + folder, failed.value());
  const std::string path = folder + "/LOCK";
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return cannot("open " + path, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error{ErrorCode::kInUse, "the projection in " + data_dir + " is in use by another process: stop it first"};
  }
  return std::unique_ptr<ProjectionFolder>(new ProjectionFolder(folder, lock, std::move(memory)));
}

ProjectionFolder::ProjectionFolder(std::string folder, int lock, std::shared_ptr<const KeyValueMemory> memory)
    : folder_(std::move(folder)), lock_(lock), memory_(std::move(memory)), current_(read_current(folder_)) {
  remove_all_but(current_);
}

ProjectionFolder::~ProjectionFolder() { ::close(lock_); }

std::string ProjectionFolder::path(const std::string& name) const { return folder_ + "/" + name; }

std::string ProjectionFolder::next_name() const {
  const auto last = parse_unsigned(current_).value_or(0);
  const std::string digits = std::to_string((last + 1) % 1'000'000);
  return std::string(kNameDigits - digits.size(), '0') + digits;
}

void ProjectionFolder::remove_all_but(const std::string& name) const {
  std::error_code ignored;  // What stays is removed next time.
  for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string other = entry.path().filename();
    if (is_store_name(other) && other != name) fs::remove_all(entry.path(), ignored);
  }
}

Result<std::unique_ptr<CallStore>> ProjectionFolder::open(const std::string& name, const StoreShape& shape,
                                                          KeyValueUse use) const {
  auto bytes = open_key_value(path(name), use, memory_);
  if (!bytes) return bytes.error();
  return CallStore::make(std::move(*bytes), shape);
}

Result<ProjectionFolder::Live> ProjectionFolder::open_live(const LogReader& log, const RuleSet& rules,
                                                           const Evaluation& evaluation) {
  const StoreShape shape = make_shape(log.partitions(), rules);
  std::string discarded;
  if (!current_.empty()) {
    auto store = open(current_, shape, KeyValueUse::kLive);
    Result<void> fits = store ? check_not_ahead(**store, log) : Result<void>(store.error());
    const auto same = fits ? follow_rules(**store, log, rules, evaluation) : Result<bool>(fits.error());
    if (same) return Live{.store = std::move(*store), .other_rules = !*same};
    fits = same.error();
    const ErrorCode code = fits.error().code;
    if (code == ErrorCode::kUnavailable || code == ErrorCode::kStopping) return fits.error();
    discarded = fits.error().detail;
  }
  const std::string name = next_name();
  auto store = open(name, shape, KeyValueUse::kLive);
  if (!store) return store.error();
  if (const auto named = name_current(name); !named) return named.error();
  return Live{.store = std::move(*store), .discarded = std::move(discarded)};
}

Result<std::unique_ptr<CallStore>> ProjectionFolder::make_beside(const LogReader& log, const RuleSet& rules) {
  discard_beside();
  beside_ = next_name();
  return open(beside_, make_shape(log.partitions(), rules), KeyValueUse::kBulk);
}

Result<void> ProjectionFolder::swap_in(std::unique_ptr<CallStore> beside) {
  require(!beside_.empty(), "swap_in without make_beside");
  if (const auto flushed = beside->flush(); !flushed) return flushed.error();
  beside.reset();
  return name_current(std::exchange(beside_, {}));
}

void ProjectionFolder::discard_beside() {
  beside_.clear();
  remove_all_but(current_);
}

Result<void> ProjectionFolder::name_current(const std::string& name) {
  const std::string file = folder_ + "/CURRENT", written = file + ".new";
  if (auto synced = sync(written, O_WRONLY | O_CREAT | O_TRUNC, name + "\n"); !synced) return synced;
  if (std::rename(written.c_str(), file.c_str()) != 0) return cannot("rename " + written, errno);
  if (auto synced = sync(folder_, O_RDONLY | O_DIRECTORY); !synced) return synced;
  current_ = name;
  remove_all_but(current_);
  return {};
}

}  // namespace hookledger
