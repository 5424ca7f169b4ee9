#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/alert_queue.h"
#include "projector/alert_state.h"
#include "projector/finding_book.h"
#include "projector/key_value.h"
#include "schemas/finding.h"

namespace hookledger {

/// Which findings a receiver is told of.
struct AlertFilter {
  Severity severity_min = Severity::kWarning;
  std::vector<std::string> rules{};  ///< Empty: all.

  friend bool operator==(const AlertFilter&, const AlertFilter&) = default;
};
bool passes(const AlertFilter& filter, const Finding& finding);
/// Other filters have another.
std::string fingerprint(const AlertFilter& filter);

/// What one receiver was told and is to be told of the findings of one store, kept on disk with the progress in one
/// write. Nothing is given to be told before a crash could not undo that it is. One thread.
/// What could not be written is written with what comes next.
class AlertBook final : public FindingBook {
 public:
  struct Options {
    std::string alert;  ///< The receiver's name.
    AlertFilter filter;
    Duration window{};
    std::string fingerprint;  ///< Of all that decides which findings there are and which are told.
  };
  using Number = AlertQueue::Number;
  struct Due {
    Number number = 0;
    AlertMessage message;
  };
  static Result<std::unique_ptr<AlertBook>> open(std::unique_ptr<KeyValue> bytes, Options options);

  const std::optional<AlertProgress>& progress() const override { return progress_; }
  /// Adds what is to be told of them.
  Result<void> observe(std::string_view subject, const std::vector<Finding>& findings, const WasOver& was_over,
                       Now now) override;
  Result<void> count_as_told(std::string_view subject, const std::vector<Finding>& findings) override;
  Result<std::vector<std::string>> told_subjects(std::size_t subjects_max) override;
  Result<void> forget(std::string_view subject) override;
  Result<void> commit(const AlertProgress& progress) override;
  void complete() override;
  /// Up to where everything was told, delivered and all: where another can go on. Nothing: not known yet.
  const std::optional<AlertProgress>& told() const { return told_; }

  /// What may be told now, sealed and safe from a crash; nothing when there is none.
  Result<std::optional<Due>> due(Now now);
  Result<void> delivered(Number number);
  void put_off(Number number, AlertQueue::Instant until);

  bool full() const override { return queue_.size() >= AlertQueue::kMessagesMax; }
  std::size_t waiting() const { return queue_.size(); }
  std::optional<Time> oldest() const { return queue_.oldest(); }

  Result<void> save() override;
  Result<void> flush();

 private:
  using ToldById = std::map<std::string, ToldFinding, std::less<>>;

  AlertBook(std::unique_ptr<KeyValue> bytes, Options options);

  Result<void> load_messages();
  Result<void> load_progress();
  Result<ToldById> told_of(std::string_view subject) const;
  bool tell_of(const Finding& finding, ToldFinding& told, bool fresh, Now now);
  void note_told();
  /// By others: ids of messages go on from there.
  std::uint64_t openings_told() const { return progress_ ? progress_->openings : 0; }
  void tell(AlertEdge edge, std::string_view finding_id, ToldFinding& told, Now now);
  Result<void> write();

  std::unique_ptr<KeyValue> bytes_;
  const Options options_;
  AlertQueue queue_;
  std::optional<AlertProgress> progress_;
  std::map<std::string, std::optional<std::string>, std::less<>> staged_;  ///< Keys not written yet; nothing: erased.
  std::string told_position_;
  bool flushed_ = true;

  /// A look that is told of once no message up to `last` waits.
  struct Telling {
    AlertProgress progress;
    Number last = 0;
  };
  std::optional<AlertProgress> complete_, told_;
  std::optional<Telling> telling_;
};

}  // namespace hookledger
