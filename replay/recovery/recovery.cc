#include "replay/recovery/recovery.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "ingest/intake.h"
#include "projector/fold.h"
#include "schemas/sources/telnyx.h"

namespace hookledger {
namespace {

constexpr std::size_t kAppendsAtOnce = 64, kRememberedMax = 10'000;
/// Of one question; more are none that a leg or a call fills.
constexpr std::uint64_t kPagesMax = 100;
/// So long after the end of a leg the provider may still try to deliver its hangup.
constexpr Duration kHangupMayCome = std::chrono::minutes(2);
constexpr std::chrono::milliseconds kSettleTimeout{2000};
constexpr std::string_view kContentType = "application/json", kHangup = "call.hangup";

class Waiting : public AppendObserver {
 public:
  explicit Waiting(std::size_t count) : results(count, Appended{}), left_(count) {}

  void appended(std::vector<AppendOutcome> outcomes) override {
    const std::lock_guard lock(mutex_);
    for (AppendOutcome& outcome : outcomes) results[outcome.token] = std::move(outcome.result);
    left_ -= outcomes.size();
    if (left_ == 0) done_.notify_all();  // Under the lock: then this may go.
  }
  void wait() {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return left_ == 0; });
  }

  std::vector<Result<Appended>> results;

 private:
  std::mutex mutex_;
  std::condition_variable done_;
  std::size_t left_;
};

/// Nothing that is known contradicts that the leg ended then, and nothing that says so is on its way.
bool may_have_ended(const CallFacts& facts, const std::string& leg_id, Time ended_at, Time now) {
  const Text leg = facts.find(leg_id);
  return ended_at <= now - kHangupMayCome && std::ranges::none_of(facts.events(), [&](const EventFact& event) {
           return event.leg == leg && !event.telemetry && event.timed && event.occurred_at > ended_at &&
                  event.effect != Effect::kNone && event.effect != Effect::kRecording;
         });
}

/// By which a page is known again; 0: of an empty one.
std::uint64_t digest_of(const EventPage& page) {
  std::uint64_t digest = 0;
  for (const FetchedEvent& event : page.events) {
    digest = digest * 31 + std::hash<std::string>()(event.event_id());
  }
  return digest & INT64_MAX;
}

std::set<std::uint32_t> partitions_of(const StatesHere& here) {
  std::set<std::uint32_t> partitions;
  for (const auto& state : here.open) partitions.insert(state->partitions().begin(), state->partitions().end());
  return partitions;
}

}  // namespace

AppendRecords appends_to(EventLog& log) {
  return [&log](std::vector<Append> appends) {
    Waiting waiting(appends.size());
    for (std::size_t i = 0; i < appends.size(); ++i) {
      appends[i].observer = &waiting;
      appends[i].token = i;
    }
    if (const auto submitted = log.submit(appends); !submitted) {
      return std::vector<Result<Appended>>(appends.size(), submitted.error());
    }
    waiting.wait();
    return std::move(waiting.results);
  };
}

bool Recovery::Reports::is_repeated(const FetchedEvent& event) {
  const bool new_id = seen.insert(event.event_id()).second;
  const bool new_moment = !event.occurred_at || seen.insert(event.moment()).second;
  return !new_id || (!event.has_id() && !new_moment);
}

std::optional<std::set<std::uint32_t>> Recovery::partitions_here() const {
  const StatesHere here = parts_.states();
  return here.all ? std::optional(partitions_of(here)) : std::nullopt;
}

Result<std::optional<CallFacts>> Recovery::known(const std::string& call_id) const {
  const std::uint32_t partition = partition_of(call_id, partitions_);
  const StatesHere here = parts_.states();
  const auto found = std::ranges::find_if(
      here.open, [&](const auto& state) { return std::ranges::binary_search(state->partitions(), partition); });
  if (found == here.open.end()) {
    return here.all ? Error{ErrorCode::kNotFound, "the state of call " + call_id + " is not here"}
                    : Error{ErrorCode::kUnavailable, "the state of call " + call_id + " is not open yet"};
  }
  const std::shared_ptr<State>& state = *found;
  if (!state->settle(partition, kSettleTimeout)) {
    return Error{ErrorCode::kUnavailable, "the state does not have every durable record yet"};
  }
  return state->queries().call(call_id);
}

Result<void> Recovery::add(const std::vector<FetchedEvent>& events, const std::string& from, Provenance provenance,
                           const RecoveryMode& mode, Reports& reports) {
  const auto reader = make_telnyx_reader();
  std::map<std::string, std::optional<CallFacts>> facts;
  std::vector<Append> appends;
  struct Lost {
    CallRecovery& report;
    std::string id;
  };
  std::vector<Lost> of_append;
  std::uint64_t lost = 0, recovered = 0;
  std::optional<Error> failure;
  const auto failed = [&](const Lost& event, const Error& why) {
    const bool is_new = remember(event.id);
    if (is_new) ++lost;
    if (why.code != ErrorCode::kInvalid) {
      failure = why;
    } else if (is_new) {
      give_up(event.report.call_id, why.detail, mode);
    }
  };
  const auto flush = [&] {
    const auto results = parts_.append(std::exchange(appends, {}));
    for (std::size_t i = 0; i < results.size(); ++i) {
      const auto& [report, id] = of_append[i];
      if (!results[i]) {
        failed(of_append[i], results[i].error());
      } else if (results[i]->duplicate) {
        --report.lost, ++report.known;
        forget(id);
      } else {
        ++report.recovered, ++recovered;
        if (!forget(id)) ++lost;
      }
    }
    of_append.clear();
  };
  for (const FetchedEvent& event : events) {
    const std::string body = recovered_body(event);
    Evidence evidence{.source = source_,
                      .content_type = kContentType,
                      .signature = {},
                      .signed_at = {},
                      .key_id = {},
                      .received_at = parts_.clock.wall(),
                      .provenance = provenance,
                      .recovered_from = from};
    Intake intake = take_in(*reader, evidence, body, partitions_);
    const std::string& call_id = intake.head.call_id;
    const bool is_ours = reports.partitions.contains(intake.append.partition);
    if (!is_ours || (call_id.empty() && parts_.calls_only)) continue;  // Another projector's, or nobody's.
    const auto [its, is_new] = facts.try_emplace(call_id);
    if (is_new && !call_id.empty()) {
      auto call = known(call_id);
      if (!call) return call.error();
      its->second = std::move(*call);
    }
    CallRecovery& report = reports.of(call_id);
    if (event.type == kHangup) reports.ended_legs.insert(event.leg_id);
    if (reports.is_repeated(event)) continue;
    if (its->second && has_event(*its->second, event)) {
      ++report.known;
      forget(event.event_id());
      continue;
    }
    if (provenance == Provenance::kSynthetic) {
      ++report.closed;
    } else {
      ++report.lost;
    }
    if (mode.dry_run) continue;
    if (provenance == Provenance::kSynthetic) {
      const auto closed = parts_.append({std::move(intake.append)});
      if (!closed.front()) return closed.front().error();
      count("hookledger_recovery_closed_total", "Legs that a synthetic record closed.", mode, 1);
      continue;
    }
    if (body.size() > parts_.body_bytes_max) {
      failed({report, event.event_id()}, {ErrorCode::kInvalid, "its body is larger than a webhook may be"});
      continue;
    }
    appends.push_back(std::move(intake.append));
    of_append.push_back({report, event.event_id()});
    if (appends.size() == kAppendsAtOnce) flush();
  }
  if (!appends.empty()) flush();
  count("hookledger_recovery_lost_total", "Events that the provider has and the log had not.", mode, lost);
  count("hookledger_recovery_recovered_total", "Lost events that were appended.", mode, recovered);
  if (failure) return *failure;
  return {};
}

void Recovery::count(const char* name, const char* help, const RecoveryMode& mode, std::uint64_t events) {
  if (mode.dry_run || events == 0) return;
  parts_.metrics.counter(name, help, {{"source", source_}, {"reason", mode.reason}}).add(static_cast<double>(events));
}

void Recovery::give_up(const std::string& call_id, const std::string& why, const RecoveryMode& mode) {
  parts_.logger.warning("a lost event can never be appended and is given up",
                        {{"source", source_}, {"call", call_id}, {"reason", why}});
  count("hookledger_recovery_given_up_total", "Lost events that can never be appended.", mode, 1);
}

bool Recovery::remember(const std::string& event_id) {
  const std::lock_guard lock(mutex_);
  return not_appended_.size() < kRememberedMax && not_appended_.insert(event_id).second;
}

bool Recovery::forget(const std::string& event_id) {
  const std::lock_guard lock(mutex_);
  return not_appended_.erase(event_id) > 0;
}

Result<Recovery::Page> Recovery::sweep(Time since, Time until, std::uint64_t page, const RecoveryMode& mode,
                                       const std::stop_token& stop) {
  const auto fetched = parts_.api.failed_deliveries(since, until, page, stop);
  if (!fetched) return fetched.error();
  auto partitions = partitions_here();
  if (!partitions) return Error{ErrorCode::kUnavailable, "the states of some partitions are not open yet"};
  Reports reports{.partitions = std::move(*partitions)};
  if (auto added = add(fetched->page.events, fetched->from, Provenance::kRecovered, mode, reports); !added)
    return added.error();
  note_unreadable(fetched->page, mode, reports);
  if (reports.unreadable > 0) reports.of({}).unreadable = reports.unreadable;
  Page found{{}, fetched->last, fetched->page.pages, digest_of(fetched->page), std::move(reports.partitions)};
  for (auto& [call, report] : reports.calls) found.calls.push_back(std::move(report));
  return found;
}

void Recovery::note_unreadable(const EventPage& page, const RecoveryMode& mode, Reports& reports) {
  reports.unreadable += page.unreadable;
  count("hookledger_recovery_unreadable_total", "Events of which the provider told in a shape that cannot be read.",
        mode, page.unreadable);
}

/// To the end, which an API that tells the same again and again does not name.
Result<void> Recovery::add_pages(const Ask& ask, const RecoveryMode& mode, Reports& reports) {
  std::set<std::string> before;
  for (std::uint64_t page = 1; page <= kPagesMax; ++page) {
    const auto fetched = ask(page);
    if (!fetched) return fetched.error();
    std::set<std::string> ids;
    for (const FetchedEvent& event : fetched->page.events) ids.insert(event.event_id());
    if (!ids.empty() && ids == before) return {};
    before = std::move(ids);
    note_unreadable(fetched->page, mode, reports);
    if (auto added = add(fetched->page.events, fetched->from, Provenance::kRecovered, mode, reports); !added)
      return added;
    if (fetched->last) break;
  }
  return {};
}

/// Where the API leaves an event's id out, its delivery tells it.
Result<void> Recovery::add_events_of(const std::string& leg_or_call, bool is_call, const RecoveryMode& mode,
                                     Reports& reports, const std::stop_token& stop) {
  bool with_deliveries = false;
  const auto events = [&](std::uint64_t page) -> Result<TelnyxApi::Events> {
    auto fetched = is_call ? parts_.api.events_of_call(leg_or_call, page, stop)
                           : parts_.api.events_of_leg(leg_or_call, page, stop);
    if (!fetched || with_deliveries || std::ranges::all_of(fetched->page.events, &FetchedEvent::has_id)) return fetched;
    with_deliveries = true;
    const auto deliveries = [&](std::uint64_t number) {
      return parts_.api.deliveries_about(leg_or_call, number, stop);
    };
    if (auto added = add_pages(deliveries, mode, reports); !added) return added.error();
    return fetched;
  };
  return add_pages(events, mode, reports);
}

Result<CallRecovery> Recovery::ask(const std::string& call_id, const std::vector<std::string>& legs,
                                   const RecoveryMode& mode, const std::stop_token& stop) {
  const auto facts = known(call_id);
  if (!facts) return facts.error();
  std::vector<std::string> asked = legs;
  if (asked.empty() && *facts) {
    for (const Leg& leg : derive_call(**facts).legs) asked.push_back(leg.id);
  }
  Reports reports{.partitions = partitions_of(parts_.states())};
  if (asked.empty()) {
    if (auto added = add_events_of(call_id, true, mode, reports, stop); !added) return added.error();
  }
  for (const std::string& leg : asked) {
    if (auto added = add_events_of(leg, false, mode, reports, stop); !added) return added.error();
  }
  if (auto closed = close_dead_legs(call_id, legs, mode, reports, stop); !closed) return closed.error();
  CallRecovery& report = reports.of(call_id);
  report.unreadable = reports.unreadable;
  return report;
}

/// Of the call as it is known now: what was just appended may have closed them.
Result<void> Recovery::close_dead_legs(const std::string& call_id, const std::vector<std::string>& legs,
                                       const RecoveryMode& mode, Reports& reports, const std::stop_token& stop) {
  const auto facts = known(call_id);
  if (!facts) return facts.error();
  if (!*facts) return {};
  const Call call = derive_call(**facts);
  CallRecovery& report = reports.of(call_id);
  for (const Leg& leg : call.legs) {
    const bool wanted = legs.empty() || std::ranges::find(legs, leg.id) != legs.end();
    if (!wanted || leg.ended_at || reports.ended_legs.contains(leg.id)) continue;
    TelnyxApi::Leg said;
    if (!leg.control_id.empty()) {
      auto asked = parts_.api.leg_state({leg.id, leg.control_id, call_id}, stop);
      if (!asked) return asked.error();
      said = std::move(*asked);
    }
    const LegState& state = said.state;
    if (state.liveness == Liveness::kAlive) {
      ++report.alive;
    } else if (state.liveness != Liveness::kEnded ||
               !may_have_ended(**facts, leg.id, *state.ended_at, parts_.clock.wall())) {
      ++report.unknown;
    } else {
      const FetchedEvent hangup =
          synthetic_hangup({leg.id, leg.control_id, call_id, state.started_at, *state.ended_at});
      if (auto added = add({hangup}, said.from, Provenance::kSynthetic, mode, reports); !added) return added;
    }
  }
  return {};
}

Result<Recovery::ActiveStep> Recovery::ask_active(const std::string& connection, const std::string& after,
                                                  const RecoveryMode& mode, std::set<std::string>& active,
                                                  const std::stop_token& stop) {
  auto page = parts_.api.active_calls(connection, after, stop);
  if (!page) return page.error();
  ActiveStep step;
  for (const LegIds& leg : page->legs) {
    if (active.contains(leg.leg_id)) continue;
    const std::string& call_id = leg.call_id.empty() ? leg.leg_id : leg.call_id;
    Reports reports{.partitions = partitions_of(parts_.states())};
    if (reports.partitions.contains(partition_of(call_id, partitions_))) {
      const auto facts = known(call_id);
      if (!facts) return facts.error();
      if (!*facts || (*facts)->find(leg.leg_id) == 0) {
        auto added = add_events_of(leg.leg_id, false, mode, reports, stop);
        if (!added && added.error().code != ErrorCode::kInvalid) return added.error();
        if (!added) step.wrong = added.error();
      }
    }
    active.insert(leg.leg_id);
  }
  step.next = std::move(page->after);
  return step;
}

}  // namespace hookledger
