#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projector/queries.h"
#include "replay/redelivery/dead_letter.h"

namespace hookledger {

/// The dead letters of one subscription, wherever they are kept. Errors: kCorruption, kUnavailable.
class LetterBox {
 public:
  virtual ~LetterBox() = default;
  /// Of the subscription.
  virtual const std::string& name() const = 0;
  /// In order of place, from `from` on, at most `max`.
  virtual Result<std::vector<DeadLetter>> letters(Place from, std::size_t max) const = 0;
  /// It is delivered after all, out of order, and is a dead letter until then. False when there is no such letter.
  virtual Result<bool> retry(Place place) = 0;
  /// False when there is no such letter.
  virtual Result<bool> drop(Place place) = 0;
};

/// Those that are here.
using LetterBoxes = std::vector<std::shared_ptr<LetterBox>>;

struct NamedLetter {
  std::string subscription;
  DeadLetter letter;
};

/// Which letters are meant.
struct LetterChoice {
  std::string subscription{};  ///< Empty: of all.
  std::optional<Place> place{};
};

/// In order of subscription and place. Errors: kNotFound (no such subscription), kInvalid (the cursor).
Result<Page<NamedLetter>> list_letters(const LetterBoxes& boxes, const LetterChoice& choice,
                                       const PageRequest& request);

enum class LetterAction : std::uint8_t { kRetry, kDrop };
std::string_view to_string(LetterAction action);
/// How many there were. Errors: kNotFound: no such subscription, or not the one letter that was named.
Result<std::uint64_t> change_letters(const LetterBoxes& boxes, const LetterChoice& choice, LetterAction action);

/// `PARTITION/OFFSET`.
std::optional<Place> parse_place(std::string_view text);

/// As `GET /v1/deadletters` answers.
std::string to_json(const NamedLetter& letter);
std::string to_json(const Page<NamedLetter>& page);
/// Errors: kInvalid.
Result<Page<NamedLetter>> parse_letter_list(std::string_view json);
Result<std::uint64_t> parse_letter_count(std::string_view json);

}  // namespace hookledger
