#include "replay/recovery/active_comparison.h"

#include <utility>

namespace hookledger {
namespace {

constexpr std::size_t kPagesMax = 1'000;

}  // namespace

Result<std::optional<ActiveComparison::Found>> ActiveComparison::step(const std::stop_token& stop) {
  const auto asked = recovery_.ask_active(connections_[at_], cursor_, {.reason = "active-calls"}, active_, stop);
  if (!asked && asked.error().code != ErrorCode::kInvalid) return asked.error();
  if (!asked) {
    wrong_ = asked.error();
  } else {
    any_ = true;
    if (asked->wrong) wrong_ = asked->wrong;
    const bool more = !asked->next.empty() && cursors_.size() < kPagesMax && cursors_.insert(asked->next).second;
    cursor_ = asked->next;
    if (more) return std::optional<Found>();
  }
  cursor_.clear();
  cursors_.clear();
  if (++at_ < connections_.size()) return std::optional<Found>();
  at_ = 0;
  Found found{{}, std::exchange(wrong_, {})};
  if (std::exchange(any_, false)) found.active = std::move(active_);
  active_.clear();
  return std::optional(std::move(found));
}

}  // namespace hookledger
