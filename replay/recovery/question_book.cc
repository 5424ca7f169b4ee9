#include "replay/recovery/question_book.h"

#include <algorithm>

namespace hookledger {

void QuestionBook::add(const std::string& call_id, Time since, Instant now, bool of_finding) {
  const Question question{since, now, of_finding};
  if (questions_.size() >= questions_max_ || !questions_.try_emplace(call_id, question).second) return;
  by_due_.emplace(now, call_id);
  since_.insert(since);
}

std::optional<QuestionBook::Due> QuestionBook::due(Instant now) const {
  if (by_due_.empty() || by_due_.begin()->first > now) return std::nullopt;
  const std::string& call_id = by_due_.begin()->second;
  return Due{call_id, questions_.at(call_id).of_finding};
}

void QuestionBook::answered(const std::string& call_id) {
  const auto found = questions_.find(call_id);
  if (found == questions_.end()) return;
  by_due_.erase({found->second.due, call_id});
  since_.erase(since_.find(found->second.since));
  questions_.erase(found);
}

void QuestionBook::put_off(const std::string& call_id, Instant now) {
  const auto found = questions_.find(call_id);
  if (found == questions_.end()) return;
  Question& question = found->second;
  by_due_.erase({question.due, call_id});
  Duration pause = kFirstPause;
  for (unsigned i = 0; i < question.asked && pause < kLongestPause; ++i) pause *= 2;
  const auto half = static_cast<std::uint64_t>(std::min(pause, Duration(kLongestPause)).count() / 2);
  ++question.asked;
  question.due = now + Duration(static_cast<std::int64_t>(half + random_() % (half + 1)));
  by_due_.emplace(question.due, call_id);
}

std::optional<Time> QuestionBook::oldest() const {
  return since_.empty() ? std::nullopt : std::optional(*since_.begin());
}

}  // namespace hookledger
