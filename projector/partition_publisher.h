#pragma once

#include <algorithm>
#include <map>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/call_store.h"
#include "projector/due_calls.h"
#include "projector/publication.h"
#include "projector/rules/rule_set.h"

namespace hookledger {

/// What is published together.
struct PublicationBatch {
  std::vector<Message> messages;
  std::map<std::uint32_t, Published> progress;
  std::size_t events = 0;  ///< Of the calls in it: what it weighs.
};

/// Says what is to be published of one partition: the calls that its next records changed, and those whose findings
/// changed as time passed, each with all its findings. States are published as they are at an offset, and the next ones
/// at a later one, whatever the store has beyond: nothing older ever comes after a newer, whoever published that. It is
/// silent while its store covers less than what is published. One thread.
class PartitionPublisher {
 public:
  struct Parts {  ///< All outlive it.
    const CallStore& store;
    const LogReader& log;
    const RuleSet& rules;
  };

  PartitionPublisher(Parts parts, std::uint32_t partition, const Published& published)
      : parts_(parts), partition_(partition), published_(published), due_(parts.store, parts.rules, published.at) {}

  /// Adds the next messages, and what the progress is with them; neither when there is nothing to say. The same again
  /// until it is accepted. Errors: those of the store and the log.
  Result<void> gather(Time now, PublicationBatch& batch);
  /// The batch is published.
  void accept();

  const Published& published() const { return published_; }
  /// Records in the state whose calls are not published.
  std::uint64_t lag() const { return std::max(covered_, published_.offset) - published_.offset; }

 private:
  /// Reads on in the log: the calls that its records change, as the store has them. `events`: already in the batch.
  Result<std::vector<CallFacts>> read_changed(std::size_t events);
  void describe(const CallFacts& known, Time now, std::vector<Message>& messages);

  Parts parts_;
  std::uint32_t partition_;
  Published published_, next_;
  DueCalls due_;
  std::uint64_t covered_ = 0;
};

}  // namespace hookledger
