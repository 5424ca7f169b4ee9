#include "replay/recovery/telnyx_api.h"

#include "schemas/form.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kPageSize = 100;
constexpr std::uint64_t kPagesMax = 100'000;

std::string parameter(std::string_view name, std::string_view value) {
  return percent_encode(name) + "=" + percent_encode(value);
}

std::string page_parameters(std::uint64_t page) {
  return parameter("page[number]", std::to_string(page)) + "&" + parameter("page[size]", std::to_string(kPageSize));
}

/// Of a list, which is there even when it is empty.
Error no_such_list(const Error& error, std::string_view question) {
  if (error.code != ErrorCode::kNotFound) return error;
  return {ErrorCode::kInvalid, error.detail + ": " + std::string(question)};
}

}  // namespace

Result<TelnyxApi::Events> TelnyxApi::failed_deliveries(Time since, Time until, std::uint64_t page,
                                                       const std::stop_token& stop) {
  const std::string target = "/webhook_deliveries?" + parameter("filter[status][eq]", "failed") + "&" +
                             parameter("filter[started_at][gte]", format_time(since)) + "&" +
                             parameter("filter[started_at][lte]", format_time(until)) + "&" + page_parameters(page);
  return deliveries(target, page, stop);
}

Result<TelnyxApi::Events> TelnyxApi::deliveries_about(const std::string& text, std::uint64_t page,
                                                      const std::stop_token& stop) {
  const std::string target =
      "/webhook_deliveries?" + parameter("filter[webhook][contains]", text) + "&" + page_parameters(page);
  return deliveries(target, page, stop);
}

Result<TelnyxApi::Events> TelnyxApi::deliveries(const std::string& target, std::uint64_t page,
                                                const std::stop_token& stop) {
  auto found = events(target, page, read_webhook_deliveries, stop);
  if (!found) return no_such_list(found.error(), "is the API URL right?");
  return found;
}

Result<TelnyxApi::Events> TelnyxApi::events_of_leg(const std::string& leg_id, std::uint64_t page,
                                                   const std::stop_token& stop) {
  return events_of("filter[leg_id]", leg_id, page, stop);
}

Result<TelnyxApi::Events> TelnyxApi::events_of_call(const std::string& call_id, std::uint64_t page,
                                                    const std::stop_token& stop) {
  return events_of("filter[application_session_id]", call_id, page, stop);
}

Result<TelnyxApi::Events> TelnyxApi::events_of(std::string_view filter, const std::string& id, std::uint64_t page,
                                               const std::stop_token& stop) {
  const std::string target = "/call_events?" + parameter(filter, id) + "&" + parameter("filter[type]", "webhook") +
                             "&" + page_parameters(page);
  auto found = events(target, page, read_call_events, stop);
  if (found || found.error().code != ErrorCode::kNotFound) return found;
  // Are there no such events, or is there no such list? The other list is there in any case.
  if (const auto there = deliveries_about(id, 1, stop); !there) return there.error();
  return Events{{}, true, path_ + target};
}

Result<TelnyxApi::Events> TelnyxApi::events(const std::string& target, std::uint64_t page,
                                            std::optional<EventPage> (*read)(std::string_view),
                                            const std::stop_token& stop) {
  const auto body = get(target, stop);
  if (!body) return body.error();
  auto read_page = read(*body);
  if (!read_page) return Error{ErrorCode::kInvalid, "the provider's API answered something that is no list of events"};
  const bool last = page >= kPagesMax || read_page->items == 0 ||
                    (read_page->pages > 0 ? page >= read_page->pages : read_page->items < kPageSize);
  return Events{std::move(*read_page), last, path_ + target};
}

Result<TelnyxApi::Leg> TelnyxApi::leg_state(const LegIds& leg, const std::stop_token& stop) {
  const std::string target = "/calls/" + percent_encode(leg.control_id);
  const auto body = get(target, stop);
  if (body) return Leg{read_leg_state(*body, leg), path_ + target};
  if (body.error().code == ErrorCode::kNotFound) return Leg{{}, path_ + target};
  return body.error();
}

Result<ActivePage> TelnyxApi::active_calls(const std::string& connection, const std::string& after,
                                           const std::stop_token& stop) {
  std::string target = "/connections/" + percent_encode(connection) + "/active_calls?" +
                       parameter("page[limit]", std::to_string(kPageSize));
  if (!after.empty()) target += "&" + parameter("page[after]", after);
  const auto body = get(target, stop);
  if (!body) return no_such_list(body.error(), "are the API URL and api-connection right?");
  auto page = read_active_calls(*body);
  if (!page) return Error{ErrorCode::kInvalid, "the provider's API answered something that is no list of calls"};
  return std::move(*page);
}

/// The body of a 200; kNotFound for what the API does not know (404, 410) or cannot look for (422).
Result<std::string> TelnyxApi::get(const std::string& target, const std::stop_token& stop) {
  auto answer = client_.get(target, stop, patience_);
  if (!answer) return answer.error();
  const std::string said = "the provider's API answered HTTP " + std::to_string(answer->status);
  switch (answer->status) {
    case 200: return std::move(answer->body);
    case 404:
    case 410:
    case 422: return Error{ErrorCode::kNotFound, said};
    case 401:
    case 403: return Error{ErrorCode::kUsage, said + ": is the API key right, and may it read this?"};
    default: return Error{ErrorCode::kInvalid, said};
  }
}

}  // namespace hookledger
