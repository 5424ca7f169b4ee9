#include "ingest/sources.h"

#include <algorithm>

#include "ingest/verify/verifiers.h"

namespace hookledger {
namespace {

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

Error usage(const std::string& detail) { return {ErrorCode::kUsage, detail}; }

}  // namespace

Result<std::shared_ptr<const Sources>> Sources::make(std::vector<Source> sources) {
  auto made = std::make_shared<Sources>();
  made->sources_ = std::move(sources);
  for (std::size_t i = 0; i < made->sources_.size(); ++i) {
    Source& source = made->sources_[i];
    if (!is_name(source.name))
      return usage("source name '" + source.name + "': letters, digits, - and _ only, at most 64");
    const Verifier* verifier = verifier_of(source.kind);
    if (verifier == nullptr) {
      return usage("source " + source.name + ": unknown kind '" + source.kind + "', use " + known_kinds());
    }
    if (auto fits = verifier->credentials().fit(source); !fits) return fits.error();
    if (source.path.empty()) source.path = "/webhooks/" + source.name;
    if (source.path.front() != '/' || source.path.find('?') != std::string::npos) {
      return usage("source " + source.name + ": path must begin with / and have no query");
    }
    if (!made->by_name_.emplace(source.name, i).second) return usage("two sources are named " + source.name);
    if (!made->by_path_.emplace(source.path, i).second) return usage("two sources have the path " + source.path);
  }
  return std::shared_ptr<const Sources>(std::move(made));
}

const Source* Sources::by_path(std::string_view path) const {
  const auto found = by_path_.find(path);
  return found == by_path_.end() ? nullptr : &sources_[found->second];
}

const Source* Sources::by_name(std::string_view name) const {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &sources_[found->second];
}

}  // namespace hookledger
