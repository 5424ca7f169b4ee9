#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace hookledger::kafka {

/// How far somebody has come in a partition, as the brokers remember it for a group.
struct Progress {
  std::uint64_t offset = 0;
  std::string note;  ///< The group's metadata of the offset: ours to fill, with text.

  friend bool operator==(const Progress&, const Progress&) = default;
};

using ProgressByPartition = std::map<std::uint32_t, Progress>;

}  // namespace hookledger::kafka
