#include "schemas/partition_owner.h"

#include <limits>
#include <simdjson.h>

#include "schemas/json.h"

namespace hookledger {

std::string to_json(const PartitionOwner& owner) {
  JsonWriter out;
  out.begin_object();
  out.key("partition");
  out.number(std::uint64_t{owner.partition});
  out.member("url", owner.url.value_or(std::string()));
  out.key("instance");
  out.string(owner.instance);
  out.end_object();
  return std::string(out.view());
}

std::optional<PartitionOwner> parse_partition_owner(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::element document, address;
  std::uint64_t partition = 0;
  std::string_view instance, url;
  if (parser.parse(json.data(), json.size()).get(document) || document["partition"].get(partition) ||
      partition > std::numeric_limits<std::uint32_t>::max() || document["instance"].get(instance) ||
      document["url"].get(address)) {
    return std::nullopt;
  }
  PartitionOwner owner{static_cast<std::uint32_t>(partition), std::nullopt, std::string(instance)};
  if (address.is_null()) return owner;
  if (address.get(url)) return std::nullopt;
  owner.url = url;
  return owner;
}

}  // namespace hookledger
