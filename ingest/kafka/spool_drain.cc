#include "ingest/kafka/spool_drain.h"

namespace hookledger::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdlePause{50}, kRetryPause{500};
constexpr std::size_t kRecordsAtOnce = 1000, kBytesAtOnce = 8 * 1024 * 1024;

}  // namespace

SpoolDrain::SpoolDrain(Parts parts, std::uint32_t partitions, std::function<Result<void>()> before)
    : parts_(parts),
      partitions_(partitions),
      before_(std::move(before)),
      drained_(parts.metrics.counter("hookledger_spool_drained_total", "Records that left the spool for the brokers.")),
      thread_([this] { run(); }) {}

SpoolDrain::~SpoolDrain() { stop(); }

void SpoolDrain::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

/// False when it is time to stop.
bool SpoolDrain::pause(milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [&] { return stopping_; });
}

void SpoolDrain::run() {
  milliseconds rest{0};
  while (pause(rest)) {
    const auto busy = round();
    if (!busy) note("the spool cannot be drained yet", busy.error());
    rest = !busy ? kRetryPause : *busy ? milliseconds(0) : kIdlePause;
  }
}

void SpoolDrain::note(const std::string& what, const Error& error) {
  if (error.detail == last_failure_) return;
  last_failure_ = error.detail;
  parts_.logger.warning(what, {{"reason", error.detail}});
}

Result<bool> SpoolDrain::round() {
  if (auto ready = before_(); !ready) return ready.error();
  bool busy = false;
  for (std::uint32_t partition = 0; partition < partitions_ && pause(milliseconds(0)); ++partition) {
    if (parts_.spool.empty(partition)) continue;
    const auto drained = drain(partition);
    if (!drained) return drained.error();  // The others would wait for the same brokers.
    busy = busy || *drained > 0;
  }
  return busy;
}

Result<std::size_t> SpoolDrain::drain(std::uint32_t partition) {
  if (parts_.appender.unsure(partition)) return std::size_t{0};
  const auto reached_end = parts_.follower.reached_end(partition);
  if (!reached_end) return reached_end.error();
  if (!*reached_end) return std::size_t{0};
  const auto records = parts_.spool.head(partition, kRecordsAtOnce, kBytesAtOnce);
  if (!records) return records.error();
  const auto outcomes = append(*records);
  std::vector<Spool::Waiting> drained;
  std::optional<Error> failure;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (outcomes[i]) {
      drained.push_back((*records)[i]);
    } else if (outcomes[i].error().code == ErrorCode::kInvalid) {
      parts_.spool.set_aside((*records)[i]);
      parts_.logger.error("the brokers refuse a record of the spool: it stays there until this sink is restarted",
                          {{"partition", std::to_string(partition)}, {"reason", outcomes[i].error().detail}});
    } else {
      failure = outcomes[i].error();
    }
  }
  if (auto removed = parts_.spool.remove(drained); !removed) return removed.error();
  drained_.add(static_cast<double>(drained.size()));
  if (failure) return *failure;
  return records->size();
}

std::vector<Result<Appended>> SpoolDrain::append(const std::vector<Spool::Waiting>& records) {
  std::vector<Append> appends;
  for (const Spool::Waiting& waiting : records) {
    const RecordView record = decode_record(waiting.record).value();  // `head` has checked it.
    Append& append = appends.emplace_back(make_append(record, waiting.record, waiting.place.partition));
    append.observer = this;
    append.token = appends.size() - 1;
  }
  std::unique_lock lock(mutex_);
  unreported_ = appends.size();
  outcomes_.assign(appends.size(), Appended{});
  parts_.appender.submit_spooled(std::move(appends));
  reported_.wait(lock, [&] { return unreported_ == 0; });
  return std::exchange(outcomes_, {});
}

void SpoolDrain::appended(std::vector<AppendOutcome> outcomes) {
  const std::lock_guard lock(mutex_);
  unreported_ -= outcomes.size();
  for (AppendOutcome& outcome : outcomes) outcomes_[outcome.token] = std::move(outcome.result);
  if (unreported_ == 0) reported_.notify_all();
}

}  // namespace hookledger::kafka
