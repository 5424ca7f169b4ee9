#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "ingest/log/event_log.h"
#include "projector/state.h"
#include "replay/recovery/telnyx_api.h"
#include "schemas/clock.h"
#include "schemas/logging.h"
#include "schemas/metrics.h"

namespace hookledger {

/// What recovery found of one call.
struct CallRecovery {
  std::string call_id;          ///< Empty: events of no call.
  std::uint64_t lost = 0;       ///< Events that the provider has and the log had not.
  std::uint64_t recovered = 0;  ///< Of these, appended.
  std::uint64_t known = 0;      ///< Events that were there already.
  std::uint64_t closed = 0;     ///< Legs that the API proves to be dead, and a synthetic record closes.
  std::uint64_t alive = 0;      ///< Legs that go on, as the API says.
  std::uint64_t unknown = 0;    ///< Open legs of which the API cannot tell, or not yet, whether they have ended.

  std::uint64_t unreadable = 0;  ///< Events that the provider told in a shape that cannot be read.

  /// Nothing was lost, and nothing is open or in doubt.
  bool complete() const { return lost + closed + alive + unknown + unreadable == 0; }
  bool empty() const { return complete() && known == 0; }
};

/// Why it is asked, as a label of metrics: `sweep`, `active-calls`, `by-hand`, or the rule of a finding.
struct RecoveryMode {
  std::string reason;
  bool dry_run = false;  ///< Ask, and append nothing.
};

/// The states of the partitions that are ours.
struct StatesHere {
  std::vector<std::shared_ptr<State>> open;
  bool all = true;  ///< False: others are ours too, and not open yet.
};

/// The log that records are recovered into: blocks until each is durable or has failed. Threads: any.
using AppendRecords = std::function<std::vector<Result<Appended>>(std::vector<Append>)>;
AppendRecords appends_to(EventLog& log);

/// Fetches from a provider's API what one source lost, step by step, into the calls whose states are here. What comes
/// back goes through the same dedup, is marked, and ends no call that may be alive. What can never be appended is said,
/// counted and given up. Threads: any. Errors of all: those of TelnyxApi, of the log, and kUnavailable while a state
/// that is needed is not open; then it can be asked again.
class Recovery {
 public:
  using States = std::function<StatesHere()>;
  struct Parts {  ///< All outlive it.
    TelnyxApi& api;
    AppendRecords append;
    States states;
    const Clock& clock;
    Logger& logger;
    Metrics& metrics;
    bool calls_only = false;  ///< The log knows no ids: what belongs to no call would be appended each time.
    std::size_t body_bytes_max = std::size_t{64} * 1024 * 1024;  ///< Of a webhook; a larger one is given up.
  };
  /// `partitions`: of the log.
  Recovery(std::string source, std::uint32_t partitions, Parts parts)
      : source_(std::move(source)), partitions_(partitions), parts_(std::move(parts)) {}

  const std::string& source() const { return source_; }
  TelnyxApi& api() { return parts_.api; }

  struct Page {
    std::vector<CallRecovery> calls;
    bool last = true;
    std::uint64_t pages = 0;               ///< In all; 0: not told.
    std::uint64_t digest = 0;              ///< The same as of the page before: an API that tells that for ever.
    std::set<std::uint32_t> partitions{};  ///< Whose events were taken of it.
  };
  /// A page of the deliveries that failed and began in [since, until]. `page` counts from 1.
  Result<Page> sweep(Time since, Time until, std::uint64_t page, const RecoveryMode& mode, const std::stop_token& stop);

  /// What happened on these legs of the call (none: all), and are those alive that have not ended? A call that is not
  /// known here is looked for by its id.
  Result<CallRecovery> ask(const std::string& call_id, const std::vector<std::string>& legs, const RecoveryMode& mode,
                           const std::stop_token& stop);

  struct ActiveStep {
    std::string next;            ///< Where the next page begins; empty: this was the last.
    std::optional<Error> wrong;  ///< With a leg, the last: what happened on it cannot be read.
  };
  /// What happened on the active legs of a page of a connection that were never heard of and are not in `active`, to
  /// which it adds all. `after`: what the page before gave; empty: the first.
  Result<ActiveStep> ask_active(const std::string& connection, const std::string& after, const RecoveryMode& mode,
                                std::set<std::string>& active, const std::stop_token& stop);

  /// The facts of a call, when its state is here (else kNotFound). Nothing when it is not known.
  Result<std::optional<CallFacts>> known(const std::string& call_id) const;

  /// The partitions that are ours; nothing while one of them is not open.
  std::optional<std::set<std::uint32_t>> partitions_here() const;

 private:
  struct Reports {
    CallRecovery& of(const std::string& call_id) {
      return calls.try_emplace(call_id, CallRecovery{.call_id = call_id}).first->second;
    }
    /// True when the event was fetched before, under its id or, when it has none, in its leg, type and millisecond.
    bool is_repeated(const FetchedEvent& event);

    std::set<std::uint32_t> partitions;  ///< Others are not looked at.
    std::map<std::string, CallRecovery> calls{};
    std::set<std::string> seen{};
    std::uint64_t unreadable = 0;
    std::set<std::string> ended_legs{};  ///< Of which an event was fetched that says so.
  };

  Result<void> add(const std::vector<FetchedEvent>& events, const std::string& from, Provenance provenance,
                   const RecoveryMode& mode, Reports& reports);
  using Ask = std::function<Result<TelnyxApi::Events>(std::uint64_t page)>;
  Result<void> add_pages(const Ask& ask, const RecoveryMode& mode, Reports& reports);
  Result<void> add_events_of(const std::string& leg_or_call, bool is_call, const RecoveryMode& mode, Reports& reports,
                             const std::stop_token& stop);
  Result<void> close_dead_legs(const std::string& call_id, const std::vector<std::string>& legs,
                               const RecoveryMode& mode, Reports& reports, const std::stop_token& stop);
  void note_unreadable(const EventPage& page, const RecoveryMode& mode, Reports& reports);
  void count(const char* name, const char* help, const RecoveryMode& mode, std::uint64_t events);
  void give_up(const std::string& call_id, const std::string& why, const RecoveryMode& mode);
  /// Not appended yet; true when that is new. Of very many some are forgotten.
  bool remember(const std::string& event_id);
  /// True when it was remembered.
  bool forget(const std::string& event_id);

  const std::string source_;
  const std::uint32_t partitions_;
  const Parts parts_;
  std::mutex mutex_;                    ///< Guards what follows.
  std::set<std::string> not_appended_;  ///< Lost events that were counted, so that none is counted twice.
};

}  // namespace hookledger
