#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/event_fields.h"

namespace hookledger {

/// Reads values of bodies. Its parsers keep their memory for the next body, but not that of a very large one. One
/// thread.
class JsonValues {
 public:
  JsonValues();
  ~JsonValues();

  /// Adds the scalars below the first of `bases` that is there, at those of `pointers` (RFC 6901) that `slots` names.
  /// Of duplicate keys the first counts; null is absent, and so is a number beyond 64 bits, beside which others may be
  /// absent too. Any bytes may come, but what is no JSON (`is_json`) has any values or none.
  void add(std::string_view json, std::span<const std::string_view> bases, std::span<const std::string> pointers,
           std::span<const std::uint32_t> slots, FieldValues& values);

 private:
  struct Parsers;
  std::unique_ptr<Parsers> parsers_;
};

}  // namespace hookledger
