#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <set>

#include "ingest/log/event_log.h"
#include "projector/finding_watch.h"
#include "projector/partition_publisher.h"
#include "projector/published_findings.h"

namespace hookledger {

/// Says which findings of devices and ratios are to be published, from a store of all partitions: those that may have
/// changed, and of a partition that came all that there are, because nobody knows what another published last. It says
/// nothing of a partition that came before the store has all that was durable then, so nothing goes back in time. One
/// thread.
class SubjectPublisher {
 public:
  struct Parts {  ///< All outlive it. The log is used by nobody else.
    const CallStore& store;
    const LogReader& log;
    const RuleSet& rules;
  };
  /// Which partitions are ours, and up to when each is published.
  using Ours = std::function<std::map<std::uint32_t, Published>()>;

  SubjectPublisher(Parts parts, Ours ours);

  /// Goes on a little. Errors: those of store and log; then the same again.
  Result<void> step(FindingBook::Now now);
  /// What is to be published, of any partition that was ours; the same again until it is taken.
  const std::vector<Message>& messages() const { return book_.messages(); }
  void take() { book_.take(); }
  /// Another may have published of the partition since: it begins anew, if it is ours.
  void let_go(std::uint32_t partition);

 private:
  Ours ours_;
  PublishedFindings book_;
  SubjectOwners owners_;
  FindingWatch watch_;
  AlertQueue::Instant again_at_ = AlertQueue::Instant::min();
};

}  // namespace hookledger
