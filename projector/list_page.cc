#include "projector/list_page.h"

#include <algorithm>
#include <map>

#include "schemas/json.h"
#include "schemas/json_members.h"
#include "schemas/place.h"

namespace hookledger {
namespace {

void write_item(JsonWriter& out, const ListedCall& call) { write_json(out, call.call, &call.open_rules); }
void write_item(JsonWriter& out, const Finding& finding) { write_json(out, finding); }

template <class T>
ListPage make_page(const Page<T>& page, std::vector<std::uint32_t> partitions) {
  ListPage list{.items = {}, .next = page.next, .partitions = std::move(partitions)};
  for (std::size_t i = 0; i < page.items.size(); ++i) {
    JsonWriter out;
    write_item(out, page.items[i]);
    list.items.push_back({page.cursors[i], std::string(out.view())});
  }
  return list;
}

/// What both forms begin with.
void write_list(JsonWriter& out, const ListPage& page) {
  out.begin_object();
  out.key("items");
  out.begin_array();
  for (const ListPage::Item& item : page.items) out.raw(item.json);
  out.end_array();
  out.member("next_cursor", page.next);
}

struct Placed {
  FindingPosition position;
  const ListPage::Item* item;
};

const Error kBadPage{ErrorCode::kInvalid, "another projector's answer cannot be read: run one version everywhere"};

}  // namespace

ListPage list_page(const Page<ListedCall>& page, std::vector<std::uint32_t> partitions) {
  return make_page(page, std::move(partitions));
}
ListPage list_page(const Page<Finding>& page, std::vector<std::uint32_t> partitions) {
  return make_page(page, std::move(partitions));
}

std::optional<FindingPosition> read_call_cursor(std::string_view cursor) {
  auto call = decode_call_cursor(cursor);
  if (!call) return std::nullopt;
  return FindingPosition{std::move(*call), {}, {}, {}};
}
std::optional<FindingPosition> read_finding_cursor(std::string_view cursor) { return decode_finding_cursor(cursor); }

Result<ListPage> merge_pages(const std::vector<ListPage>& pages, std::size_t limit, std::uint32_t log_partitions,
                             CursorReader read_cursor) {
  std::map<std::uint32_t, const ListPage*> page_of;
  for (const ListPage& page : pages) {
    for (const std::uint32_t partition : page.partitions) page_of.try_emplace(partition, &page);
  }
  ListPage merged;
  for (const auto& [partition, page] : page_of) merged.partitions.push_back(partition);

  std::vector<Placed> placed;
  std::optional<FindingPosition> bound;  // Beyond it, some page has more than it says.
  for (const ListPage& page : pages) {
    if (!page.next.empty()) {
      auto end = read_cursor(page.next);
      if (!end) return kBadPage;
      if (!bound || *end < *bound) {
        bound = std::move(end);
        merged.next = page.next;
      }
    }
    for (const ListPage::Item& item : page.items) {
      auto position = read_cursor(item.cursor);
      if (!position) return kBadPage;
      const auto from = page_of.find(partition_of(position->call.call_id, log_partitions));
      if (from != page_of.end() && from->second == &page) placed.push_back({std::move(*position), &item});
    }
  }
  std::ranges::sort(placed, [](const Placed& a, const Placed& b) { return a.position < b.position; });

  std::erase_if(placed, [&](const Placed& it) { return bound && *bound < it.position; });
  if (placed.size() > limit) {
    placed.resize(limit);
    merged.next = placed.back().item->cursor;
  }
  for (const Placed& it : placed) merged.items.push_back(*it.item);
  return merged;
}

std::string client_json(const ListPage& page) {
  JsonWriter out;
  write_list(out, page);
  out.end_object();
  return std::string(out.view());
}

std::string peer_json(const ListPage& page) {
  JsonWriter out;
  write_list(out, page);
  out.key("cursors");
  out.begin_array();
  for (const ListPage::Item& item : page.items) out.string(item.cursor);
  out.end_array();
  out.key("partitions");
  out.begin_array();
  for (const std::uint32_t partition : page.partitions) out.number(std::uint64_t{partition});
  out.end_array();
  out.end_object();
  return std::string(out.view());
}

Result<ListPage> parse_peer_json(std::string_view json) {
  ListPage page;
  Fault fault;
  std::vector<std::string> items, cursors;
  const bool is_object = read_json_object(json, fault, [&](Members answer) {
    items = answer.jsons("items");
    cursors = answer.texts("cursors");
    page.next = answer.text("next_cursor");
    for (const std::uint64_t partition : answer.counts("partitions")) {
      page.partitions.push_back(static_cast<std::uint32_t>(partition));
    }
  });
  if (!is_object || !fault.where.empty() || items.size() != cursors.size()) return kBadPage;
  for (std::size_t i = 0; i < items.size(); ++i) page.items.push_back({std::move(cursors[i]), std::move(items[i])});
  return page;
}

}  // namespace hookledger
