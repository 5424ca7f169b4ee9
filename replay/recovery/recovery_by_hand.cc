#include "replay/recovery/recovery_by_hand.h"

#include <array>
#include <utility>

#include "projector/fold.h"
#include "schemas/json.h"
#include "schemas/json_members.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

/// Which source is asked, until when, and for which page.
struct Cursor {
  std::uint64_t source = 0;
  Time until;
  std::uint64_t page = 1;
  std::uint64_t digest = 0;  ///< Of the page before.
};

std::string encode(const Cursor& cursor) {
  return std::to_string(cursor.source) + "-" + std::to_string(cursor.until.time_since_epoch().count()) + "-" +
         std::to_string(cursor.page) + "-" + std::to_string(cursor.digest);
}

std::optional<Cursor> decode(std::string_view text, std::size_t sources) {
  std::array<std::uint64_t, 4> parts{};
  for (std::uint64_t& part : parts) {
    const std::size_t end = std::min(text.find('-'), text.size());
    const auto number = parse_unsigned(text.substr(0, end));
    if (!number || *number > INT64_MAX) return std::nullopt;
    part = *number;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (!text.empty() || parts[0] >= sources || parts[2] == 0) return std::nullopt;
  return Cursor{parts[0], Time(Duration(static_cast<std::int64_t>(parts[1]))), parts[2], parts[3]};
}

constexpr std::array kCounts = {std::pair("lost", &CallRecovery::lost),
                                std::pair("recovered", &CallRecovery::recovered),
                                std::pair("already_there", &CallRecovery::known),
                                std::pair("closed", &CallRecovery::closed),
                                std::pair("alive", &CallRecovery::alive),
                                std::pair("still_unknown", &CallRecovery::unknown),
                                std::pair("unreadable", &CallRecovery::unreadable)};

Result<RecoveryStep> ask_about_call(const std::vector<Recovery*>& recoveries, const RecoveryRequest& request,
                                    const RecoveryMode& mode, const std::stop_token& stop) {
  RecoveryStep step;
  const auto known = recoveries.front()->known(request.call_id);
  if (!known) return known.error();
  const std::string source = *known ? derive_call(**known).source : std::string();
  bool asked = false;
  for (Recovery* const recovery : recoveries) {
    if (!source.empty() && source != recovery->source()) continue;
    asked = true;
    auto found = recovery->ask(request.call_id, {}, mode, stop);
    if (!found) return found.error();
    if (!found->empty()) step.calls.push_back(std::move(*found));
  }
  if (!asked) return Error{ErrorCode::kUsage, "the call is of source " + source + ", which has no API key"};
  if (step.calls.empty() && !*known) {
    return Error{ErrorCode::kNotFound, "neither the log nor the provider knows this call"};
  }
  return step;
}

}  // namespace

bool is_recovery_cursor(std::string_view cursor, std::size_t sources) { return decode(cursor, sources).has_value(); }

Result<RecoveryStep> recover_by_hand(const std::vector<Recovery*>& recoveries, const RecoveryRequest& request, Time now,
                                     const std::stop_token& stop) {
  if (recoveries.empty()) return Error{ErrorCode::kUsage, "no source has an API key: see hookledger recover --help"};
  const RecoveryMode mode{.reason = "by-hand", .dry_run = request.dry_run};
  if (!request.call_id.empty()) return ask_about_call(recoveries, request, mode, stop);
  const auto cursor =
      request.cursor.empty() ? std::optional(Cursor{0, now, 1, 0}) : decode(request.cursor, recoveries.size());
  if (!cursor) return Error{ErrorCode::kInvalid, "the cursor is none that a step before gave"};
  auto page = recoveries[cursor->source]->sweep(request.since.value_or(now), cursor->until, cursor->page, mode, stop);
  if (!page) return page.error();
  const bool last = page->last || (page->digest != 0 && page->digest == cursor->digest);
  RecoveryStep step;
  step.page = cursor->page;
  step.pages = std::max(page->pages, cursor->page + (last ? 0 : 1));
  for (CallRecovery& call : page->calls) step.calls.push_back(std::move(call));
  if (!last) {
    step.next = encode({cursor->source, cursor->until, cursor->page + 1, page->digest});
  } else if (cursor->source + 1 < recoveries.size()) {
    step.next = encode({cursor->source + 1, cursor->until, 1, 0});
  }
  return step;
}

void write_json(JsonWriter& out, const CallRecovery& call) {
  out.begin_object();
  out.member("call_id", call.call_id);
  for (const auto& [name, count] : kCounts) {
    out.key(name);
    out.number(call.*count);
  }
  out.end_object();
}

void write_json(JsonWriter& out, const RecoveryStep& step) {
  out.begin_object();
  out.key("items");
  out.begin_array();
  for (const CallRecovery& call : step.calls) write_json(out, call);
  out.end_array();
  out.member("next_cursor", step.next);
  out.key("page");
  out.number(step.page);
  out.key("pages");
  out.number(step.pages);
  out.end_object();
}

Result<RecoveryStep> parse_recovery_step(std::string_view json) {
  RecoveryStep step;
  Fault fault;
  const bool read = read_json_object(json, fault, [&](Members from) {
    from.objects("items", [&](Members item) {
      CallRecovery& call = step.calls.emplace_back();
      call.call_id = item.text("call_id");
      for (const auto& [name, count] : kCounts) call.*count = item.count(name);
    });
    step.next = from.text("next_cursor");
    step.page = from.count("page");
    step.pages = from.count("pages");
  });
  if (read && fault.where.empty()) return step;
  return Error{ErrorCode::kInvalid, "the server's answer is no step of a recovery" +
                                        (fault.where.empty() ? std::string() : ": " + fault.where)};
}

}  // namespace hookledger
