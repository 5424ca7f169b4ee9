#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/alert_queue.h"
#include "projector/alert_state.h"
#include "schemas/finding.h"

namespace hookledger {

/// Who is shown the findings that may have changed, and knows how far that went. One thread. Errors everywhere:
/// kCorruption, kUnavailable; then the same again.
class FindingBook {
 public:
  using Now = AlertQueue::Now;
  /// Was the finding, which is over, over before the book began?
  using WasOver = std::function<bool(const Finding&)>;
  virtual ~FindingBook() = default;

  /// Nothing: the book begins.
  virtual const std::optional<AlertProgress>& progress() const = 0;
  /// All findings of one subject, a call say, as they are now.
  virtual Result<void> observe(std::string_view subject, const std::vector<Finding>& findings, const WasOver& was_over,
                               Now now) = 0;
  /// They were open, and another told so.
  virtual Result<void> count_as_told(std::string_view subject, const std::vector<Finding>& findings) = 0;
  /// So many subjects of which something was told, in turn; fewer at the end, then from the first again.
  virtual Result<std::vector<std::string>> told_subjects(std::size_t subjects_max) = 0;
  /// The subject is gone. What was told of it stays as it is.
  virtual Result<void> forget(std::string_view subject) = 0;
  /// All that was observed, together with the progress.
  virtual Result<void> commit(const AlertProgress& progress) = 0;
  /// What was durable at the progress was looked at, all of it.
  virtual void complete() = 0;

  /// Wants to be shown no more for now.
  virtual bool full() const = 0;
  /// Writes what could not be written before; nothing when all is.
  virtual Result<void> save() = 0;
};

}  // namespace hookledger
