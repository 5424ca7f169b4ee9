#pragma once

#include <algorithm>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/queries.h"
#include "schemas/form.h"
#include "tools/data_access.h"

namespace hookledger {

/// Up to `limit` items of a list that comes in pages.
template <class T>
Result<std::vector<T>> read_pages(const std::function<Result<Page<T>>(const PageRequest&)>& read, std::uint64_t limit) {
  constexpr std::uint64_t kPageMax = 500;
  std::vector<T> items;
  PageRequest request;
  do {
    request.limit = static_cast<std::size_t>(std::min<std::uint64_t>(limit - items.size(), kPageMax));
    auto page = read(request);
    if (!page) return page.error();
    std::move(page->items.begin(), page->items.end(), std::back_inserter(items));
    request.cursor = page->next;
  } while (!request.cursor.empty() && items.size() < limit);
  return items;
}

/// A path with query parameters, encoded; empty values are left out.
class QueryString {
 public:
  explicit QueryString(std::string path) : text_(std::move(path)) {}
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_ += (text_.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" + percent_encode(value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace hookledger
