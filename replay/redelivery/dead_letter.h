#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/place.h"
#include "schemas/time.h"

namespace hookledger {

/// A record that was given up.
struct DeadLetter {
  Place place;
  std::string id{}, source{}, type{};
  std::string call{};  ///< Empty: it belongs to none.
  std::uint32_t attempts = 0;
  std::string answer{};  ///< The last: `HTTP 500`, or why there was none.
  Time given_up_at{};
  bool retry = false;  ///< It is to be delivered after all.
};

/// Layout: schemas/deliveries.md. Without the place, which is the key.
std::string encode(const DeadLetter& letter);
std::optional<DeadLetter> decode_dead_letter(Place place, std::string_view bytes);

}  // namespace hookledger
