#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "projector/api_parameters.h"
#include "projector/list_page.h"
#include "projector/router.h"
#include "schemas/error.h"

namespace hookledger {

/// Says of a request that another projector has passed it on: it is answered from what is here, and never passed on
/// again.
inline constexpr std::string_view kForwardedHeader = "Hookledger-Forwarded";

struct PeerAnswer {
  unsigned status = 0;
  std::string content_type, body;
};

/// The other projectors of the log. Threads: any, at the same time.
struct Peers {
  /// `http://HOST:PORT` of the API of whoever answers for the partition; nothing when nobody does.
  std::function<std::optional<std::string>(std::uint32_t partition)> owner_of;
  /// One GET of `target`, path and query, with kForwardedHeader. Blocks, at most some seconds. Errors: kUnavailable.
  std::function<Result<PeerAnswer>(const std::string& url, const std::string& target)> ask;
};

/// What the partition's owner answers to the same request; 503 naming the partition when nobody does.
/// `peers`: nothing where there are no others.
ApiResponse ask_owner(const std::optional<Peers>& peers, std::uint32_t partition, const ApiArguments& arguments);

/// The same for a request about all calls: every owner of one of `partitions` is asked once, all of them at the same
/// time. The pages have each of these partitions; otherwise the problem names one that nobody answers for.
OrProblem<std::vector<ListPage>> ask_owners(const std::optional<Peers>& peers, std::set<std::uint32_t> partitions,
                                            const ApiArguments& arguments);

}  // namespace hookledger
