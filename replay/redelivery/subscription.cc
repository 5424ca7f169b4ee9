#include "replay/redelivery/subscription.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "replay/redelivery/lag_note.h"

namespace hookledger {
namespace {

using std::chrono::milliseconds;

/// How long nothing is looked for when there was nothing, when something waits for room, and after a failure.
constexpr milliseconds kIdleWait{100}, kRoomWait{10}, kRetryWait{1'000};
/// How often what is done is written, the log is asked when it grew and there is much to do, it is asked anyway, and
/// figures are told.
constexpr milliseconds kSaveEvery{20}, kLookThoughBusy{20}, kLookEvery{1'000}, kMeasureEvery{1'000};
/// What is noted is in the state a little later; until then it must not be noted again.
constexpr milliseconds kNoteEvery{5'000};
/// An application that is back after a deploy must not wait long, nor one that comes and goes.
constexpr CircuitBreaker::Longest kBreakLongest{.by_itself = std::chrono::seconds(2),
                                                .when_asked = std::chrono::seconds(10)};
/// What waits for its turn in the live lane: a second's worth, so that new records come soon.
constexpr std::size_t kLiveMax = 500, kBacklogMax = 1'000;
/// Later records of calls that fail wait without their bodies: 20 MiB.
constexpr std::size_t kWaitingMax = 100'000;
/// Of a partition, that need not be called a backlog.
constexpr std::uint64_t kBehindMin = 16;

std::size_t live_max(const Subscription::Options& options) {
  if (options.rate <= 0) return kLiveMax;
  return std::clamp<std::size_t>(static_cast<std::size_t>(options.rate), 2 * options.parallel, kLiveMax);
}

Dispatcher::Options dispatch(const Subscription::Options& options) {
  GiveUpAfter give_up = options.give_up;
  give_up.away_counts = false;
  return {.key = options.key,
          .rate = options.rate,
          .give_up = give_up,
          .records_max = kWaitingMax,
          .ready_max = {live_max(options), kBacklogMax},
          .break_longest = kBreakLongest,
          .seed = options.seed,
          .endpoints_per_thread = options.endpoints_per_thread};
}

}  // namespace

struct Subscription::Figures {
  Figures(Metrics& metrics, const std::string& name)
      : undelivered(metrics.gauge("hookledger_subscription_lag_records",
                                  "Records that a subscription has not dealt with yet.", {{"subscription", name}})),
        oldest(metrics.gauge("hookledger_subscription_lag_seconds",
                             "How long ago the oldest of them was received; 0: there is none.",
                             {{"subscription", name}})),
        dead_letters(metrics.gauge("hookledger_subscription_dead_letters",
                                   "Records that were given up, and wait for somebody.", {{"subscription", name}})),
        broken(metrics.gauge("hookledger_subscription_broken",
                             "1 while the application fails and is left alone for a while.", {{"subscription", name}})),
        disabled(metrics.gauge("hookledger_subscription_disabled",
                               "1 when the application answered 410: nothing is delivered any more.",
                               {{"subscription", name}})),
        trouble(metrics.gauge("hookledger_subscription_trouble",
                              "1 while records cannot be read for it, or what is delivered cannot be kept.",
                              {{"subscription", name}})),
        given_up(metrics.counter("hookledger_subscription_given_up_total", "Records that became dead letters.",
                                 {{"subscription", name}})) {
    for (const auto outcome :
         {AttemptOutcome::kDelivered, AttemptOutcome::kRefused, AttemptOutcome::kFailed, AttemptOutcome::kGone}) {
      attempts[outcome] = &metrics.counter("hookledger_subscription_attempts_total",
                                           "Attempts to deliver a record, by what became of them.",
                                           {{"subscription", name}, {"outcome", to_string(outcome)}});
    }
  }

  Metrics::Gauge &undelivered, &oldest, &dead_letters, &broken, &disabled, &trouble;
  Metrics::Counter& given_up;
  std::map<AttemptOutcome, Metrics::Counter*> attempts;
};

struct Subscription::Entry {
  explicit Entry(Watched its) : watched(std::move(its)) {}

  const Watched watched;
  std::mutex mutex;  ///< Guards the two below.
  bool removed = false;
  std::shared_ptr<SubscriptionFeed> feed;  ///< Null until it could be opened.
  // Of the subscription's thread alone:
  std::string unread, unkept;  ///< What is wrong; empty: nothing.
  std::chrono::steady_clock::time_point retry_at = std::chrono::steady_clock::time_point::min(), save_at = retry_at;
  bool look = true;

  std::shared_ptr<SubscriptionFeed> get() {
    const std::lock_guard lock(mutex);
    return feed;
  }
};

Subscription::Subscription(Options options, const Parts& parts)
    : options_(std::move(options)),
      parts_(parts),
      figures_(std::make_unique<Figures>(parts.metrics, options_.name)),
      news_(options_.name, parts.logger) {
  std::vector<std::unique_ptr<Endpoint>> endpoints;
  for (unsigned i = 0; i < options_.parallel; ++i) endpoints.push_back(parts_.make_endpoint());
  const auto load = [this](Place place) -> Result<std::string> {
    auto stored = parts_.log.read(place);
    if (!stored) return stored.error();
    return std::move(stored->bytes);
  };
  dispatcher_.emplace(dispatch(options_), Dispatcher::Parts{parts_.clock, *this, load}, std::move(endpoints));
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

Subscription::~Subscription() {
  stop(milliseconds(0));
  dispatcher_.reset();
  for (Metrics::Gauge* const gauge : {&figures_->undelivered, &figures_->oldest, &figures_->dead_letters,
                                      &figures_->broken, &figures_->disabled, &figures_->trouble}) {
    gauge->set(0);
  }
}

void Subscription::pause() { (void)dispatcher_->pause(milliseconds(0)); }

void Subscription::stop(milliseconds timeout) {
  if (stopped_.exchange(true)) return;
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
  (void)dispatcher_->pause(timeout);
  for (const auto& [key, entry] : entries()) {
    if (const auto feed = entry->get()) feed->close();
  }
  tell_places();
  for (const auto& [key, entry] : entries()) {
    const std::lock_guard lock(entry->mutex);
    entry->feed.reset();
  }
}

void Subscription::add(std::uint32_t key, Watched watched) {
  const auto entry = std::make_shared<Entry>(std::move(watched));
  (void)open(*entry);  // Its thread tries again, and says what is wrong.
  const std::lock_guard lock(mutex_);
  entries_[key] = entry;
}

void Subscription::remove(std::uint32_t key) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    auto node = entries_.extract(key);
    if (node.empty()) return;
    entry = std::move(node.mapped());
  }
  std::shared_ptr<SubscriptionFeed> feed;
  {
    const std::lock_guard lock(entry->mutex);
    entry->removed = true;
    if (entry->feed) entry->feed->close();
    feed = std::move(entry->feed);
    for (const std::uint32_t partition : entry->watched.partitions) dispatcher_->drop(partition);
  }
  tell_places(feed);
}

void Subscription::attempted(AttemptOutcome outcome, const ReceiverAnswer& answer) {
  figures_->attempts.at(outcome)->add();
  news_.attempted(outcome, answer);
}

void Subscription::finished(const DeliveryResult& result) {
  if (result.delivery == Delivery::kGivenUp) {
    figures_->given_up.add();
    news_.given_up(result);
  }
  const auto entry = entry_of(result.place.partition);
  if (!entry) return;
  if (const auto feed = entry->get()) feed->finished(result);
}

void Subscription::work(const std::stop_token& stop) {
  std::uint64_t seen = 0;
  bool look = true;
  auto look_anyway = now(), look_though_busy = now(), measure_at = now();
  while (!stop.stop_requested()) {
    const Entries all = entries();
    bool busy = false, more = false;
    for (const auto& [key, entry] : all) {
      busy = step(*entry, look) || busy;
      const auto feed = entry->get();
      more = more || (feed && feed->has_more());
    }
    if (now() >= measure_at) {
      measure(all);
      tell_places();
      measure_at = now() + kMeasureEvery;
    }
    const auto wait = busy ? milliseconds(0) : more ? kRoomWait : kIdleWait;
    const std::uint64_t change = parts_.log.wait_for_change(seen, wait);
    look = (change != seen && (!busy || now() >= look_though_busy)) || now() >= look_anyway;
    if (!look) continue;
    seen = change;
    look_anyway = now() + kLookEvery;
    look_though_busy = now() + kLookThoughBusy;
  }
}

bool Subscription::step(Entry& entry, bool look) {
  entry.look = entry.look || look;
  if (now() < entry.retry_at) return false;
  if (entry.get() == nullptr) {
    const auto opened = open(entry);
    tell(entry.unread, opened, "cannot deliver records, trying again");
    if (!opened) entry.retry_at = now() + kRetryWait;
  }
  const auto feed = entry.get();
  if (!feed) return false;
  if (now() >= entry.save_at) {
    const auto saved = feed->save();
    tell(entry.unkept, saved, "what is delivered cannot be kept: after a restart it would be delivered again");
    entry.save_at = now() + (saved ? kSaveEvery : kRetryWait);
  }
  const auto stepped = feed->step(std::exchange(entry.look, false));
  tell(entry.unread, stepped ? Result<void>() : Result<void>(stepped.error()),
       "cannot deliver some records, trying again");
  return stepped && *stepped;
}

Result<void> Subscription::open(Entry& entry) {
  const std::string& folder = entry.watched.folder;
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return Error{ErrorCode::kUnavailable, folder + " cannot be made: " + failed.message()};
  const auto known = known_of(entry);
  if (!known) return known.error();
  const std::lock_guard lock(entry.mutex);
  if (entry.removed) return {};
  auto book = SubscriptionBook::open(open_key_value(folder, KeyValueUse::kJournaled, entry.watched.memory));
  if (!book) return book.error();
  const std::size_t live = live_max(options_);
  auto feed = SubscriptionFeed::open({.filter = options_.filter,
                                      .from_start = options_.from_start,
                                      .behind_max = std::max<std::uint64_t>(live / parts_.log.partitions(), kBehindMin),
                                      .live_max = live,
                                      .backlog_max = kBacklogMax},
                                     {parts_.log, entry.watched.store, *dispatcher_, parts_.clock},
                                     entry.watched.partitions, std::move(*book), *known);
  if (!feed) return feed.error();
  if (auto told = tell_begun(**feed, *known); !told) return told.error();
  entry.feed = std::move(*feed);
  return {};
}

Result<SubscriptionPlaces::ByPartition> Subscription::known_of(const Entry& entry) const {
  SubscriptionPlaces::ByPartition known;
  if (parts_.places == nullptr) return known;
  for (const std::uint32_t partition : entry.watched.partitions) {
    auto done = parts_.places->load(partition);
    if (!done) return done.error();
    if (*done) known[partition] = std::move(**done);
  }
  return known;
}

/// Whoever has a partition next goes on from where it was begun, whatever happens to this machine.
Result<void> Subscription::tell_begun(SubscriptionFeed& feed, const SubscriptionPlaces::ByPartition& known) {
  if (parts_.places == nullptr) return {};
  auto begun = feed.places();
  if (!begun) return begun.error();
  for (const auto& [partition, done] : known) begun->erase(partition);
  return begun->empty() ? Result<void>() : parts_.places->store(*begun);
}

/// Of all feeds, and of one that is no longer among them.
void Subscription::tell_places(const std::shared_ptr<SubscriptionFeed>& gone) {
  if (parts_.places == nullptr) return;
  const std::lock_guard lock(places_mutex_);
  std::vector<std::shared_ptr<SubscriptionFeed>> feeds{gone};
  for (const auto& [key, entry] : entries()) feeds.push_back(entry->get());
  SubscriptionPlaces::ByPartition all;
  Result<void> told;
  for (const auto& feed : feeds) {
    auto done = feed ? feed->places() : Result<SubscriptionPlaces::ByPartition>(SubscriptionPlaces::ByPartition());
    if (!done) told = done.error();
    if (done) all.merge(*done);
  }
  if (!all.empty()) {
    if (auto stored = parts_.places->store(all); !stored) told = stored;
  }
  if (!told) {
    parts_.logger.warning("others do not know what is delivered, and may deliver it again",
                          {{"subscription", options_.name}, {"reason", told.error().detail}});
  }
}

/// Each trouble once, and that it is over.
void Subscription::tell(std::string& trouble, const Result<void>& went, const char* what) {
  const std::string is = went ? std::string() : went.error().detail;
  if (std::exchange(trouble, is) == is) return;
  if (is.empty()) {
    parts_.logger.info("delivery goes on", {{"subscription", options_.name}});
  } else {
    parts_.logger.warning(what, {{"subscription", options_.name}, {"reason", is}});
  }
}

void Subscription::measure(const Entries& entries) {
  std::uint64_t undelivered = 0, dead_letters = 0;
  bool trouble = false;
  std::optional<Time> oldest;
  for (const auto& [key, entry] : entries) {
    const auto feed = entry->get();
    trouble = trouble || !entry->unread.empty() || !entry->unkept.empty();
    const auto figures = feed ? feed->figures() : Result<SubscriptionFeed::Figures>(SubscriptionFeed::Figures());
    if (!figures) continue;
    undelivered += figures->undelivered;
    dead_letters += figures->dead_letters;
    if (figures->oldest && (!oldest || *figures->oldest < *oldest)) oldest = figures->oldest;
  }
  const Duration age = oldest ? std::max(parts_.clock.wall() - *oldest, Duration(0)) : Duration(0);
  figures_->undelivered.set(static_cast<double>(undelivered));
  figures_->oldest.set(std::chrono::duration<double>(age).count());
  figures_->dead_letters.set(static_cast<double>(dead_letters));
  figures_->trouble.set(trouble ? 1 : 0);
  note_lag(entries, undelivered, age);
  const Dispatcher::Health health = dispatcher_->health();
  figures_->broken.set(health.breaker != CircuitBreaker::State::kClosed ? 1 : 0);
  figures_->disabled.set(health.gone ? 1 : 0);
  news_.say(health, now());
}

void Subscription::note_lag(const Entries& entries, std::uint64_t records, Duration age) {
  if (!parts_.note || entries.empty() || now() < note_at_) return;
  std::optional<LagTurn> turn;
  {
    Entry& entry = *entries.begin()->second;
    const std::lock_guard lock(entry.mutex);
    if (entry.removed) return;
    const auto device = entry.watched.store.find_device(lag_device(options_.name));
    if (device) turn = lag_turn(*device ? &**device : nullptr, age);
  }
  if (!turn) return;
  note_at_ = now() + kNoteEvery;
  const auto told = parts_.note(lag_event(options_.name, *turn, records, age, parts_.clock.wall()));
  if (!told) {
    parts_.logger.warning("the log cannot be told how far an application is behind, trying again",
                          {{"subscription", options_.name}, {"reason", told.error().detail}});
  }
}

Subscription::Entries Subscription::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

std::shared_ptr<Subscription::Entry> Subscription::entry_of(std::uint32_t partition) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, entry] : entries_) {
    if (std::ranges::find(entry->watched.partitions, partition) != entry->watched.partitions.end()) return entry;
  }
  return nullptr;
}

Result<std::vector<DeadLetter>> Subscription::letters(Place from, std::size_t max) const {
  std::vector<DeadLetter> all;
  for (const auto& [key, entry] : entries()) {
    const auto feed = entry->get();
    if (!feed) continue;
    auto letters = feed->letters().list(from, max);
    if (!letters) return letters.error();
    all.insert(all.end(), std::make_move_iterator(letters->begin()), std::make_move_iterator(letters->end()));
  }
  std::ranges::sort(all, {}, &DeadLetter::place);
  if (all.size() > max) all.erase(all.begin() + static_cast<std::ptrdiff_t>(max), all.end());
  return all;
}

Result<bool> Subscription::retry(Place place) {
  const auto entry = entry_of(place.partition);
  const auto feed = entry ? entry->get() : nullptr;
  return feed ? feed->letters().retry(place) : Result<bool>(false);
}

Result<bool> Subscription::drop(Place place) {
  const auto entry = entry_of(place.partition);
  const auto feed = entry ? entry->get() : nullptr;
  return feed ? feed->letters().drop(place) : Result<bool>(false);
}

}  // namespace hookledger
