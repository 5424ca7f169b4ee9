#pragma once

#include <atomic>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ingest/kafka/record_producer.h"
#include "ingest/kafka/spool.h"
#include "ingest/log/committer.h"
#include "ingest/log/log_store.h"

namespace hookledger::kafka {

/// What is not acknowledged in time.
struct Patience {
  std::chrono::milliseconds spool{500};     ///< Goes to the spool, or without one fails.
  std::chrono::milliseconds give_up{3000};  ///< The client gives it up. Only then does the spool's turn come.
};

/// Appends to the topic: gives duplicates their original's place, produces the rest (acks=all, idempotent), and reports
/// when the brokers have acknowledged. One thread does it all. What comes for a partition while it waits for an
/// acknowledgement goes together when that has come: a batch follows load, and an idle log waits for nothing.
///
/// A partition whose brokers do not acknowledge in time is away: what comes for it goes to the spool until that is
/// empty again, so that its order stays.
class Appender {
 public:
  struct Parts {  ///< All outlive the appender.
    const Cluster& cluster;
    LogStore& index;
    Spool* spool;  ///< Null: without one.
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };

  /// Errors: kUsage.
  static Result<std::unique_ptr<Appender>> make(Parts parts, std::uint32_t partitions, const CommitLimits& limits,
                                                const Patience& patience);
  ~Appender();
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;

  /// As EventLog::submit.
  Result<void> submit(std::span<Append> appends);
  /// What the spool held: never goes back there, but fails. May go over the limits.
  void submit_spooled(std::vector<Append> appends);

  /// Is a record of the partition, not from the spool, still with the client? It may yet be appended.
  bool unsure(std::uint32_t partition) const { return unsure_[partition] > 0; }
  std::size_t queued() const;
  LogHealth health() const;
  /// Finishes what is queued, then refuses appends. What is not acknowledged goes to the spool.
  void stop();

 private:
  struct Waiter {
    AppendObserver* observer;
    std::uint64_t token;
    bool delivery;  ///< Not fetched: it counts as one.
  };
  /// A record on its way to the brokers.
  struct Flight {
    Append append;  ///< Without the record once that is in the spool.
    bool from_spool = false;
    bool sent = false;      ///< The client has it, and will report.
    bool answered = false;  ///< In the spool, or failed: the client's report only tells the index.
    std::chrono::steady_clock::time_point since{};
    Time appended_at{};
    std::vector<Waiter> duplicates{};
    std::list<Flight>::iterator self{};
    std::string failure{};  ///< What the client reported: empty when it was appended, at `offset`.
    bool refused = false;   ///< It failed, and always will.
    std::uint64_t offset = 0;
  };
  using Flights = std::list<Flight>;
  struct Queued {
    Append append;
    bool from_spool;
  };

  Appender(Parts parts, std::uint32_t partitions, const CommitLimits& limits, const Patience& patience);
  Result<void> connect();
  void wake();
  void run();
  bool take_queue(std::vector<Queued>& batch);
  void poll(bool wait);
  static Waiter waiter_of(const Append& append) { return {append.observer, append.token, append.unless_known.empty()}; }
  void accept(Queued queued, Time now);
  Flight* flying(const Append& append) const;
  Result<std::optional<LogStore::DedupEntry>> known(const Append& append, Time now) const;
  void take_off(Queued queued, Time now);
  void send_waiting();
  void send(Flight& flight);
  static void set_failure(Flight& flight, rd_kafka_resp_err_t code);
  void settle_reports();
  void settle(Flight& flight);
  void replace_producer(const std::string& why);
  void fail_overdue();
  void give_up(Flight& flight, const std::string& reason);
  void flush_spool();
  void come_back();
  void set_away(std::uint32_t partition, const std::string& reason);
  void report(const Waiter& waiter, Result<Appended> result) {
    outcomes_[waiter.observer].push_back({waiter.token, std::move(result)});
  }
  void flush_index();
  void flush_outcomes();

  const Parts parts_;
  const CommitLimits limits_;
  const Patience patience_;
  Metrics::Histogram& seconds_;
  Metrics::Counter& spooled_;
  Metrics::Counter& refused_;

  mutable std::mutex mutex_;  ///< Guards all down to `reason_`.
  std::vector<Queued> queue_;
  std::size_t queue_bytes_ = 0;
  bool stopping_ = false, idle_ = false;
  std::string reason_;  ///< Why a partition was last away.

  std::atomic<std::size_t> flying_records_ = 0, flying_bytes_ = 0;
  std::atomic<std::uint32_t> away_count_ = 0;
  std::vector<std::atomic<std::uint64_t>> unsure_;

  // The appender's thread alone, down to `producer_`:
  Flights flights_;                            ///< In the order in which they came.
  std::vector<std::vector<Flight*>> waiting_;  ///< By partition: not sent yet.
  std::vector<std::size_t> sent_;              ///< By partition: how many the client has.
  std::unordered_map<std::string_view, Flight*> by_key_;
  std::vector<Flight*> reports_;
  std::vector<bool> away_;
  std::chrono::steady_clock::time_point last_failure_{};
  std::vector<Append> to_spool_;
  LogStore::Index index_;  ///< To be written.
  std::map<Place, std::uint32_t> deliveries_;
  std::unordered_map<AppendObserver*, std::vector<AppendOutcome>> outcomes_;

  std::unique_ptr<RecordProducer> producer_;  ///< Replaced under `mutex_`.
  std::thread thread_;
};

}  // namespace hookledger::kafka
