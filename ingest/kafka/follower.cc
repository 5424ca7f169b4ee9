#include "ingest/kafka/follower.h"

#include <algorithm>

#include "ingest/kafka/message.h"

namespace hookledger::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdlePause{20}, kRetryPause{500};
constexpr std::size_t kMessagesATurn = 1000;  ///< Of one partition, before the next has its turn.
constexpr milliseconds kShortTimeout{1000};
/// A provider repeats a delivery after some seconds: until then there is time to gather.
const FetchAhead kFetchAhead{
    .request_bytes = "1048576", .queue_kilobytes = "2048", .gather_bytes = "262144", .gather_ms = "250"};

}  // namespace

Result<std::unique_ptr<Follower>> Follower::make(Parts parts, std::uint32_t partitions, Duration window) {
  auto asks = make_asking_client(parts.cluster, parts.logger);
  if (!asks) return asks.error();
  auto fetcher =
      Fetcher::make(parts.cluster, std::move(*asks), parts.cluster.topic, partitions, kFetchAhead, parts.logger);
  if (!fetcher) return fetcher.error();
  std::unique_ptr<Follower> follower(new Follower(parts, std::move(*fetcher), partitions, window));
  follower->thread_ = std::thread([raw = follower.get()] { raw->run(); });
  return follower;
}

Follower::Follower(Parts parts, std::unique_ptr<Fetcher> fetcher, std::uint32_t partitions, Duration window)
    : parts_(parts), window_(window), fetcher_(std::move(fetcher)), partitions_(partitions) {}

Follower::~Follower() { stop(); }

void Follower::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (Partition& partition : partitions_) partition.reading.reset();
}

/// False when it is time to stop.
bool Follower::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [&] { return stopping_; });
}

void Follower::run() {
  milliseconds rest{0};
  while (pause(rest)) {
    Result<bool> read = true;
    if (!begun_) {
      if (const auto begun = begin(); !begun) read = begun.error();
    } else {
      read = read_some();
    }
    if (read) {
      set_trouble({});
      rest = *read ? milliseconds(0) : kIdlePause;
      continue;
    }
    begun_ = false;
    set_trouble(read.error());
    rest = kRetryPause;
  }
}

void Follower::set_trouble(std::optional<Error> trouble) {
  cut_off_ = trouble && trouble->code == ErrorCode::kUnavailable;
  const std::lock_guard lock(mutex_);
  if (trouble && (!trouble_ || trouble_->detail != trouble->detail)) {
    parts_.logger.warning("cannot follow the topic, trying again", {{"reason", trouble->detail}});
  }
  trouble_ = std::move(trouble);
}

Result<void> Follower::begin() {
  // The ends first: what is appended between the two questions must not stand before them, or nobody reads it.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> stored;
  for (std::uint32_t partition = 0; partition < partitions_.size(); ++partition) {
    const auto first = fetcher_->first(partition);
    if (!first) return first.error();
    const auto end = fetcher_->end(partition);
    if (!end) return end.error();
    stored.emplace_back(*first, *end);
  }
  const auto window_begins = offsets_at(parts_.clock.wall() - window_);
  if (!window_begins) return window_begins.error();
  for (std::uint32_t partition = 0; partition < partitions_.size(); ++partition) {
    const auto [first, end] = stored[partition];
    const auto followed = parts_.index.followed(partition);
    if (!followed) return followed.error();
    if (*followed > end) {
      return Error{ErrorCode::kInvalid, "partition " + std::to_string(partition) + " of " + parts_.cluster.topic +
                                            " ends before what was read of it: it was made anew. Stop this sink, see "
                                            "that spool/ in its data dir is what you want to keep, and remove index/"};
    }
    Partition& it = partitions_[partition];
    const std::uint64_t from = std::max({first, std::min((*window_begins)[partition], end), *followed});
    it.reading.reset();
    auto reading = fetcher_->read(partition, from);
    if (!reading) return reading.error();
    it.reading = std::move(*reading);
    it.begun = it.position = from;
    it.wanted = end;
  }
  begun_ = true;
  return {};
}

/// Of the first message at or after `time`, by partition; beyond every offset where there is none.
Result<std::vector<std::uint64_t>> Follower::offsets_at(Time time) const {
  const PartitionList list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  const auto millis = std::chrono::floor<milliseconds>(time).time_since_epoch().count();
  for (std::size_t partition = 0; partition < partitions_.size(); ++partition) {
    rd_kafka_topic_partition_list_add(list.get(), parts_.cluster.topic.c_str(), static_cast<std::int32_t>(partition))
        ->offset = millis;
  }
  const auto code =
      rd_kafka_offsets_for_times(fetcher_->asks().get(), list.get(), static_cast<int>(kRequestTimeout.count()));
  rd_kafka_poll(fetcher_->asks().get(), 0);  // Brings the complaints.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(fetcher_->asks(), parts_.cluster, code);
  std::vector<std::uint64_t> offsets(partitions_.size());
  for (int i = 0; i < list->cnt; ++i) {
    const rd_kafka_topic_partition_t& it = list->elems[i];
    if (it.err != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(fetcher_->asks(), parts_.cluster, it.err);
    offsets[static_cast<std::size_t>(it.partition)] =
        it.offset < 0 ? UINT64_MAX : static_cast<std::uint64_t>(it.offset);
  }
  return offsets;
}

Result<bool> Follower::read_some() {
  LogStore::Index index;
  for (std::uint32_t partition = 0; partition < partitions_.size(); ++partition) {
    Partition& it = partitions_[partition];
    for (std::size_t messages = 0; messages < kMessagesATurn; ++messages) {
      const auto message = it.reading->next_fetched();
      if (!message) return message.error();
      if (*message == nullptr) break;
      note(**message, index);
    }
    if (it.reading->position() > it.position) index.followed.push_back({partition, it.reading->position()});
  }
  if (index.followed.empty()) {
    for (Partition& it : partitions_) {
      if (it.position < it.wanted) it.reading->nudge();
    }
    rd_kafka_poll(fetcher_->asks().get(), 0);  // Brings the complaints.
    return false;
  }
  if (const auto written = parts_.index.write(index); !written) return written.error();
  for (const Place& place : index.followed) partitions_[place.partition].position = place.offset;
  return true;
}

/// The first record with an id is the one that counts.
void Follower::note(const rd_kafka_message_t& message, LogStore::Index& index) {
  view_message(message, view_);
  const RecordView& record = records_.record(view_);
  std::string key = dedup_key(record.source, record.id, record.provenance);
  const auto known = parts_.index.find(key, view_.appended_at);
  if (known && *known) return;
  index.entries.push_back({std::move(key), {view_.place, view_.appended_at}});
}

Result<bool> Follower::reached_end(std::uint32_t partition) const {
  if (!begun_) return false;
  const auto end = fetcher_->end(partition, kShortTimeout);
  if (!end) return end.error();
  return partitions_[partition].position >= *end;
}

std::optional<std::string> Follower::warming() const {
  {
    const std::lock_guard lock(mutex_);
    if (trouble_) return trouble_->detail;
  }
  if (!begun_) return "the brokers were not asked yet which events are known";
  std::uint64_t done = 0, total = 0;
  for (const Partition& it : partitions_) {
    done += std::min(it.position.load(), it.wanted.load()) - it.begun;
    total += it.wanted - it.begun;
  }
  if (done == total) return std::nullopt;
  return "read the ids of " + std::to_string(done) + " of " + std::to_string(total) + " earlier events";
}

}  // namespace hookledger::kafka
