#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace hookledger {

/// An HTTP answer, as far as a load generator cares.
struct Answer {
  unsigned status = 0;
  bool keep_alive = true;  ///< The connection serves another request.
  std::optional<std::chrono::seconds> retry_after{};
  std::string_view body{};  ///< Into the bytes read; empty when its length was not told.
};

enum class AnswerState { kIncomplete, kComplete, kBroken };

/// Reads one HTTP/1.1 answer from the bytes received so far. An answer without Content-Length is complete with
/// its head, and ends its connection. Heads over 16 KiB and bodies over 1 MiB are broken.
AnswerState parse_answer(std::string_view bytes, Answer& answer);

}  // namespace hookledger
