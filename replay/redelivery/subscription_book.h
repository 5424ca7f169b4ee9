#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "projector/key_value.h"
#include "replay/redelivery/dead_letter.h"
#include "replay/redelivery/offset_set.h"

namespace hookledger {

/// What is kept of a subscription for one store: which records are done, and the dead letters. Layout:
/// schemas/deliveries.md. Threads: those of `KeyValue`; `note` and `save` one.
/// Errors everywhere: kCorruption, kUnavailable.
class SubscriptionBook {
 public:
  /// `bytes`: as they could be opened.
  static Result<std::unique_ptr<SubscriptionBook>> open(Result<std::unique_ptr<KeyValue>> bytes);

  /// Nothing: of that partition nothing was ever saved.
  Result<std::optional<OffsetSet>> done(std::uint32_t partition) const;
  /// To be saved.
  void note(std::uint32_t partition, OffsetSet::Changes changes);
  /// All that was noted, in one write. What cannot be written is written with what comes next.
  Result<void> save();
  /// What was written outlives a power cut.
  Result<void> flush();
  /// Likewise the letters.
  Result<void> flush_letters() { return letters_flushed_ ? Result<void>() : flush(); }

  Result<void> put(const DeadLetter& letter);
  /// Marks it. False when there is no such letter.
  Result<bool> retry(Place place);
  /// False when there is no such letter.
  Result<bool> drop(Place place);
  /// From `from` on, in order of place, until `visit` returns false.
  Result<void> for_each_letter(Place from, const std::function<bool(DeadLetter)>& visit) const;
  /// Likewise, at most `max`.
  Result<std::vector<DeadLetter>> letters(Place from, std::size_t max) const;
  std::size_t letter_count() const { return letters_; }

 private:
  explicit SubscriptionBook(std::unique_ptr<KeyValue> bytes) : bytes_(std::move(bytes)) {}

  Result<std::optional<DeadLetter>> letter(Place place) const;

  std::unique_ptr<KeyValue> bytes_;
  std::map<std::uint32_t, OffsetSet::Changes> unsaved_;
  std::atomic<std::size_t> letters_ = 0;
  std::atomic<bool> letters_flushed_ = true;
};

}  // namespace hookledger
