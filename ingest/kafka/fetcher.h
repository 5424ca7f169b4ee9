#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "ingest/kafka/client.h"

namespace hookledger::kafka {

/// For questions alone. Brokers answer the requests of a connection one after the other, so that a question behind a
/// fetch waits for as long as that gathers records. `logger` outlives it. Errors: kUsage.
Result<std::shared_ptr<const Client>> make_asking_client(const Cluster& cluster, Logger& logger);

/// Of a question to the brokers.
inline constexpr std::chrono::milliseconds kRequestTimeout{5000};

/// How a partition is fetched.
struct FetchAhead {
  std::string request_bytes = "1048576";
  std::string queue_kilobytes = "8192";  ///< Ahead of the reader.
  std::string gather_bytes = "1";        ///< The brokers wait until there is so much, or for `gather_ms`.
  std::string gather_ms = "500";
};

/// Fetches partitions of one topic, each into a queue of its own. A partition goes on being fetched when its reader has
/// gone, so that the next one, which as a rule begins where the last ended, waits for nothing. Threads: any.
class Fetcher {
 public:
  class Reading;

  /// `asks`: a client that fetches nothing (`make_asking_client`); `logger` outlives the fetcher. Errors: kUsage.
  static Result<std::unique_ptr<Fetcher>> make(const Cluster& cluster, std::shared_ptr<const Client> asks,
                                               const std::string& topic, std::uint32_t partitions,
                                               const FetchAhead& ahead, Logger& logger);
  ~Fetcher();

  /// Nothing while another has the partition. The fetcher outlives the reading. Errors: kUnavailable.
  Result<std::unique_ptr<Reading>> read(std::uint32_t partition, std::uint64_t from);
  /// Fetches the partition no more, until it is read again. Nobody may be reading it.
  void rest(std::uint32_t partition);

  /// Of the first message that is there, and one past the last, as the brokers say now. Errors: kUnavailable.
  Result<std::uint64_t> first(std::uint32_t partition, std::chrono::milliseconds timeout = kRequestTimeout) const;
  Result<std::uint64_t> end(std::uint32_t partition, std::chrono::milliseconds timeout = kRequestTimeout) const;

  using Notify = void (*)(rd_kafka_t*, void* opaque);
  /// Calls `notify`, on any thread, whenever there is something that no reader has had: it was fetched, or left behind
  /// by a reader that has gone. Begins to fetch at the end. Errors: kUnavailable.
  Result<void> watch(std::uint32_t partition, Notify notify, void* opaque);

  /// Waits until the client that fetches knows the topic: one that was told too early that there is none asks again
  /// only much later. Errors: as partition_count.
  Result<void> await_topic() const;

  /// To ask the brokers other things.
  const Client& asks() const { return *asks_; }

 private:
  struct Session {
    bool started = false;
    bool lost = false;           ///< The client has stopped after an error.
    std::uint64_t position = 0;  ///< Of the message that comes next.
    std::vector<rd_kafka_message_t*> batch;
    std::size_t at = 0;  ///< In the batch.

    bool busy = false;
    QueueHandle watched;  ///< Where the client puts what it fetches; null unless the partition is watched.
    Notify notify = nullptr;
    void* opaque = nullptr;
  };

  Fetcher(const Cluster& cluster, std::shared_ptr<const Client> asks, std::unique_ptr<Client> client, TopicHandle topic,
          std::uint32_t partitions);
  Result<std::uint64_t> ask(std::uint32_t partition, std::int64_t where, std::chrono::milliseconds timeout) const;
  Result<void> go_to(Session& session, std::uint32_t partition, std::uint64_t offset);
  static void drop(Session& session);

  const Cluster cluster_;
  const std::shared_ptr<const Client> asks_;
  std::unique_ptr<Client> client_;
  TopicHandle topic_;
  mutable std::mutex mutex_;  ///< Guards `busy` and what is below it; who made a session busy has the rest of it alone.
  std::vector<Session> sessions_;
};

/// The messages of one partition from an offset on. One thread.
class Fetcher::Reading {
 public:
  Reading(Fetcher& fetcher, std::uint32_t partition, std::uint64_t from);
  ~Reading();
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  /// The next message that `end` does not exclude; null when there is none below it. Valid until the next call.
  /// Errors: kCorruption (the brokers' checksum), kUnavailable (nothing came for long, or what is asked for is gone).
  Result<const rd_kafka_message_t*> next_below(std::uint64_t end);
  /// Makes the client go on fetching at once. To be called when there is more than it has fetched.
  void nudge();
  /// The next message that has been fetched already; null when none has.
  Result<const rd_kafka_message_t*> next_fetched();
  /// One past the last offset that was read, or where the partition was said to end.
  std::uint64_t position() const { return session_.position; }

 private:
  friend class Fetcher;
  void put_back();
  /// Null at the timeout.
  const rd_kafka_message_t* peek(int timeout_ms);
  Error failed(const rd_kafka_message_t& message);

  Fetcher& fetcher_;
  Session& session_;
  const std::uint32_t partition_;
  const std::uint64_t from_;
  MessageHandle current_;
};

}  // namespace hookledger::kafka
