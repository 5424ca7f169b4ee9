#include "replay/redelivery/job_folder.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/file.h>
#include <unistd.h>

namespace hookledger {
namespace {

namespace fs = std::filesystem;

const std::string kJob = "job.json", kProgress = "progress.json", kLock = "LOCK";

Error cannot(const std::string& what, int error) {
  return {ErrorCode::kUnavailable, "cannot " + what + ": " + std::strerror(error) +
                                       "; the progress of a redelivery is kept there, --state names another folder"};
}

Result<void> sync_file(const std::string& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return cannot("open " + path, errno);
  bool written = true;
  while (written && !text.empty()) {
    const ssize_t count = ::write(file, text.data(), text.size());
    written = count > 0;
    if (written) text.remove_prefix(static_cast<std::size_t>(count));
  }
  written = written && ::fsync(file) == 0;
  const int error = errno;
  ::close(file);
  if (!written) return cannot("write " + path, error);
  return {};
}

Result<void> sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = folder >= 0 && ::fsync(folder) == 0;
  const int error = errno;
  if (folder >= 0) ::close(folder);
  if (!synced) return cannot("sync " + path, error);
  return {};
}

}  // namespace

Result<std::unique_ptr<JobFolder>> JobFolder::open(const std::string& path) {
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return cannot("make " + path, failed.value());
  const std::string file = path + "/" + kLock;
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return cannot("open " + file, errno);
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return Error{ErrorCode::kInUse, "this redelivery is running already: wait for it, or stop it and start it again"};
  }
  return std::unique_ptr<JobFolder>(new JobFolder(path, lock));
}

JobFolder::~JobFolder() {
  std::error_code ignored;
  if (!fs::exists(file(kJob), ignored)) remove();
  ::close(lock_);
}

Result<std::optional<JobFolder::Stored>> JobFolder::load() const {
  const auto text = read(kJob), done = read(kProgress);
  if (!text) return text.error();
  if (!done) return done.error();
  if (!*text) return std::optional<Stored>();
  auto job = decode_job(**text);
  if (!job) return job.error();
  JobProgress progress{.done = std::vector<OffsetSet>(job->ends.size())};
  if (*done) {
    auto stored = decode_job_progress(**done, job->ends.size());
    if (!stored) return stored.error();
    progress = std::move(*stored);
  }
  return std::optional(Stored{std::move(*job), std::move(progress)});
}

Result<void> JobFolder::begin(const Job& job) {
  // The progress of a job before must not be taken for this one's.
  if (::unlink((file(kProgress)).c_str()) != 0 && errno != ENOENT) return cannot("clear " + path_, errno);
  if (auto synced = sync_folder(path_); !synced) return synced;
  return replace(kJob, encode(job));
}

Result<void> JobFolder::save(const JobProgress& progress) { return replace(kProgress, encode(progress)); }

void JobFolder::remove() {
  std::error_code ignored;
  fs::remove(file(kJob), ignored);  // First: progress without a job is none.
  fs::remove_all(path_, ignored);
}

Result<std::optional<std::string>> JobFolder::read(const std::string& name) const {
  const std::string path = file(name);
  std::error_code failed;
  if (!fs::exists(path, failed)) return std::optional<std::string>();
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return cannot("read " + path, EIO);
  return std::optional(std::move(text));
}

Result<void> JobFolder::replace(const std::string& name, const std::string& text) const {
  const std::string path = file(name), written = path + ".new";
  if (auto synced = sync_file(written, text); !synced) return synced;
  if (::rename(written.c_str(), path.c_str()) != 0) return cannot("rename " + written, errno);
  return sync_folder(path_);
}

}  // namespace hookledger
