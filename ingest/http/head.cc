#include <algorithm>

#include "ingest/http/http.h"

namespace hookledger::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

Head::Found Head::find(std::string_view name) const {
  Found found;
  for (const auto& [header, value] : headers) {
    if (same_name(header, name) && found.count++ == 0) found.value = value;
  }
  return found;
}

std::string_view Head::path() const {
  std::string_view path = target.substr(0, target.find('?'));
  if (const auto scheme = path.find("://"); scheme != path.npos && !path.starts_with('/')) {
    const auto slash = path.find('/', scheme + 3);
    return slash == path.npos ? std::string_view("/") : path.substr(slash);
  }
  return path;
}

std::string_view Head::query() const {
  const auto mark = target.find('?');
  return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

}  // namespace hookledger::http
