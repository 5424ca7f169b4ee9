#include "projector/due_calls.h"

#include <algorithm>

namespace hookledger {
namespace {

/// How many later deadlines are kept: bounds memory when very many calls are due.
constexpr std::size_t kLaterMax = 100'000;

}  // namespace

void DueCalls::begin_round(Time now) {
  until_ = now;
  if (now < start_over_at_) return;
  start_over_at_ = Time::max();
  position_.clear();
}

Result<std::vector<CallFacts>> DueCalls::next(Time now, std::size_t looks_max) {
  std::vector<CallFacts> due;
  if (!until_ && now > since_) begin_round(now);
  if (!until_) return due;
  const std::string prefix = state_key::deadlines();
  const std::string end = state_key::earliest_first(*until_ + Duration(1));
  step_ = {.position = position_, .later = {}, .last = false};
  const auto scan = store_.bytes().scan(prefix + position_ + '\0', prefix + end);
  std::size_t looks = 0;
  for (; looks < looks_max; ++looks) {
    const auto more = scan->next();
    if (!more) return more.error();
    if (!*more) break;
    step_.position = scan->key().substr(prefix.size());
    const auto call = parse_due(step_.position);
    if (!call) return Error{ErrorCode::kCorruption, "the projection's deadline index is damaged: rebuild it"};
    if (const auto looked = look_at(call->position.call_id, due); !looked) return looked.error();
  }
  for (auto at = later_.begin(); at != later_.end() && at->first <= *until_ && looks < looks_max; ++at, ++looks) {
    step_.later.push_back(*at);
    if (const auto looked = look_at(at->second, due); !looked) return looked.error();
  }
  step_.last = looks < looks_max;
  if (step_.last) step_.position = end;
  return due;
}

Result<void> DueCalls::look_at(std::string_view call_id, std::vector<CallFacts>& due) {
  auto facts = store_.find(call_id);
  if (!facts) return facts.error();
  // The index is as it was when the scan began; the call may have moved since.
  if (!*facts) return {};
  note(**facts, *until_);
  const auto deadline = rules_.next_deadline(**facts, since_);
  if (deadline && *deadline <= *until_) due.push_back(std::move(**facts));
  return {};
}

void DueCalls::accept() {
  if (!until_) return;
  position_ = std::move(step_.position);
  for (const Later& later : step_.later) later_.erase(later);
  if (step_.last) since_ = *std::exchange(until_, std::nullopt);
  step_ = {};
}

void DueCalls::note(const CallFacts& facts, Time at) {
  const auto first = rules_.next_deadline(facts);
  if (!first || *first > at) return;  // The index has it.
  const auto later = rules_.next_deadline(facts, at);
  if (!later) return;
  later_.emplace(*later, facts.call_id());
  if (later_.size() <= kLaterMax) return;
  const auto last = std::prev(later_.end());
  start_over_at_ = std::min(start_over_at_, last->first);
  later_.erase(last);
}

}  // namespace hookledger
