#include "ingest/kafka/fetcher.h"

#include <algorithm>

namespace hookledger::kafka {
namespace {

constexpr int kRequestTimeoutMs = static_cast<int>(kRequestTimeout.count());
constexpr int kPatienceMs = 10'000;
constexpr std::size_t kBatchMessages = 256;
/// So far ahead it is quicker to skip what comes than to begin anew.
constexpr std::uint64_t kSkipMax = 1000;

}  // namespace

Result<std::shared_ptr<const Client>> make_asking_client(const Cluster& cluster, Logger& logger) {
  auto client = Client::make(RD_KAFKA_CONSUMER, cluster, {}, logger);
  if (!client) return client.error();
  return std::shared_ptr<const Client>(std::move(*client));
}

Result<std::unique_ptr<Fetcher>> Fetcher::make(const Cluster& cluster, std::shared_ptr<const Client> asks,
                                               const std::string& topic, std::uint32_t partitions,
                                               const FetchAhead& ahead, Logger& logger) {
  auto client = Client::make(RD_KAFKA_CONSUMER, cluster,
                             {{"enable.partition.eof", "true"},
                              {"auto.offset.reset", "error"},
                              {"check.crcs", "true"},
                              {"fetch.min.bytes", ahead.gather_bytes},
                              {"fetch.wait.max.ms", ahead.gather_ms},
                              {"fetch.error.backoff.ms", "100"},
                              {"fetch.message.max.bytes", ahead.request_bytes},
                              {"queued.max.messages.kbytes", ahead.queue_kilobytes}},
                             logger);
  if (!client) return client.error();
  TopicHandle handle(rd_kafka_topic_new((*client)->get(), topic.c_str(), nullptr));
  if (!handle) return Error{ErrorCode::kUsage, "--topic " + topic + " is no name of a topic"};
  return std::unique_ptr<Fetcher>(
      new Fetcher(cluster, std::move(asks), std::move(*client), std::move(handle), partitions));
}

Fetcher::Fetcher(const Cluster& cluster, std::shared_ptr<const Client> asks, std::unique_ptr<Client> client,
                 TopicHandle topic, std::uint32_t partitions)
    : cluster_(cluster),
      asks_(std::move(asks)),
      client_(std::move(client)),
      topic_(std::move(topic)),
      sessions_(partitions) {}

Fetcher::~Fetcher() {
  for (std::uint32_t partition = 0; partition < sessions_.size(); ++partition) {
    sessions_[partition].watched.reset();
    rest(partition);
  }
}

void Fetcher::rest(std::uint32_t partition) {
  Session& session = sessions_[partition];
  drop(session);
  if (std::exchange(session.started, false)) {
    rd_kafka_consume_stop(topic_.get(), static_cast<std::int32_t>(partition));
  }
}

void Fetcher::drop(Session& session) {
  for (; session.at < session.batch.size(); ++session.at) rd_kafka_message_destroy(session.batch[session.at]);
  session.batch.clear();
  session.at = 0;
}

Result<std::unique_ptr<Fetcher::Reading>> Fetcher::read(std::uint32_t partition, std::uint64_t from) {
  Session& session = sessions_[partition];
  {
    const std::lock_guard lock(mutex_);
    if (session.busy) return std::unique_ptr<Reading>();
    session.busy = true;
  }
  auto reading = std::make_unique<Reading>(*this, partition, from);
  if (auto there = go_to(session, partition, from); !there) return there.error();
  return reading;
}

Result<void> Fetcher::go_to(Session& session, std::uint32_t partition, std::uint64_t offset) {
  if (session.started && !session.lost && session.position <= offset && offset - session.position <= kSkipMax)
    return {};
  drop(session);
  const auto p = static_cast<std::int32_t>(partition);
  const auto to = static_cast<std::int64_t>(offset);
  auto code = RD_KAFKA_RESP_ERR_NO_ERROR;
  if (session.started) {
    code = rd_kafka_seek(topic_.get(), p, to, kRequestTimeoutMs);
  } else if (rd_kafka_consume_start(topic_.get(), p, to) != 0) {
    code = rd_kafka_last_error();
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(*client_, cluster_, code);
  session.started = true;
  session.lost = false;
  session.position = offset;
  return {};
}

Result<void> Fetcher::await_topic() const {
  const auto known = partition_count(*client_, cluster_, rd_kafka_topic_name(topic_.get()), kRequestTimeoutMs);
  if (!known) return known.error();
  return {};
}

Result<std::uint64_t> Fetcher::ask(std::uint32_t partition, std::int64_t where,
                                   std::chrono::milliseconds timeout) const {
  // Not rd_kafka_query_watermark_offsets, which waits for brokers that are away as long as they are.
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_t* const asked = rd_kafka_topic_partition_list_add(
      list.get(), rd_kafka_topic_name(topic_.get()), static_cast<std::int32_t>(partition));
  asked->offset = where;
  auto code = rd_kafka_offsets_for_times(asks_->get(), list.get(), static_cast<int>(timeout.count()));
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = asked->err;
  rd_kafka_poll(asks_->get(), 0);  // Brings the complaints.
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(*asks_, cluster_, code);
  return static_cast<std::uint64_t>(asked->offset);
}

Result<std::uint64_t> Fetcher::first(std::uint32_t partition, std::chrono::milliseconds timeout) const {
  return ask(partition, RD_KAFKA_OFFSET_BEGINNING, timeout);
}

Result<std::uint64_t> Fetcher::end(std::uint32_t partition, std::chrono::milliseconds timeout) const {
  return ask(partition, RD_KAFKA_OFFSET_END, timeout);
}

Result<void> Fetcher::watch(std::uint32_t partition, Notify notify, void* opaque) {
  {
    const std::lock_guard lock(mutex_);
    if (sessions_[partition].watched) return {};
  }
  const auto at = end(partition);
  if (!at) return at.error();
  Session& session = sessions_[partition];
  {
    const std::lock_guard lock(mutex_);
    session.watched.reset(rd_kafka_queue_get_partition(client_->get(), rd_kafka_topic_name(topic_.get()),
                                                       static_cast<std::int32_t>(partition)));
    session.notify = notify;
    session.opaque = opaque;
    rd_kafka_queue_cb_event_enable(session.watched.get(), notify, opaque);
  }
  const auto reading = read(partition, *at);  // Unless somebody reads already, it is fetched from now on.
  if (!reading) return reading.error();
  return {};
}

Fetcher::Reading::Reading(Fetcher& fetcher, std::uint32_t partition, std::uint64_t from)
    : fetcher_(fetcher), session_(fetcher.sessions_[partition]), partition_(partition), from_(from) {}

Fetcher::Reading::~Reading() {
  bool left = false;
  {
    const std::lock_guard lock(fetcher_.mutex_);
    left =
        session_.watched && (session_.at < session_.batch.size() || rd_kafka_queue_length(session_.watched.get()) > 0);
    put_back();
    session_.busy = false;
  }
  // The client tells only when an empty queue gets its first message.
  if (left) session_.notify(fetcher_.client_->get(), session_.opaque);
}

/// Whoever looked for an end has had one message beyond it: the next reader need not go back for that.
void Fetcher::Reading::put_back() {
  if (!current_ || current_->err != RD_KAFKA_RESP_ERR_NO_ERROR || session_.at == 0 || session_.lost) return;
  session_.position = static_cast<std::uint64_t>(current_->offset);
  session_.batch[--session_.at] = current_.release();
}

/// The client's thread sleeps for up to a second once it has fetched enough, and nobody wakes it when that has been
/// read. A question to the same broker does.
void Fetcher::Reading::nudge() {
  const PartitionList list(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(list.get(), rd_kafka_topic_name(fetcher_.topic_.get()),
                                    static_cast<std::int32_t>(partition_))
      ->offset = RD_KAFKA_OFFSET_END;
  rd_kafka_offsets_for_times(fetcher_.client_->get(), list.get(), kRequestTimeoutMs);
}

const rd_kafka_message_t* Fetcher::Reading::peek(int timeout_ms) {
  if (session_.at < session_.batch.size()) return session_.batch[session_.at];
  session_.batch.resize(kBatchMessages);
  session_.at = 0;
  rd_kafka_topic_t* const topic = fetcher_.topic_.get();
  const auto partition = static_cast<std::int32_t>(partition_);
  // What is there already; only one is waited for, because a batch would wait until it is full.
  const ssize_t there = rd_kafka_consume_batch(topic, partition, 0, session_.batch.data(), kBatchMessages);
  session_.batch.resize(there > 0 ? static_cast<std::size_t>(there) : 0);
  if (session_.batch.empty()) {
    if (rd_kafka_message_t* const one = rd_kafka_consume(topic, partition, timeout_ms)) session_.batch.push_back(one);
  }
  return session_.batch.empty() ? nullptr : session_.batch.front();
}

Result<const rd_kafka_message_t*> Fetcher::Reading::next_below(std::uint64_t end) {
  while (session_.position < end) {
    const rd_kafka_message_t* message = peek(0);
    if (message == nullptr) {
      nudge();
      message = peek(kPatienceMs);
    }
    if (message == nullptr) {
      rd_kafka_poll(fetcher_.client_->get(), 0);
      return unreachable(*fetcher_.client_, fetcher_.cluster_, RD_KAFKA_RESP_ERR__TIMED_OUT);
    }
    const auto offset = static_cast<std::uint64_t>(message->offset);
    const bool at_end = message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF;
    if ((at_end || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) && offset >= end) return nullptr;
    current_.reset(session_.batch[session_.at++]);
    if (at_end) continue;
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(*message);
    session_.position = offset + 1;
    if (offset >= from_) return message;
  }
  return nullptr;
}

Result<const rd_kafka_message_t*> Fetcher::Reading::next_fetched() {
  while (const rd_kafka_message_t* const message = peek(0)) {
    current_.reset(session_.batch[session_.at++]);
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      session_.position = std::max(session_.position, static_cast<std::uint64_t>(message->offset));
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return failed(*message);
    session_.position = static_cast<std::uint64_t>(message->offset) + 1;
    if (session_.position > from_) return message;
  }
  return nullptr;
}

Error Fetcher::Reading::failed(const rd_kafka_message_t& message) {
  session_.lost = true;
  const std::string place = std::to_string(partition_) + "/" + std::to_string(session_.position);
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__BAD_MSG:
      return {ErrorCode::kCorruption,
              "record " + place + ": its bytes do not match the brokers' checksum; check that broker's disk"};
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return {ErrorCode::kUnavailable, "record " + place + " is not on the brokers any more: try again"};
    default: return unreachable(*fetcher_.client_, fetcher_.cluster_, message.err);
  }
}

}  // namespace hookledger::kafka
