#include "projector/alert_queue.h"

#include <algorithm>
#include <string_view>

namespace hookledger {

AlertQueue::Number AlertQueue::add(const AlertEdge& edge, Number after, Urgency urgency, Now now) {
  Window& window = windows_[{edge.rule, edge.kind}];
  if (window.gathering != 0 && (after <= window.gathering || !has(after))) {
    messages_.at(window.gathering).message.add(edge);
    changed_.insert(window.gathering);
    return window.gathering;
  }
  const bool quiet = now.monotonic >= window.ends && !waits(edge.rule, edge.kind);
  const bool at_once = quiet && urgency == Urgency::kFirstAtOnce;
  if (quiet) window.ends = now.monotonic + window_;
  const Number number = ++last_;
  Waiting waiting{AlertMessage(edge, now.wall), at_once ? now.monotonic : window.ends};
  if (at_once) {
    waiting.message.seal();
  } else {
    window.gathering = number;
  }
  messages_.emplace(number, std::move(waiting));
  changed_.insert(number);
  return number;
}

void AlertQueue::restore(Number number, AlertMessage message) {
  if (!message.sealed) windows_[{message.rule, message.kind}].gathering = number;
  messages_.emplace(number, Waiting{std::move(message), Instant::min()});
  last_ = std::max(last_, number);
}

std::optional<AlertQueue::Number> AlertQueue::due(Instant now) const {
  std::set<std::string_view> rules;
  for (const auto& [number, waiting] : messages_) {
    if (rules.insert(waiting.message.rule).second && waiting.not_before <= now) return number;
  }
  return std::nullopt;
}

void AlertQueue::seal(Number number, Instant now) {
  AlertMessage& message = messages_.at(number).message;
  if (message.sealed) return;
  message.seal();
  changed_.insert(number);
  Window& window = windows_[{message.rule, message.kind}];
  if (window.gathering == number) window = {now + window_, 0};
}

void AlertQueue::remove(Number number) {
  messages_.erase(number);
  changed_.insert(number);
}

std::optional<Time> AlertQueue::oldest() const {
  if (messages_.empty()) return std::nullopt;
  return messages_.begin()->second.message.made_at;
}

bool AlertQueue::waits(const std::string& rule, AlertKind kind) const {
  return std::ranges::any_of(messages_, [&](const auto& entry) {
    return entry.second.message.rule == rule && entry.second.message.kind == kind;
  });
}

}  // namespace hookledger
