#pragma once

#include <cstdint>
#include <string_view>

#include "schemas/error.h"  // require: how a target says that a property does not hold

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
