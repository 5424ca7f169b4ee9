#include "replay/recovery/active_comparison.h"

#include <utility>

namespace hookledger {
namespace {

constexpr std::size_t kPagesMax = 1'000;

}  // namespace

Result<std::optional<ActiveComparison::Found>> ActiveComparison::step(const std::stop_token& stop) {
  const auto next = recovery_.ask_active(connections_[at_], cursor_, {.reason = "active-calls"}, active_, stop);
  if (!next && next.error().code != ErrorCode::kInvalid) return next.error();
  if (next) {
    any_ = true;
    const bool more = !next->empty() && cursors_.size() < kPagesMax && cursors_.insert(*next).second;
    cursor_ = *next;
    if (more) return std::optional<Found>();
  } else {
    wrong_ = next.error();
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
