#include "projector/alerter.h"

#include <filesystem>
#include <utility>

#include "schemas/crypto.h"

namespace hookledger {
namespace {

using std::chrono::milliseconds;

/// How long nothing is looked for when there was nothing, and after a failure of store or log.
constexpr milliseconds kIdleWait{200};
constexpr Duration kRetryWait = std::chrono::seconds(1);
/// What a restart looks at again, and how often what was told is looked at again.
constexpr Duration kFlushEvery = std::chrono::seconds(30), kLookBackEvery = std::chrono::seconds(10);
constexpr Duration kKeepPlacesEvery = std::chrono::seconds(3);
/// The fingerprint of a place at which a book began, and nothing is delivered yet: nobody's.
const std::string kNothingTold(16, '-');

std::string fingerprint_of(const AlertFilter& filter, const RuleSet& rules) {
  return fingerprint(filter) + "\n\n" + rules.fingerprint().conditions;
}

std::string short_fingerprint(const std::string& fingerprint) { return blake2b_256_hex(fingerprint).substr(0, 16); }

std::map<AttemptOutcome, Metrics::Counter*> counters(const std::string& alert, Metrics& metrics) {
  std::map<AttemptOutcome, Metrics::Counter*> counters;
  for (const auto outcome :
       {AttemptOutcome::kDelivered, AttemptOutcome::kRefused, AttemptOutcome::kFailed, AttemptOutcome::kGone}) {
    counters[outcome] =
        &metrics.counter("hookledger_alerts_total", "Attempts to tell a receiver, by what became of them.",
                         {{"alert", alert}, {"outcome", to_string(outcome)}});
  }
  return counters;
}

}  // namespace

struct Alerter::Entry {
  explicit Entry(Watched its) : watched(std::move(its)) {}
  std::uint32_t partition() const { return watched.partitions.front(); }
  bool of_calls() const { return watched.scope == Watched::Scope::kCalls; }
  bool of_subjects() const { return watched.scope == Watched::Scope::kSubjects; }

  const Watched watched;
  SubjectOwners owners;             ///< Of subjects.
  std::optional<AlertPlace> place;  ///< Of calls: where another was; of the alerter's thread alone.
  bool place_is_known = false;
  std::mutex mutex;  ///< Guards all below: held while the store is used.
  bool removed = false;
  std::unique_ptr<AlertBook> book;  ///< Null until it could be opened.
  std::optional<FindingWatch> watch;
  std::string failure;  ///< Of the last attempt; empty when it went well.
  RetrySchedule::Instant retry_at = RetrySchedule::Instant::min();
  RetrySchedule::Instant flush_at = RetrySchedule::Instant::min(), look_back_at = RetrySchedule::Instant::min();
};

Alerter::Alerter(Options options, const Parts& parts)
    : options_(std::move(options)),
      parts_(parts),
      fingerprint_(fingerprint_of(options_.filter, parts.rules)),
      waiting_(parts.metrics.gauge("hookledger_alerts_waiting", "Messages that wait to be told.",
                                   {{"alert", options_.alert}})),
      oldest_(parts.metrics.gauge("hookledger_alerts_oldest_waiting_seconds",
                                  "How long the oldest message that is not told has waited; 0: none waits.",
                                  {{"alert", options_.alert}})),
      disabled_gauge_(parts.metrics.gauge("hookledger_alert_disabled",
                                          "1 when the receiver answered 410: nothing is told before a restart.",
                                          {{"alert", options_.alert}})),
      told_(counters(options_.alert, parts.metrics)),
      places_(parts.places),
      subject_places_(parts.subject_places),
      schedule_(options_.seed),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Alerter::~Alerter() {
  thread_.request_stop();
  thread_.join();
  for (const auto& [key, entry] : entries_) {
    if (entry->book) (void)entry->book->flush();
    note_place(*entry);
  }
  (void)places_.keep();
  (void)subject_places_.keep();
  for (Metrics::Gauge* const gauge : {&waiting_, &oldest_, &disabled_gauge_}) gauge->set(0);
}

void Alerter::add(std::uint32_t key, Watched watched) {
  const std::lock_guard lock(mutex_);
  entries_[key] = std::make_shared<Entry>(std::move(watched));
}

void Alerter::remove(std::uint32_t key) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    auto node = entries_.extract(key);
    if (node.empty()) return;
    entry = std::move(node.mapped());
  }
  const std::lock_guard lock(entry->mutex);
  entry->removed = true;
  entry->watch.reset();
  if (!entry->book) return;
  (void)entry->book->flush();
  note_place(*entry);
  entry->book.reset();
}

void Alerter::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const Entries entries = entries_;
    lock.unlock();
    bool busy = false;
    if (parts_.places != nullptr) find_places(entries);
    if (!disabled_) {
      busy = watch(entries);
      busy = send(entries, stop) || busy;
    }
    keep_places();
    measure(entries);
    lock.lock();
    if (!busy) changed_.wait_for(lock, stop, kIdleWait, [] { return false; });
  }
}

/// Without a lock, for it may take seconds; whoever has no place yet is not looked at.
void Alerter::find_places(const Entries& entries) {
  for (const auto& [key, entry] : entries) {
    if (!entry->of_calls() || entry->place_is_known || now().monotonic < entry->retry_at) continue;
    auto found = parts_.places->load(entry->partition());
    if (!found) return note_failure(*entry, found.error());  // The others would wait as long.
    entry->place = std::move(*found);
    entry->place_is_known = true;
  }
}

void Alerter::note_place(const Entry& entry) {
  if (parts_.places == nullptr || !entry.book) return;
  if (!entry.of_calls()) return note_subject_places(*entry.book);
  if (const auto& told = entry.book->told()) {
    places_.note(entry.partition(), {told->offsets.at(entry.partition()), told->at, short_fingerprint(fingerprint_)});
  } else if (const auto& progress = entry.book->progress(); progress && !entry.place) {
    places_.note(entry.partition(), {progress->past_offsets.at(entry.partition()), progress->past_at, kNothingTold});
  }
}

void Alerter::note_subject_places(const AlertBook& book) {
  const auto note = [&](const AlertProgress& progress, std::uint32_t partition, Time at,
                        const std::string& fingerprint) {
    subject_places_.note(partition, {progress.offsets.at(partition), at, fingerprint});
  };
  const auto& told = book.told();
  const auto& begun = book.progress();
  for (const auto& [partition, past] : begun ? begun->subjects : decltype(begun->subjects)()) {
    if (told && told->subjects.contains(partition)) {
      note(*told, partition, told->at, short_fingerprint(fingerprint_));
    } else if (!past.told) {
      note(*begun, partition, past.at, kNothingTold);
    }
  }
}

void Alerter::keep_places() {
  if (now().monotonic < keep_places_at_) return;
  keep_places_at_ = now().monotonic + kKeepPlacesEvery;
  auto kept = places_.keep();
  if (kept) kept = subject_places_.keep();
  const std::string failure = kept ? std::string() : kept.error().detail;
  if (std::exchange(places_failure_, failure) == failure || kept) return;
  parts_.logger.warning("cannot keep up to where a receiver was told, trying again",
                        {{"alert", options_.alert}, {"error", failure}});
}

bool Alerter::watch(const Entries& entries) {
  bool busy = false;
  for (const auto& [key, entry] : entries) {
    const std::lock_guard lock(entry->mutex);
    if (entry->removed || (parts_.places != nullptr && entry->of_calls() && !entry->place_is_known) ||
        now().monotonic < entry->retry_at)
      continue;
    const auto watched = watch(*entry);
    if (!watched) {
      note_failure(*entry, watched.error());
    } else {
      entry->failure.clear();
      note_place(*entry);
      busy = *watched || busy;
    }
  }
  return busy;
}

Result<bool> Alerter::watch(Entry& entry) {
  if (!entry.book) {
    if (const auto opened = open(entry); !opened) return opened.error();
  }
  const auto at = now();
  if (at.monotonic >= entry.look_back_at) {
    entry.look_back_at = at.monotonic + kLookBackEvery;
    if (const auto looked = entry.watch->look_back(at); !looked) return looked.error();
  }
  if (at.monotonic >= entry.flush_at) {
    entry.flush_at = at.monotonic + kFlushEvery;
    if (const auto flushed = entry.book->flush(); !flushed) return flushed.error();
  }
  return entry.watch->step(at);
}

Result<void> Alerter::open(Entry& entry) {
  std::error_code failed;
  std::filesystem::create_directories(entry.watched.folder, failed);
  if (failed) return Error{ErrorCode::kUnavailable, entry.watched.folder + " cannot be made: " + failed.message()};
  auto book = open_book(entry);
  if (!book) return book.error();
  const auto& progress = (*book)->progress();
  if (entry.place && progress && is_behind(*progress, entry.partition(), *entry.place)) {
    book->reset();
    if (std::filesystem::remove_all(entry.watched.folder, failed); !failed) book = open_book(entry);
    if (failed) return Error{ErrorCode::kUnavailable, entry.watched.folder + " cannot be removed: " + failed.message()};
    if (!book) return book.error();
  }
  if (entry.place && !(*book)->progress()) {
    const bool same_findings = entry.place->fingerprint == short_fingerprint(fingerprint_);
    const auto begun = (*book)->commit(begin_at(entry.partition(), *entry.place, same_findings, now().wall));
    if (!begun) return begun.error();
  }
  entry.book = std::move(*book);
  FindingWatch::Scope scope{!entry.of_subjects(), !entry.of_calls(), nullptr};
  if (entry.of_subjects()) {
    entry.owners = {entry.watched.here,
                    [this](std::uint32_t partition) { return parts_.subject_places->load(partition); },
                    short_fingerprint(fingerprint_)};
    scope.owners = &entry.owners;
  }
  entry.watch.emplace(FindingWatch::Parts{entry.watched.store, parts_.log, parts_.rules}, entry.watched.partitions,
                      *entry.book, scope);
  return {};
}

Result<std::unique_ptr<AlertBook>> Alerter::open_book(const Entry& entry) const {
  auto bytes = open_key_value(entry.watched.folder, KeyValueUse::kLive, entry.watched.memory);
  if (!bytes) return bytes.error();
  return AlertBook::open(std::move(*bytes), {options_.alert, options_.filter, options_.window, fingerprint_});
}

bool Alerter::send(const Entries& entries, const std::stop_token& stop) {
  if (!schedule_.open(now().monotonic)) return false;
  const auto sending = next_due(entries);
  if (!sending) return false;
  const auto answer = parts_.receiver.tell(sending->due.message.id, alert_body(sending->due.message), stop);
  if (stop.stop_requested() && answer.status == 0) return false;
  take_answer(*sending, answer);
  return true;
}

/// From each entry in turn.
std::optional<Alerter::Sending> Alerter::next_due(const Entries& entries) {
  std::optional<Sending> found;
  const auto look = [&](const Entries::value_type& at) {
    Entry& entry = *at.second;
    const std::lock_guard lock(entry.mutex);
    if (entry.removed || !entry.book) return false;
    auto due = entry.book->due(now());
    if (!due) note_failure(entry, due.error());
    if (!due || !*due) return false;
    first_ = at.first;
    found = Sending{at.second, std::move(**due)};
    return true;
  };
  const auto first = entries.upper_bound(first_);
  for (auto at = first; at != entries.end(); ++at) {
    if (look(*at)) return found;
  }
  for (auto at = entries.begin(); at != first; ++at) {
    if (look(*at)) return found;
  }
  return found;
}

void Alerter::take_answer(const Sending& sending, const ReceiverAnswer& answer) {
  const AttemptOutcome outcome = outcome_of(answer.status);
  say(outcome, answer);
  told_.at(outcome)->add();
  const std::lock_guard lock(sending.entry->mutex);
  take_outcome(*sending.entry, sending.due, outcome, answer.retry_after);
}

void Alerter::take_outcome(Entry& entry, const AlertBook::Due& due, AttemptOutcome outcome,
                           std::optional<Duration> retry_after) {
  const auto at = now().monotonic;
  switch (outcome) {
    case AttemptOutcome::kDelivered: {
      schedule_.delivered();
      if (!entry.book) return;
      if (const auto noted = entry.book->delivered(due.number); !noted) note_failure(entry, noted.error());
      return;
    }
    case AttemptOutcome::kRefused:
      if (entry.book) entry.book->put_off(due.number, schedule_.refused(at));
      return;
    case AttemptOutcome::kFailed: schedule_.failed(at, retry_after); return;
    case AttemptOutcome::kGone: disabled_ = true; return;
  }
}

/// Once for each thing there is to say.
void Alerter::say(AttemptOutcome outcome, const ReceiverAnswer& answer) {
  const std::string what = describe(answer);
  if (outcome == AttemptOutcome::kDelivered) {
    if (!std::exchange(last_said_, {}).empty()) {
      parts_.logger.info("the receiver of an alert is well again", {{"alert", options_.alert}});
    }
    return;
  }
  if (std::exchange(last_said_, what) == what) return;
  const Logger::Fields fields{{"alert", options_.alert}, {"answer", what}};
  switch (outcome) {
    case AttemptOutcome::kRefused:
      parts_.logger.warning("the receiver of an alert refuses a message, trying it again every few minutes", fields);
      break;
    case AttemptOutcome::kGone:
      parts_.logger.error("the receiver of an alert wants no more: nothing is told until a restart", fields);
      break;
    default: parts_.logger.warning("the receiver of an alert cannot be told, trying again", fields);
  }
}

void Alerter::note_failure(Entry& entry, const Error& error) {
  entry.retry_at = now().monotonic + kRetryWait;
  if (std::exchange(entry.failure, error.detail) != error.detail) {
    parts_.logger.warning("cannot keep up with the findings to be told, trying again",
                          {{"alert", options_.alert}, {"error", error.detail}});
  }
}

void Alerter::measure(const Entries& entries) {
  std::size_t waiting = 0;
  std::optional<Time> oldest;
  for (const auto& [key, entry] : entries) {
    const std::lock_guard lock(entry->mutex);
    if (!entry->book) continue;
    waiting += entry->book->waiting();
    const auto its = entry->book->oldest();
    if (its && (!oldest || *its < *oldest)) oldest = its;
  }
  const Duration age = oldest ? std::max(now().wall - *oldest, Duration(0)) : Duration(0);
  waiting_.set(static_cast<double>(waiting));
  oldest_.set(std::chrono::duration<double>(age).count());
  disabled_gauge_.set(disabled_ ? 1 : 0);
}

}  // namespace hookledger
