#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace hookledger {

/// Where a record stands in the log. Offsets count from 0 in each partition.
struct Place {
  std::uint32_t partition = 0;
  std::uint64_t offset = 0;
  friend constexpr auto operator<=>(const Place&, const Place&) = default;
};

/// The partition of a record key: XXH3-64 of the key, modulo the number of partitions. Part of the
/// log's format (record.md): never change it.
std::uint32_t partition_of(std::string_view key, std::uint32_t partitions);

}  // namespace hookledger
