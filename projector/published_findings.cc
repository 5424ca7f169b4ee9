#include "projector/published_findings.h"

#include <algorithm>
#include <functional>

#include "projector/subject_watch.h"
#include "schemas/json.h"
#include "schemas/place.h"

namespace hookledger {

Result<void> PublishedFindings::observe(std::string_view subject, const std::vector<Finding>& findings, const WasOver&,
                                        Now) {
  const std::uint32_t partition = partition_of(SubjectWatch::id_of(subject), partitions_);
  auto known = open_.extract(std::string(subject));
  ById before = known.empty() ? ById() : std::move(known.mapped()), after;
  JsonWriter out;
  for (const Finding& finding : findings) {
    out.clear();
    write_json(out, finding);
    const std::size_t hash = std::hash<std::string_view>()(out.view());
    after[finding.id] = hash;
    const auto same = before.find(finding.id);
    const bool is_new = same == before.end() || same->second != hash;
    if (same != before.end()) before.erase(same);
    if (is_new) messages_.push_back({Topic::kFindings, partition, finding.id, std::string(out.view())});
  }
  for (const auto& [id, hash] : before) messages_.push_back({Topic::kFindings, partition, id, {}});
  const auto is_open = [](const Finding& finding) { return finding.status == FindingStatus::kOpen; };
  if (std::ranges::any_of(findings, is_open)) open_.emplace(subject, std::move(after));
  return {};
}

void PublishedFindings::let_go(std::uint32_t partition) {
  std::erase_if(messages_, [&](const Message& message) { return message.partition == partition; });
  std::erase_if(open_, [&](const auto& subject) {
    return partition_of(SubjectWatch::id_of(subject.first), partitions_) == partition;
  });
}

Result<void> PublishedFindings::commit(const AlertProgress& progress) {
  progress_ = progress;
  return {};
}

}  // namespace hookledger
