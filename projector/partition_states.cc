#include "projector/partition_states.h"

namespace hookledger {

PartitionStates::PartitionStates(std::string data_dir, Projection::Parts parts)
    : data_dir_(std::move(data_dir)), parts_(parts) {}

PartitionStates::~PartitionStates() {
  std::vector<std::uint32_t> partitions;
  for (const auto& [partition, taken] : taken_) partitions.push_back(partition);
  let_go(partitions);
}

Result<void> PartitionStates::take(std::uint32_t partition, Role role) {
  const std::lock_guard changing(changing_);
  {
    const std::lock_guard lock(mutex_);
    Taken& taken = taken_[partition];
    taken.role = role;
    if (closed_) taken.failure = kEvaluating;
    if (taken.projection || closed_) return {};
  }
  return open(partition);
}

void PartitionStates::try_again() {
  for (const std::uint32_t partition : not_open()) {
    // Each alone: who takes or lets go of others must not wait for all.
    const std::lock_guard changing(changing_);
    const auto taken = taken_.find(partition);
    if (!closed_ && taken != taken_.end() && !taken->second.projection) (void)open(partition);
  }
}

std::vector<std::uint32_t> PartitionStates::not_open() const {
  std::vector<std::uint32_t> partitions;
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, taken] : taken_) {
    if (!taken.projection) partitions.push_back(partition);
  }
  return partitions;
}

void PartitionStates::close_all() {
  const std::lock_guard changing(changing_);
  closed_ = true;
  std::vector<Taken> going;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [partition, taken] : taken_) {
      if (taken.projection) going.push_back(std::move(taken));
      taken.projection.reset();
      taken.failure = kEvaluating;
    }
  }
  close(going);
}

void PartitionStates::open_all(Projection::Parts parts) {
  {
    const std::lock_guard changing(changing_);
    parts_.emplace(std::move(parts));
    closed_ = false;
  }
  try_again();
}

Result<void> PartitionStates::open(std::uint32_t partition) {
  auto opened = Projection::open(
      {.data_dir = folder(data_dir_, partition), .partitions = {partition}, .threads = 1, .memory = memory_}, *parts_);
  const std::lock_guard lock(mutex_);
  Taken& taken = taken_.at(partition);
  if (!opened) {
    taken.failure = opened.error().detail;
    return opened.error();
  }
  auto closed = std::make_shared<std::promise<void>>();
  taken.closed = closed->get_future();
  taken.projection = {opened->release(), [closed](Projection* projection) {
                        delete projection;
                        closed->set_value();
                      }};
  return {};
}

void PartitionStates::let_go(const std::vector<std::uint32_t>& partitions) {
  const std::lock_guard changing(changing_);
  std::vector<Taken> going;
  {
    const std::lock_guard lock(mutex_);
    for (const std::uint32_t partition : partitions) {
      auto taken = taken_.extract(partition);
      if (!taken.empty() && taken.mapped().projection) going.push_back(std::move(taken.mapped()));
    }
  }
  close(going);
}

void PartitionStates::close(std::vector<Taken>& going) {
  std::vector<std::future<void>> closing;
  for (Taken& taken : going) {
    closing.push_back(std::async(std::launch::async, [&taken] {
      taken.projection->stop();
      taken.projection.reset();
      taken.closed.wait();
    }));
  }
  for (const std::future<void>& one : closing) one.wait();
}

std::vector<std::shared_ptr<State>> PartitionStates::owned(bool* all) const {
  std::vector<std::shared_ptr<State>> states;
  std::size_t owned = 0;
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, taken] : taken_) {
    if (taken.role != Role::kOwner) continue;
    ++owned;
    if (taken.projection) states.push_back(taken.projection);
  }
  if (all != nullptr) *all = states.size() == owned;
  return states;
}

std::vector<std::shared_ptr<Projection>> PartitionStates::all() const {
  std::vector<std::shared_ptr<Projection>> projections;
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, taken] : taken_) {
    if (taken.projection) projections.push_back(taken.projection);
  }
  return projections;
}

FoldProgress PartitionStates::progress() const {
  FoldProgress sum;
  for (const auto& projection : all()) {
    const FoldProgress one = projection->projector().progress();
    sum.done += one.done;
    sum.total += one.total;
  }
  return sum;
}

std::optional<std::string> PartitionStates::not_ready() const {
  std::string waiting;
  const std::lock_guard lock(mutex_);
  for (const auto& [partition, taken] : taken_) {
    if (taken.role != Role::kOwner) continue;
    const auto what = taken.projection ? taken.projection->projector().not_ready() : std::optional(taken.failure);
    if (!what) continue;
    waiting.append(waiting.empty() ? "" : "; ").append("partition ").append(std::to_string(partition));
    waiting.append(": ").append(*what);
  }
  return waiting.empty() ? std::nullopt : std::optional(std::move(waiting));
}

}  // namespace hookledger
