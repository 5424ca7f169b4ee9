#pragma once

#include <map>
#include <string>
#include <vector>

#include "projector/finding_book.h"
#include "projector/publication.h"

namespace hookledger {

/// A book, in memory alone, whose findings are published: all of a subject that changed, and a tombstone for one that
/// was open and turned out never to have been. What is as it was is not published again while something is open. One
/// thread.
class PublishedFindings final : public FindingBook {
 public:
  explicit PublishedFindings(std::uint32_t partitions) : partitions_(partitions) {}

  /// What is to be published; the same again until it is taken.
  const std::vector<Message>& messages() const { return messages_; }
  void take() { messages_.clear(); }
  /// Forgets all of the partition.
  void let_go(std::uint32_t partition);

  const std::optional<AlertProgress>& progress() const override { return progress_; }
  Result<void> observe(std::string_view subject, const std::vector<Finding>& findings, const WasOver& was_over,
                       Now now) override;
  Result<void> count_as_told(std::string_view, const std::vector<Finding>&) override { return {}; }
  Result<std::vector<std::string>> told_subjects(std::size_t) override { return std::vector<std::string>(); }
  Result<void> forget(std::string_view) override { return {}; }
  Result<void> commit(const AlertProgress& progress) override;
  void complete() override {}
  bool full() const override { return !messages_.empty(); }
  Result<void> save() override { return {}; }

 private:
  using ById = std::map<std::string, std::size_t, std::less<>>;  ///< Of each finding's JSON the hash.

  const std::uint32_t partitions_;
  std::optional<AlertProgress> progress_;
  std::vector<Message> messages_;
  std::map<std::string, ById, std::less<>> open_;  ///< Of subjects of which something is open.
};

}  // namespace hookledger
