#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/cursor.h"
#include "projector/queries.h"
#include "schemas/error.h"

namespace hookledger {

/// A page of a list of calls or of findings as it leaves the program: what it says about some partitions.
struct ListPage {
  struct Item {
    std::string cursor;  ///< Where a page begins that comes behind it.
    std::string json;
  };
  std::vector<Item> items;
  std::string next;  ///< The cursor of the page after it; empty on the last.
  std::vector<std::uint32_t> partitions;
};

ListPage list_page(const Page<ListedCall>& page, std::vector<std::uint32_t> partitions);
ListPage list_page(const Page<Finding>& page, std::vector<std::uint32_t> partitions);

/// Reads a cursor of the list that pages are of. A call's place is that of a finding with nothing but the call.
using CursorReader = std::optional<FindingPosition> (*)(std::string_view cursor);
std::optional<FindingPosition> read_call_cursor(std::string_view cursor);
std::optional<FindingPosition> read_finding_cursor(std::string_view cursor);

/// One page of pages that begin at the same place: in order, at most `limit` items, nothing left out before `next`.
/// What is said of a partition comes from one page, the first that has it. `log_partitions`: of the log.
/// Errors: kInvalid (a cursor).
Result<ListPage> merge_pages(const std::vector<ListPage>& pages, std::size_t limit, std::uint32_t log_partitions,
                             CursorReader read_cursor);

/// As clients get it: `{"items":[…],"next_cursor":…}`.
std::string client_json(const ListPage& page);
/// As projectors pass it on among themselves: `{"items":[…],"next_cursor":…,"cursors":[…],"partitions":[…]}`.
std::string peer_json(const ListPage& page);
/// Of untrusted bytes. Errors: kInvalid.
Result<ListPage> parse_peer_json(std::string_view json);

}  // namespace hookledger
