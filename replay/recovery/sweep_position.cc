#include "replay/recovery/sweep_position.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr std::string_view kFormat = "sweep-1";

bool write_synced(const std::string& path, const std::string& text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return false;
  const bool written =
      ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file) == 0;
  return (::close(file) == 0) && written;
}

bool sync_folder(const std::string& path) {
  const int folder = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return false;
  const bool synced = ::fsync(folder) == 0;
  ::close(folder);
  return synced;
}

}  // namespace

void SweepPosition::keep(const std::set<std::uint32_t>& here) {
  for (const std::uint32_t partition : partitions) {
    if (!here.contains(partition)) left[partition] = page == 0 ? until : since;
  }
  std::erase_if(partitions, [&](std::uint32_t partition) { return !here.contains(partition); });
}

std::optional<SweepPosition> SweepFile::load() const {
  std::ifstream file(path_);
  std::string format, since, until;
  SweepPosition position;
  if (!(file >> format >> since >> until >> position.page) || format != kFormat) return std::nullopt;
  const auto from = parse_time(since), to = parse_time(until);
  if (!from || !to || *to < *from) return std::nullopt;
  position.since = *from;
  position.until = *to;
  for (std::string word; file >> word;) {  // PARTITION, or PARTITION=TIME of one that left.
    const std::size_t end = std::min(word.find('='), word.size());
    const auto number = parse_unsigned(std::string_view(word).substr(0, end));
    const auto time = end < word.size() ? parse_time(std::string_view(word).substr(end + 1)) : std::nullopt;
    if (!number || *number > UINT32_MAX || (end < word.size() && !time)) return std::nullopt;
    const auto partition = static_cast<std::uint32_t>(*number);
    if (time) {
      position.left[partition] = *time;
    } else {
      position.partitions.insert(partition);
    }
  }
  return position;
}

Result<void> SweepFile::save(const SweepPosition& position) const {
  std::string text = std::string(kFormat) + " " + format_time(position.since) + " " + format_time(position.until) +
                     " " + std::to_string(position.page);
  for (const std::uint32_t partition : position.partitions) text += " " + std::to_string(partition);
  for (const auto& [partition, time] : position.left) text += " " + std::to_string(partition) + "=" + format_time(time);
  text += "\n";
  const std::filesystem::path path(path_);
  std::error_code failed;
  std::filesystem::create_directories(path.parent_path(), failed);
  const std::string fresh = path_ + ".new";
  if (!write_synced(fresh, text) || std::rename(fresh.c_str(), path_.c_str()) != 0 ||
      !sync_folder(path.parent_path().string())) {
    return Error{ErrorCode::kUnavailable, path_ + " cannot be written: " + std::strerror(errno)};
  }
  return {};
}

}  // namespace hookledger
