#pragma once

#include "replay/recovery/api_client.h"
#include "replay/recovery/telnyx_answers.h"

namespace hookledger {

/// The questions that recovery asks of Telnyx's API, a page each: memory is bounded by a page. Threads: any.
/// Errors of all: kUnavailable (ask again later), kStopping, kUsage (the key is refused), kInvalid (the answer is none,
/// or the API has no such list).
class TelnyxApi {
 public:
  /// `path`: of the API's URL, such as `/v2`. `client` outlives it. `patience`: the longest wait of a question for its
  /// turn.
  TelnyxApi(std::string path, ApiClient& client, Duration patience = Duration::max())
      : path_(std::move(path)), client_(client), patience_(patience) {}

  struct Events {
    EventPage page;
    bool last = true;
    std::string from;  ///< Where it was fetched: path and query.
  };
  /// What the provider could not deliver of what it began to deliver in [since, until]. `page` counts from 1.
  Result<Events> failed_deliveries(Time since, Time until, std::uint64_t page, const std::stop_token& stop);
  /// Deliveries, failed or not, of events in which the text stands.
  Result<Events> deliveries_about(const std::string& text, std::uint64_t page, const std::stop_token& stop);
  Result<Events> events_of_leg(const std::string& leg_id, std::uint64_t page, const std::stop_token& stop);
  Result<Events> events_of_call(const std::string& call_id, std::uint64_t page, const std::stop_token& stop);

  struct Leg {
    LegState state;  ///< Unknown too when the API knows no such leg, or tells of another.
    std::string from;
  };
  /// Asked by its control id.
  Result<Leg> leg_state(const LegIds& leg, const std::stop_token& stop);
  /// `after`: of the page before; empty: the first.
  Result<ActivePage> active_calls(const std::string& connection, const std::string& after, const std::stop_token& stop);

  CircuitBreaker::Instant retry_at() const { return client_.retry_at(); }

 private:
  Result<std::string> get(const std::string& target, const std::stop_token& stop);
  Result<Events> deliveries(const std::string& target, std::uint64_t page, const std::stop_token& stop);
  Result<Events> events_of(std::string_view filter, const std::string& id, std::uint64_t page,
                           const std::stop_token& stop);
  Result<Events> events(const std::string& target, std::uint64_t page,
                        std::optional<EventPage> (*read)(std::string_view), const std::stop_token& stop);

  const std::string path_;
  ApiClient& client_;
  const Duration patience_;
};

}  // namespace hookledger
