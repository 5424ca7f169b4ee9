#include "tools/group_member.h"

#include <algorithm>

namespace hookledger {

void GroupMember::take(std::uint32_t partition, PartitionStates::Role role) {
  if (const auto watched = parts_.log.watch(partition); !watched) {
    parts_.logger.warning("new records of a partition are noticed late",
                          {{"partition", std::to_string(partition)}, {"reason", watched.error().detail}});
  }
  if (const auto taken = parts_.states.take(partition, role); !taken) {
    parts_.logger.error("cannot open the state of a partition, trying again",
                        {{"partition", std::to_string(partition)}, {"reason", taken.error().detail}});
  }
}

void GroupMember::stand_by() {
  for (std::uint32_t partition = 0; partition < parts_.log.partitions(); ++partition) {
    take(partition, PartitionStates::Role::kStandby);
  }
}

void GroupMember::assigned(const std::vector<std::uint32_t>& partitions) {
  for (const std::uint32_t partition : partitions) take(partition, PartitionStates::Role::kOwner);
  if (const auto claimed = parts_.directory.claim(partitions); !claimed) {
    parts_.logger.warning("others do not know yet which partitions are here", {{"reason", claimed.error().detail}});
  }
  const std::lock_guard lock(mutex_);
  owned_.insert(owned_.end(), partitions.begin(), partitions.end());
  publish_opened();
}

void GroupMember::revoked(const std::vector<std::uint32_t>& partitions) {
  if (const auto released = parts_.directory.release(partitions); !released) {
    parts_.logger.warning("others do not know yet which partitions left", {{"reason", released.error().detail}});
  }
  {
    const std::lock_guard lock(mutex_);
    for (const std::uint32_t partition : partitions) {
      std::erase(owned_, partition);
      stop_publishing(partition);
      published_.erase(partition);
    }
  }
  if (!parts_.standby) {
    parts_.states.let_go(partitions);
    return;
  }
  for (const std::uint32_t partition : partitions) take(partition, PartitionStates::Role::kStandby);
}

void GroupMember::publish_with(Publisher& publisher, Alerts& alerts, Subscriptions& subscriptions) {
  const std::lock_guard lock(mutex_);
  publisher_ = &publisher;
  alerts_ = &alerts;
  subscriptions_ = &subscriptions;
  publish_opened();
}

void GroupMember::tick() {
  for (const auto& projection : parts_.states.all()) (void)parts_.log.watch(projection->partitions().front());
  const std::lock_guard lock(mutex_);
  publish_opened();
}

void GroupMember::publish_opened() {
  if (publisher_ == nullptr || published_.size() == owned_.size()) return;
  for (const auto& projection : parts_.states.all()) {
    const std::uint32_t partition = projection->partitions().front();
    if (published_.contains(partition) || std::ranges::find(owned_, partition) == owned_.end()) continue;
    publisher_->add(partition, projection->store());
    const std::string folder = PartitionStates::folder(parts_.data_dir, partition);
    alerts_->add(partition, *projection, folder);
    subscriptions_->add(partition, *projection, folder);
    published_.emplace(partition, projection);
  }
}

void GroupMember::stop_publishing(std::uint32_t partition) {
  if (!published_.contains(partition)) return;
  publisher_->remove(partition);
  alerts_->remove(partition);
  subscriptions_->remove(partition);
}

void GroupMember::stop_publishing() {
  const std::lock_guard lock(mutex_);
  if (publisher_ == nullptr) return;
  for (const auto& [partition, projection] : published_) stop_publishing(partition);
  published_.clear();
  publisher_ = nullptr;
}

}  // namespace hookledger
