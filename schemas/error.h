#pragma once

#include <boost/system/result.hpp>
#include <string>
#include <string_view>

namespace hookledger {

/// What went wrong, in terms a caller can act on. Append at the end, never renumber.
enum class ErrorCode : int {
  kInvalid = 1,      ///< Bytes or text from outside cannot be read. Final.
  kNotFound = 2,     ///< No such call, record, data dir or file. Final.
  kInUse = 3,        ///< Another process owns the data dir or the port. Stop it, or use another.
  kCorruption = 4,   ///< Checksum or framing mismatch in stored bytes. Stop; keep the bytes.
  kUnavailable = 5,  ///< Disk, store or peer does not work now. Retry.
  kOverloaded = 6,   ///< A bounded queue is full. Retry later.
  kUsage = 7,        ///< The user asked for something that cannot be: option, configuration, key.
  kStopping = 8,     ///< The program is shutting down. Retry elsewhere or later.
};

/// `detail` is one sentence for a person: what happened, and what to do. It never holds a body, a
/// private key or a phone number.
struct Error {
  ErrorCode code;
  std::string detail;
};

bool retryable(ErrorCode code);
std::string_view to_string(ErrorCode code);

/// Makes `Result::value()` on an error throw; that is a bug in the caller.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

template <class T>
using Result = boost::system::result<T, Error>;

/// Aborts with `what` when the program itself is wrong. Never on bytes from outside.
void require(bool condition, const char* what);

}  // namespace hookledger
