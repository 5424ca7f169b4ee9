#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace hookledger {

/// A message of the topic of owners: which projector answers for a partition.
/// `{"partition":3,"url":"http://…","instance":"…"}`; its key is the partition's number as text.
struct PartitionOwner {
  std::uint32_t partition = 0;
  std::optional<std::string> url;  ///< Of its API; nothing, `null`: the instance has let go.
  std::string instance;

  friend bool operator==(const PartitionOwner&, const PartitionOwner&) = default;
};

std::string to_json(const PartitionOwner& owner);

/// Of untrusted bytes; nothing for any other. Members that it does not know are ignored.
std::optional<PartitionOwner> parse_partition_owner(std::string_view json);

}  // namespace hookledger
