#include "tests/fuzz/mutate.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace hookledger::fuzz {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kInputBytesMax = 64 * 1024;

constexpr std::array kWords = {
    "\0"sv,
    "\xff"sv,
    "\xff\xff\xff\xff"sv,
    "\0\0\0\0\0\0\0\x80"sv,
    "\x80"sv,
    "\\u0000"sv,
    "\\ud800"sv,
    "\xe2\x80\xae"sv,
    "\x1b[31m"sv,
    "\r\n"sv,
    "\""sv,
    "\\"sv,
    "null"sv,
    "{}"sv,
    "[]"sv,
    "[[[[[[[["sv,
    "}"sv,
    "{\"data\":"sv,
    "\"payload\":{"sv,
    "\"event_type\":\"call.hangup\","sv,
    ":"sv,
    ","sv,
    "-0"sv,
    "1e999"sv,
    "18446744073709551616"sv,
    "="sv,
    "===="sv,
    "9999-12-31T23:59:59Z"sv,
    "+23:59"sv,
    "-9223372036854775808"sv,
};

}  // namespace

Mutator::Mutator(std::vector<std::string> corpus, std::uint64_t seed) : corpus_(std::move(corpus)), random_(seed) {}

std::string Mutator::next() {
  std::string input = sample();
  for (std::size_t changes = 1 + below(4); changes > 0; --changes) mutate(input);
  input.resize(std::min(input.size(), kInputBytesMax));
  return input;
}

std::size_t Mutator::below(std::size_t limit) { return limit == 0 ? 0 : random_() % limit; }

const std::string& Mutator::sample() { return corpus_[below(corpus_.size())]; }

void Mutator::mutate(std::string& input) {
  const std::size_t at = below(input.size());
  const std::size_t length = below(std::min<std::size_t>(input.size() - at, 64) + 1);
  switch (below(8)) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
      break;
    case 1:
      if (!input.empty()) input[at] = static_cast<char>(below(256));
      break;
    case 2: input.insert(at, kWords[below(kWords.size())]); break;
    case 3: input.erase(at, length); break;
    case 4: {
      const std::string repeated = input.substr(at, length);
      for (std::size_t times = below(32); times > 0; --times) input.insert(at, repeated);
      break;
    }
    case 5: input.resize(at); break;
    case 6: {
      const std::string& other = sample();
      input = input.substr(0, at) + other.substr(below(other.size()));
      break;
    }
    default: input.replace(at, length, kWords[below(kWords.size())]); break;
  }
}

}  // namespace hookledger::fuzz
