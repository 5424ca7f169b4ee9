#include "replay/line_reader.h"

namespace hookledger {
namespace {

constexpr std::size_t kChunkBytes = 256 * 1024;

}  // namespace

Result<bool> LineReader::next() {
  line_.clear();
  ++number_;
  bool begun = false;
  while (at_ < buffer_.size() || fill()) {
    begun = true;
    const std::size_t end = std::min(buffer_.find('\n', at_), buffer_.size());
    if (line_.size() + (end - at_) > bytes_max_) {
      return Error{ErrorCode::kInvalid, "it is longer than " + std::to_string(bytes_max_) + " bytes"};
    }
    line_.append(buffer_, at_, end - at_);
    at_ = end + 1;
    if (end < buffer_.size()) return true;
  }
  if (in_.bad()) return Error{ErrorCode::kUnavailable, "the input cannot be read"};
  return begun;
}

bool LineReader::fill() {
  at_ = 0;
  buffer_.resize(kChunkBytes);
  in_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  buffer_.resize(static_cast<std::size_t>(in_.gcount()));
  return !buffer_.empty();
}

}  // namespace hookledger
