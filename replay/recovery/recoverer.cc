#include "replay/recovery/recoverer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "projector/fold.h"

namespace hookledger {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kIdleWait{200};
constexpr Duration kFindEvery = std::chrono::seconds(1), kTroubleWait = std::chrono::seconds(1);
constexpr Duration kLongestTroubleWait = std::chrono::minutes(1);
/// A delivery is failed only once its last attempt has failed, and clocks differ.
constexpr Duration kMargin = std::chrono::minutes(10);
/// An open call that the provider does not name may have begun or ended just now.
constexpr Duration kSettled = std::chrono::minutes(1);
constexpr int kRestPerWork = 20;
/// So often a page is asked for that the provider refuses.
constexpr unsigned kPageTries = 3;
constexpr std::size_t kFindingsAtOnce = 500, kFindingPages = 4, kCallsAtOnce = 500;

constexpr std::array<std::string_view, 8> kLossRules = {
    "missing-event", "no-answer-no-end",       "answered-not-bridged",   "peer-not-ended",
    "no-end",        "legs-ring-after-hangup", "legs-ring-after-answer", "recording-not-saved"};

constexpr std::array kOpenStatuses = {CallStatus::kInitiated, CallStatus::kRinging, CallStatus::kAnswered,
                                      CallStatus::kBridged};

}  // namespace

/// What is open on a call and may have been lost.
struct Recoverer::Loss {
  std::string rule;               ///< The first of those whose findings say so; empty: none.
  std::vector<std::string> legs;  ///< That they name; empty: all.
};

bool is_about_loss(std::string_view rule) { return std::ranges::find(kLossRules, rule) != kLossRules.end(); }

Recoverer::Recoverer(Options options, Parts parts)
    : options_(std::move(options)),
      parts_(std::move(parts)),
      file_(options_.folder + "/" + parts_.recovery.source()),
      waiting_(parts_.metrics.gauge("hookledger_recovery_questions_waiting",
                                    "Calls about which the provider is asked, and has not told what is missing.",
                                    {{"source", parts_.recovery.source()}})),
      oldest_(parts_.metrics.gauge("hookledger_recovery_oldest_question_seconds",
                                   "How long the oldest of them has waited; 0: none waits.",
                                   {{"source", parts_.recovery.source()}})),
      questions_(options_.seed),
      comparison_(parts_.recovery, options_.connections),
      last_before_(last_records()),
      tasks_({{.step = &Recoverer::find_questions, .asks_the_provider = false},
              {.step = &Recoverer::sweep},
              {.step = &Recoverer::ask},
              {.step = &Recoverer::compare_active}}),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

Recoverer::~Recoverer() {
  thread_.request_stop();
  thread_.join();
}

void Recoverer::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    lock.unlock();
    bool busy = false;
    for (Task& task : tasks_) busy = run(task, stop) || busy;
    measure();
    lock.lock();
    if (!busy) wake_.wait_for(lock, stop, kIdleWait, [] { return false; });
  }
}

/// Says each trouble once, and that it is over.
bool Recoverer::run(Task& task, const std::stop_token& stop) {
  const Instant now = parts_.clock.monotonic();
  if (stop.stop_requested() || now < task.rest_until) return false;
  if (task.asks_the_provider && now < parts_.recovery.api().retry_at()) return false;
  const auto done = (this->*task.step)(stop);
  if (done) {
    if (*done) task.last_rest = {};
    if (*done && !std::exchange(task.trouble, {}).empty()) {
      parts_.logger.info("recovery goes on", {{"source", parts_.recovery.source()}});
    }
    return *done;
  }
  if (done.error().code == ErrorCode::kStopping) return false;
  task.rest_until = parts_.clock.monotonic() + rest_after(done.error(), task);
  if (std::exchange(task.trouble, done.error().detail) != done.error().detail) {
    parts_.logger.warning("recovery is delayed, trying again",
                          {{"source", parts_.recovery.source()}, {"reason", done.error().detail}});
  }
  return false;
}

/// When the provider refuses the key, only a person can help; when it answers what is no answer, perhaps too.
Duration Recoverer::rest_after(const Error& error, Task& task) {
  if (error.code == ErrorCode::kUsage) return kLongestTroubleWait;
  if (error.code != ErrorCode::kInvalid) return kTroubleWait;
  return task.last_rest = std::clamp(2 * task.last_rest, kTroubleWait, kLongestTroubleWait);
}

void Recoverer::warn_of_unreadable(std::uint64_t events) {
  if (events == 0) return;
  parts_.logger.warning("the provider tells of events in a shape that cannot be read: they are not recovered",
                        {{"source", parts_.recovery.source()}, {"events", std::to_string(events)}});
}

/// Where very many are open a look at them takes time: it gets a small part of a core.
Result<bool> Recoverer::find_questions(const std::stop_token&) {
  const Instant began = parts_.clock.monotonic();
  if (began < find_at_) return false;
  const auto looked = look_at_findings();
  const Instant ended = parts_.clock.monotonic();
  find_at_ = ended + std::max(Instant::duration(kFindEvery), kRestPerWork * (ended - began));
  if (!looked) return looked.error();
  return false;
}

/// At some of the open ones, and goes on from there the next time.
Result<void> Recoverer::look_at_findings() {
  const Time now = parts_.clock.wall();
  for (const auto& state : parts_.states().open) {
    std::string& cursor = cursors_["findings " + std::to_string(state->partitions().front())];
    for (std::size_t pages = 0; pages < kFindingPages; ++pages) {
      const auto page = state->queries().findings({}, {kFindingsAtOnce, std::exchange(cursor, {})}, now);
      if (!page) return page.error();
      for (const Finding& finding : page->items) {
        if (finding.call_id.empty() || !is_about_loss(finding.rule) || questions_.has(finding.call_id)) continue;
        const auto facts = state->queries().call(finding.call_id);
        if (!facts) return facts.error();
        if (!*facts || derive_call(**facts).source != parts_.recovery.source()) continue;
        questions_.add(finding.call_id, finding.opened_at, parts_.clock.monotonic());
      }
      cursor = page->next;
      if (cursor.empty()) break;
    }
  }
  return {};
}

Result<Recoverer::Loss> Recoverer::loss_of(const std::string& call_id) const {
  const auto facts = parts_.recovery.known(call_id);
  if (!facts) return facts.error();
  const auto states = parts_.states().open;
  if (!*facts || states.empty()) return Loss{};
  Loss loss;
  bool all_legs = false;
  for (const Finding& finding : states.front()->queries().rules().findings(**facts, parts_.clock.wall())) {
    if (finding.status != FindingStatus::kOpen || !is_about_loss(finding.rule)) continue;
    if (loss.rule.empty()) loss.rule = finding.rule;
    all_legs |= finding.leg_ids.empty();
    loss.legs.insert(loss.legs.end(), finding.leg_ids.begin(), finding.leg_ids.end());
  }
  std::ranges::sort(loss.legs);
  loss.legs.erase(std::unique(loss.legs.begin(), loss.legs.end()), loss.legs.end());
  if (all_legs) loss.legs.clear();
  return loss;
}

Result<bool> Recoverer::ask(const std::stop_token& stop) {
  const auto due = questions_.due(parts_.clock.monotonic());
  if (!due) return false;
  const auto& [call, of_finding] = *due;
  const auto loss = loss_of(call);
  const bool elsewhere = !loss && loss.error().code == ErrorCode::kNotFound;  // Its partition left.
  if (elsewhere || (loss && of_finding && loss->rule.empty())) {
    questions_.answered(call);
    return true;
  }
  const RecoveryMode mode{.reason = loss && !loss->rule.empty() ? loss->rule : "active-calls"};
  const auto asked = loss ? parts_.recovery.ask(call, loss->legs, mode, stop) : Result<CallRecovery>(loss.error());
  if (asked) warn_of_unreadable(asked->unreadable);
  const auto left = asked ? loss_of(call) : Result<Loss>(asked.error());
  if (left && left->rule.empty()) {
    questions_.answered(call);
  } else {
    questions_.put_off(call, parts_.clock.monotonic());
  }
  if (!left) return left.error();
  return true;
}

/// Of all partitions that are ours: whichever comes has the sweep begin again.
Result<bool> Recoverer::sweep(const std::stop_token& stop) {
  const auto partitions = parts_.recovery.partitions_here();
  if (!partitions && !waiting_since_) waiting_since_ = parts_.clock.wall();
  if (!partitions || partitions->empty()) return false;
  if (!position_) position_ = file_.load().value_or(SweepPosition{});
  const bool came = !std::ranges::includes(position_->partitions, *partitions);
  const bool under_way = position_->page > 0;
  if (!came && !under_way && parts_.clock.monotonic() < sweep_at_) return false;
  if (came || !under_way) {
    if (auto begun = begin_sweep(*partitions); !begun) return begun.error();
  }
  const auto page =
      parts_.recovery.sweep(position_->since, position_->until, position_->page, {.reason = "sweep"}, stop);
  if (!page && page.error().code == ErrorCode::kInvalid) return pass_over_page(page.error(), stop);
  if (!page) return page.error();
  for (const CallRecovery& call : page->calls) warn_of_unreadable(call.unreadable);
  refusals_ = 0;
  position_->keep(page->partitions);
  const bool repeated = page->digest != 0 && page->digest == std::exchange(digest_, page->digest);
  return go_on_at(page->last || repeated ? 0 : position_->page + 1);
}

Result<bool> Recoverer::go_on_at(std::uint64_t page) {
  position_->page = page;
  if (page == 0) sweep_at_ = parts_.clock.monotonic() + options_.interval;
  if (auto saved = file_.save(*position_); !saved) return saved.error();
  return true;
}

/// A page that the provider refuses again and again, while it gives the next one, holds up nothing. When it refuses
/// that too nothing is passed over: something else is wrong.
Result<bool> Recoverer::pass_over_page(const Error& why, const std::stop_token& stop) {
  if (++refusals_ % kPageTries != 0) return why;
  const auto next =
      parts_.recovery.sweep(position_->since, position_->until, position_->page + 1, {.reason = "sweep"}, stop);
  if (!next) return why;
  parts_.logger.warning("the provider refuses a page of what it could not deliver: it is passed over",
                        {{"source", parts_.recovery.source()},
                         {"page", std::to_string(position_->page)},
                         {"since", format_time(position_->since)},
                         {"reason", why.detail}});
  refusals_ = 0;
  position_->keep(next->partitions);
  return go_on_at(next->last ? 0 : position_->page + 2);
}

/// From what was asked for last on, of a partition that came from the last record on: of all of them the earliest.
Result<void> Recoverer::begin_sweep(const std::set<std::uint32_t>& partitions) {
  const Time until = parts_.clock.wall();
  Time since = until;
  position_->keep({});
  for (const std::uint32_t partition : partitions) {
    const auto asked = position_->left.extract(partition);
    since = std::min(since, asked.empty() ? unasked_since(partition) : asked.mapped());
  }
  last_before_.clear();
  waiting_since_.reset();
  digest_ = 0;
  position_ = SweepPosition{since - kMargin, until, 1, partitions, std::move(position_->left)};
  return file_.save(*position_);
}

/// Whoever had the partition asked at the latest an interval ago.
Time Recoverer::unasked_since(std::uint32_t partition) const {
  const Time now = parts_.clock.wall();
  const auto before = last_before_.find(partition);
  const Time last = before != last_before_.end() ? before->second : last_received(partition).value_or(now);
  return std::min({last, waiting_since_.value_or(now), now}) - options_.interval;
}

std::map<std::uint32_t, Time> Recoverer::last_records() const {
  std::map<std::uint32_t, Time> last;
  for (std::uint32_t partition = 0; partition < parts_.log.partitions(); ++partition) {
    if (const auto received = last_received(partition)) last.emplace(partition, *received);
  }
  return last;
}

std::optional<Time> Recoverer::last_received(std::uint32_t partition) const {
  const std::uint64_t end = parts_.log.end(partition);
  if (end == 0) return std::nullopt;
  const auto stored = parts_.log.read({partition, end - 1});
  if (!stored) return std::nullopt;
  const auto record = decode_record(stored->bytes);
  return record ? std::optional(record->received_at) : std::nullopt;
}

Result<bool> Recoverer::compare_active(const std::stop_token& stop) {
  if (options_.connections.empty() || parts_.states().open.empty()) return false;
  if (!comparison_.under_way() && parts_.clock.monotonic() < compare_at_) return false;
  const auto found = comparison_.step(stop);
  if (!found) return found.error();
  if (!*found) return true;
  compare_at_ = parts_.clock.monotonic() + options_.interval;
  if ((*found)->active) {
    if (auto asked = question_open_calls(*(*found)->active); !asked) return asked.error();
  }
  const std::string wrong = (*found)->wrong ? (*found)->wrong->detail : std::string();
  if (std::exchange(wrong_, wrong) != wrong && !wrong.empty()) {
    parts_.logger.warning("some active calls cannot be compared",
                          {{"source", parts_.recovery.source()}, {"reason", wrong}});
  }
  return true;
}

/// Some of the open calls, and others the next time. That a connection does not name a leg proves nothing: it is asked
/// about.
Result<void> Recoverer::question_open_calls(const std::set<std::string>& active) {
  const Time now = parts_.clock.wall();
  for (const auto& state : parts_.states().open) {
    for (const CallStatus status : kOpenStatuses) {
      std::string& cursor =
          cursors_[std::string(to_string(status)) + " " + std::to_string(state->partitions().front())];
      CallFilter filter;
      filter.status = status;
      filter.until = now - kSettled;
      const auto calls = state->queries().calls(filter, {kCallsAtOnce, std::exchange(cursor, {})}, now);
      if (!calls) return calls.error();
      cursor = calls->next;
      for (const auto& [call, open_rules] : calls->items) {
        const bool gone =
            std::ranges::any_of(call.legs, [&](const Leg& leg) { return !leg.ended_at && !active.contains(leg.id); });
        if (gone && call.source == parts_.recovery.source())
          questions_.add(call.id, now, parts_.clock.monotonic(), false);
      }
    }
  }
  return {};
}

void Recoverer::measure() {
  waiting_.set(static_cast<double>(questions_.size()));
  const auto oldest = questions_.oldest();
  const Duration age = oldest ? std::max(parts_.clock.wall() - *oldest, Duration(0)) : Duration(0);
  oldest_.set(std::chrono::duration<double>(age).count());
}

}  // namespace hookledger
