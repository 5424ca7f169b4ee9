#include "replay/redelivery/redelivery.h"

#include <algorithm>
#include <thread>

#include "replay/redelivery/original_pace.h"

namespace hookledger {
namespace {

/// How long it sleeps at most before it looks whether it is to stop, and whether it is time to save.
constexpr std::chrono::milliseconds kLookAgain(50);

}  // namespace

/// From what is left of a job to the end of the run.
class Redelivery::Run {
 public:
  Run(const RedeliveryOptions& options, const Parts& parts, JobProgress progress,
      std::vector<std::unique_ptr<Endpoint>> endpoints, std::stop_token stop)
      : options_(options),
        parts_(parts),
        stop_(std::move(stop)),
        book_(std::move(progress), options.given_up_max),
        dispatcher_(options.dispatcher, {parts.clock, book_, [this](Place place) { return load(place); }},
                    std::move(endpoints)),
        save_at_(parts.clock.monotonic() + options.save_every) {
    if (options.speed) pace_.emplace(*options.speed);
  }

  Result<RedeliveryReport> go(const Selection& selection, std::vector<RecordWalk::Part> what) {
    const auto selects_next = [&](const RecordView& record) {
      tick();
      return selects(selection, record);
    };
    const auto passed = [&](std::uint32_t partition, OffsetRange range) { book_.passed(partition, range); };
    RecordWalk walk(parts_.log, std::move(what), selects_next, passed, stop_);
    bool sent_all = false;
    while (goes_on()) {
      const auto more = walk.next();
      if (!more) failed_ = more.error();
      sent_all = more && !*more && !stop_.stop_requested();
      if (!more || !*more || !await_turn(walk.record().received_at)) break;
      send(walk);
    }
    while (sent_all && goes_on() && !book_.wait_until_none(kLookAgain)) tick();
    return finish(sent_all);
  }

 private:
  using Instant = std::chrono::steady_clock::time_point;

  bool goes_on() const { return !failed_ && !gone_ && !too_many_ && !stop_.stop_requested(); }

  /// Now and then: shows how far it is, saves, and looks whether it is to go on.
  void tick() {
    const Instant now = parts_.clock.monotonic();
    if (now < look_at_ || failed_) return;
    look_at_ = now + kLookAgain;
    const Dispatcher::Health health = dispatcher_.health();
    gone_ = health.gone;
    const JobProgress progress = book_.progress();
    const bool is_well = health.breaker == CircuitBreaker::State::kClosed;
    if (parts_.show) parts_.show(progress.delivered, is_well ? std::string() : book_.complaint());
    if (now < save_at_) return;
    save_at_ = now + options_.save_every;
    if (const auto saved = parts_.folder.save(progress); !saved) failed_ = saved.error();
  }

  /// Begins the next record, received at `at`, when it may go. False: nothing may any more.
  bool await_turn(Time at) {
    if (pace_) await(pace_->due(at, parts_.clock.monotonic()));
    while (room_ == 0 && goes_on()) {
      room_ = dispatcher_.wait_for_room(kLookAgain);
      tick();
    }
    if (!goes_on()) return false;
    too_many_ = !book_.begin();
    if (!too_many_) --room_;
    return !too_many_;
  }

  void await(Instant due) {
    for (Instant now; goes_on() && (now = parts_.clock.monotonic()) < due; tick()) {
      std::this_thread::sleep_for(std::min<Instant::duration>(due - now, kLookAgain));
    }
  }

  void send(const RecordWalk& walk) {
    Outgoing outgoing{.place = walk.place(), .key = std::string(walk.record().key), .record = {}};
    if (dispatcher_.has_room_for_bytes()) outgoing.record = walk.bytes();
    dispatcher_.add(std::move(outgoing));
  }

  Result<std::string> load(Place place) const {
    auto stored = parts_.log.read(place);
    if (!stored) return stored.error();
    return std::move(stored->bytes);
  }

  Result<RedeliveryReport> finish(bool sent_all) {
    dispatcher_.pause(options_.patience);
    gone_ = dispatcher_.health().gone;
    const auto saved = parts_.folder.save(book_.progress());
    if (failed_) return *failed_;
    if (!saved) return saved.error();
    RedeliveryReport report{RedeliveryEnd::kStopped, book_.counts(), book_.given_up()};
    if (gone_) {
      report.end = RedeliveryEnd::kGone;
    } else if (sent_all && book_.wait_until_none({})) {
      report.end = RedeliveryEnd::kDone;
    } else if (too_many_) {
      report.end = RedeliveryEnd::kTooMany;
    }
    return report;
  }

  const RedeliveryOptions& options_;
  const Parts& parts_;
  const std::stop_token stop_;
  JobBook book_;
  Dispatcher dispatcher_;
  std::optional<OriginalPace> pace_;
  Instant look_at_ = Instant::min(), save_at_;
  std::size_t room_ = 0;  ///< For so many at least: nobody else adds.
  bool gone_ = false, too_many_ = false;
  std::optional<Error> failed_;
};

Result<RedeliveryReport> Redelivery::run(JobProgress progress, const Selection& selection,
                                         std::vector<RecordWalk::Part> what,
                                         std::vector<std::unique_ptr<Endpoint>> endpoints, std::stop_token stop) {
  return Run(options_, parts_, std::move(progress), std::move(endpoints), std::move(stop))
      .go(selection, std::move(what));
}

}  // namespace hookledger
