#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "ingest/kafka/consumer_group.h"
#include "tests/ingest/kafka/topic_family.h"

namespace hookledger::testing {

/// The shortest that brokers take.
inline constexpr std::chrono::seconds kSessionTimeout{6};

/// A member of the projectors' group that knows what it has. Threads: any.
class GroupMember : public kafka::PartitionObserver {
 public:
  GroupMember(const TopicFamily& topics, const std::string& instance)
      : group_(kafka::ConsumerGroup::join(
                   {.cluster = topics.cluster(), .instance = instance, .session_timeout = kSessionTimeout}, *this,
                   topics.logger())
                   .value()) {}
  ~GroupMember() override { group_->stop(); }

  void assigned(const std::vector<std::uint32_t>& partitions) override {
    const std::lock_guard lock(mutex_);
    held_.insert(partitions.begin(), partitions.end());
  }
  void revoked(const std::vector<std::uint32_t>& partitions) override {
    const std::lock_guard lock(mutex_);
    for (const std::uint32_t partition : partitions) held_.erase(partition);
  }

  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return held_.size();
  }
  kafka::ConsumerGroup& group() { return *group_; }

 private:
  mutable std::mutex mutex_;
  std::set<std::uint32_t> held_;
  std::unique_ptr<kafka::ConsumerGroup> group_;
};

}  // namespace hookledger::testing
