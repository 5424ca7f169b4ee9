#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "replay/recovery/active_comparison.h"
#include "replay/recovery/question_book.h"
#include "replay/recovery/recovery.h"
#include "replay/recovery/sweep_position.h"
#include "schemas/logging.h"

namespace hookledger {

/// The rules whose findings say that something was lost: while one is open, the provider is asked about its call.
bool is_about_loss(std::string_view rule);

/// Keeps recovering what one source lost, on a thread of its own: at its start what failed while we were down, then on
/// a schedule, and whenever a finding about loss opens, again with growing pauses until that is resolved. A provider
/// that fails delays it and loses nothing. Nothing waits for it.
class Recoverer {
 public:
  struct Options {
    std::vector<std::string> connections;  ///< Whose active calls are compared with the open ones.
    Duration interval = std::chrono::minutes(5);
    std::string folder;      ///< For the position; made when absent.
    std::uint64_t seed = 0;  ///< Of the jitter.
  };
  struct Parts {  ///< All outlive it.
    Recovery& recovery;
    const LogReader& log;
    Recovery::States states;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
  };

  Recoverer(Options options, Parts parts);
  ~Recoverer();  ///< Ends the request that is under way; what was not asked is asked by the next.
  Recoverer(const Recoverer&) = delete;
  Recoverer& operator=(const Recoverer&) = delete;

  /// The destructor then has little to wait for.
  void request_stop() { thread_.request_stop(); }

 private:
  using Instant = std::chrono::steady_clock::time_point;

  void work(const std::stop_token& stop);
  /// What it does, a step of each at a time, so that none waits for the end of another. Each says false when there was
  /// nothing to do, and rests for itself when it failed.
  struct Task {
    Result<bool> (Recoverer::*step)(const std::stop_token& stop);
    bool asks_the_provider = true;
    Instant rest_until = Instant::min();
    std::string trouble{};  ///< Of the last step; empty when it went well.
    Duration last_rest{};   ///< After an answer that is none; longer each time.
  };
  static Duration rest_after(const Error& error, Task& task);
  void warn_of_unreadable(std::uint64_t events);
  bool run(Task& task, const std::stop_token& stop);
  Result<bool> find_questions(const std::stop_token& stop);
  Result<void> look_at_findings();
  Result<bool> sweep(const std::stop_token& stop);
  Result<bool> ask(const std::stop_token& stop);
  Result<bool> compare_active(const std::stop_token& stop);

  struct Loss;
  Result<Loss> loss_of(const std::string& call_id) const;
  Result<void> question_open_calls(const std::set<std::string>& active);
  Result<void> begin_sweep(const std::set<std::uint32_t>& partitions);
  Result<bool> go_on_at(std::uint64_t page);
  Result<bool> pass_over_page(const Error& why, const std::stop_token& stop);
  Time unasked_since(std::uint32_t partition) const;
  std::map<std::uint32_t, Time> last_records() const;
  std::optional<Time> last_received(std::uint32_t partition) const;
  void measure();

  const Options options_;
  const Parts parts_;
  const SweepFile file_;
  Metrics::Gauge& waiting_;
  Metrics::Gauge& oldest_;
  // Of its thread alone.
  QuestionBook questions_;
  ActiveComparison comparison_;
  std::string wrong_;                          ///< With the last one.
  std::optional<SweepPosition> position_;      ///< Read when the first sweep begins.
  std::map<std::uint32_t, Time> last_before_;  ///< Last records before it began, until the first sweep begins.
  std::optional<Time> waiting_since_;          ///< For a partition to be opened.
  unsigned refusals_ = 0;                      ///< Of pages of the sweep, in a row.
  std::uint64_t digest_ = 0;                   ///< Of its last page.
  Instant find_at_ = Instant::min(), sweep_at_ = Instant::min(), compare_at_ = Instant::min();
  std::map<std::string, std::string> cursors_;  ///< Where lists are read on, by what they are lists of.
  std::vector<Task> tasks_;

  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace hookledger
