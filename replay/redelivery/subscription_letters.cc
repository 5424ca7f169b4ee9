#include "replay/redelivery/subscription_letters.h"

#include <algorithm>

#include "replay/presentation.h"

namespace hookledger {
namespace {

/// That are handed on at once.
constexpr std::size_t kSome = 64;
constexpr std::chrono::seconds kTroubleWait{1};

/// When a record cannot be read, only its place is known.
Result<RecordView> decode_or_error(const Result<StoredRecord>& stored) {
  return stored ? decode_record(stored->bytes) : Result<RecordView>(stored.error());
}

}  // namespace

Result<void> SubscriptionLetters::step() {
  if (trouble_ && parts_.clock.monotonic() < retry_at_) return *trouble_;
  trouble_.reset();
  const auto letters = take_some();
  if (!letters) {
    trouble_ = letters.error();
  } else {
    for (const DeadLetter& letter : *letters) {
      if (auto handed = hand_on(letter); !handed && !trouble_) trouble_ = handed.error();
    }
  }
  retry_at_ = parts_.clock.monotonic() + kTroubleWait;
  return trouble_ ? Result<void>(*trouble_) : Result<void>();
}

Result<void> SubscriptionLetters::hand_on(const DeadLetter& letter) {
  auto key = key_of(letter.place);
  const std::lock_guard lock(mutex_);
  if (closed_ || dropped_.erase(letter.place) != 0) return {};
  if (!key) {
    under_way_.erase(letter.place);
    next_ = next_ ? std::min(*next_, letter.place) : letter.place;
    return key.error();
  }
  parts_.dispatcher.add({letter.place, std::move(*key), {}, Urgency::kUsual, letter.attempts});
  return {};
}

Result<std::vector<DeadLetter>> SubscriptionLetters::take_some() {
  const std::lock_guard lock(mutex_);
  std::vector<DeadLetter> some;
  if (closed_ || !next_) return some;
  const std::size_t room = std::min(parts_.dispatcher.room(Urgency::kUsual), kSome);
  std::optional<Place> next;
  auto visited = parts_.book.for_each_letter(*next_, [&](DeadLetter letter) {
    if (!letter.retry || !partitions_.contains(letter.place.partition) || under_way_.contains(letter.place)) {
      return true;
    }
    if (some.size() == room) {
      next = letter.place;
      return false;
    }
    some.push_back(std::move(letter));
    return true;
  });
  if (!visited) return visited.error();
  next_ = next;
  for (const DeadLetter& letter : some) under_way_.insert(letter.place);
  return some;
}

/// Of the record; of one that nobody can read its place.
Result<std::string> SubscriptionLetters::key_of(Place place) const {
  const auto stored = parts_.log.read(place);
  const auto record = decode_or_error(stored);
  if (record) return std::string(record->key);
  if (retryable(record.error().code)) return record.error();
  return format_place(place);
}

Result<void> SubscriptionLetters::finished(const DeliveryResult& result, const std::function<void()>& done) {
  std::optional<DeadLetter> letter;
  if (result.delivery == Delivery::kGivenUp) {
    auto made = letter_of(result);
    if (!made) return made.error();
    letter = std::move(*made);
  }
  const std::lock_guard lock(mutex_);
  if (closed_ || dropped_.erase(result.place) != 0) return {};
  const bool was_letter = under_way_.contains(result.place);
  if (letter) {
    if (auto put = parts_.book.put(*letter); !put) return put;
  } else if (parts_.book.letter_count() > 0) {  // Also of one that became a letter just before a crash.
    if (const auto dropped = parts_.book.drop(result.place); !dropped) return dropped.error();
  }
  under_way_.erase(result.place);
  if (!was_letter) done();
  return {};
}

Result<DeadLetter> SubscriptionLetters::letter_of(const DeliveryResult& result) const {
  DeadLetter letter{.place = result.place,
                    .id = {},
                    .source = {},
                    .type = {},
                    .call = {},
                    .attempts = result.attempts,
                    .answer = result.answer,
                    .given_up_at = parts_.clock.wall()};
  const auto stored = parts_.log.read(result.place);
  const auto record = decode_or_error(stored);
  if (!record && retryable(record.error().code)) return record.error();
  if (!record) return letter;
  letter.id = record->id;
  letter.source = record->source;
  letter.type = record->type;
  letter.call = record->call_id();
  return letter;
}

void SubscriptionLetters::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

Result<std::vector<DeadLetter>> SubscriptionLetters::list(Place from, std::size_t max) const {
  const std::lock_guard lock(mutex_);
  return closed_ ? Result<std::vector<DeadLetter>>(std::vector<DeadLetter>()) : parts_.book.letters(from, max);
}

Result<bool> SubscriptionLetters::retry(Place place) {
  const std::lock_guard lock(mutex_);
  next_ = next_ ? std::min(*next_, place) : place;
  return closed_ ? Result<bool>(false) : parts_.book.retry(place);
}

Result<bool> SubscriptionLetters::drop(Place place) {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  auto dropped = parts_.book.drop(place);
  if (dropped && under_way_.erase(place) != 0 && !parts_.dispatcher.drop(place)) dropped_.insert(place);
  return dropped;
}

}  // namespace hookledger
