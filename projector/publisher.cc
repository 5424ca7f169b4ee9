#include "projector/publisher.h"

#include <utility>

namespace hookledger {
namespace {

using std::chrono::milliseconds;

/// How long nothing is looked for when there was nothing, and after a failure.
constexpr milliseconds kIdleWait{100}, kRetryWait{1000};

}  // namespace

Publisher::Publisher(const Parts& parts, const std::optional<Subjects>& subjects)
    : parts_(parts),
      lag_(parts.metrics.gauge("hookledger_publish_lag_records", "Records in the state whose calls are not published")),
      messages_(parts.metrics.counter("hookledger_published_messages_total", "Call states and findings published")),
      failures_(parts.metrics.counter("hookledger_publish_failures_total", "Attempts to publish that failed")) {
  if (subjects) {
    subjects_.emplace(SubjectPublisher::Parts{subjects->store, subjects->log, parts_.rules}, [this] { return ours_; });
  }
  thread_ = std::thread([this] { work(); });
}

Publisher::~Publisher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Publisher::add(std::uint32_t partition, const CallStore& store) {
  const std::lock_guard lock(mutex_);
  entries_[partition] = std::make_shared<Entry>(Entry{store, nullptr});
}

void Publisher::remove(std::uint32_t partition) {
  std::unique_lock lock(mutex_);
  if (entries_.erase(partition) == 0) return;
  changed_.wait(lock, [this, under_way = rounds_begun_] { return rounds_ended_ >= under_way; });
}

void Publisher::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Entries entries = entries_;
    ++rounds_begun_;
    lock.unlock();
    failed_ = false;
    const bool published = round(entries);
    note_lag(entries);
    lock.lock();
    ++rounds_ended_;
    changed_.notify_all();
    if (published && !failed_) continue;
    changed_.wait_for(lock, failed_ ? kRetryWait : kIdleWait, [this] { return stopping_; });
  }
}

bool Publisher::round(const Entries& entries) {
  PublicationBatch batch;
  // The batch is bounded, so each time another partition comes first.
  const auto first = entries.upper_bound(first_);
  // Where one cannot be reached, the others are not tried: each would wait as long.
  bool well = true;
  for (auto at = first; well && at != entries.end(); ++at) well = gather(at->first, *at->second, batch);
  for (auto at = entries.begin(); well && at != first; ++at) well = gather(at->first, *at->second, batch);
  first_ = first == entries.end() ? 0 : first->first;
  std::set<std::uint32_t> gathered;
  for (const auto& [partition, progress] : batch.progress) gathered.insert(partition);
  const std::size_t of_calls = batch.messages.size();
  if (well && subjects_) gather_subjects(entries, batch);
  if (batch.progress.empty()) return false;
  const auto published = parts_.publication.publish(batch.messages, batch.progress);
  if (!published) note_failure("cannot publish", published.error());
  for (const auto& [partition, progress] : batch.progress) {
    Entry& entry = *entries.at(partition);
    if (published) {
      if (gathered.contains(partition)) entry.publisher->accept();
    } else {
      entry.certain = false;
    }
  }
  if (!published) return false;
  if (batch.messages.size() > of_calls) subjects_->take();
  last_failure_.clear();
  messages_.add(static_cast<double>(batch.messages.size()));
  return true;
}

/// False when it could not be done.
bool Publisher::gather(std::uint32_t partition, Entry& entry, PublicationBatch& batch) {
  if (!make_certain(partition, entry)) return false;
  const std::size_t messages = batch.messages.size();
  if (const auto gathered = entry.publisher->gather(parts_.clock.wall(), batch); !gathered) {
    batch.messages.resize(messages);
    note_failure("cannot read what is to be published of partition " + std::to_string(partition), gathered.error());
    return false;
  }
  return true;
}

void Publisher::gather_subjects(const Entries& entries, PublicationBatch& batch) {
  ours_.clear();
  for (const auto& [partition, entry] : entries) {
    if (entry->certain) ours_[partition] = entry->publisher->published();
  }
  if (const auto stepped = subjects_->step({parts_.clock.wall(), parts_.clock.monotonic()}); !stepped) {
    note_failure("cannot read what is to be published of devices and ratios", stepped.error());
    return;
  }
  bool some = false;
  for (const Message& message : subjects_->messages()) {
    const auto ours = ours_.find(message.partition);
    if (ours == ours_.end()) continue;
    batch.messages.push_back(message);
    batch.progress.emplace(*ours);
    some = true;
  }
  if (!some) subjects_->take();
}

bool Publisher::make_certain(std::uint32_t partition, Entry& entry) {
  if (entry.certain) return true;
  const auto published = parts_.publication.published(partition);
  if (!published) {
    note_failure("cannot see how far partition " + std::to_string(partition) + " is published", published.error());
    return false;
  }
  if (!entry.publisher || entry.publisher->published() != *published) {
    entry.publisher = std::make_unique<PartitionPublisher>(
        PartitionPublisher::Parts{entry.store, parts_.log, parts_.rules}, partition, *published);
  }
  if (subjects_) subjects_->let_go(partition);
  return entry.certain = true;
}

void Publisher::note_failure(const std::string& what, const Error& error) {
  failed_ = true;
  failures_.add();
  if (std::string failure = what + ": " + error.detail; failure != last_failure_) {
    last_failure_ = std::move(failure);
    parts_.logger.warning(what, {{"error", error.detail}});
  }
}

void Publisher::note_lag(const Entries& entries) {
  std::uint64_t lag = 0;
  for (const auto& [partition, entry] : entries) lag += entry->publisher ? entry->publisher->lag() : 0;
  lag_.set(static_cast<double>(lag));
}

}  // namespace hookledger
