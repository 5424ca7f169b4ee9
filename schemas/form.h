#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hookledger {

struct FormParameter {
  std::string name, value;  ///< Decoded: any bytes.

  friend bool operator==(const FormParameter&, const FormParameter&) = default;
};

inline constexpr std::size_t kFormParametersMax = 1'000;

/// Reads `application/x-www-form-urlencoded` (WHATWG URL, 5.1): parameters in the order of the text, repeats kept, `+`
/// is a space, a parameter without `=` has an empty value, nothing between two `&` is no parameter. Stricter than
/// WHATWG: a `%` that two hex digits do not follow makes the whole text no form, and so do more than
/// `kFormParametersMax` parameters. The empty text is a form without parameters.
std::optional<std::vector<FormParameter>> parse_form(std::string_view text);

/// Percent-encodes a path segment, or a name or value of a query.
std::string percent_encode(std::string_view text);

}  // namespace hookledger
