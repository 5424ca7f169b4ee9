#include "tools/simulate/random.h"

#include <vector>

#include "schemas/text.h"

namespace hookledger {
namespace {

std::mt19937_64 seeded(std::initializer_list<std::uint64_t> seed) {
  std::vector<std::uint32_t> words;
  for (const std::uint64_t value : seed) {
    words.push_back(static_cast<std::uint32_t>(value));
    words.push_back(static_cast<std::uint32_t>(value >> 32));
  }
  std::seed_seq sequence(words.begin(), words.end());
  return std::mt19937_64(sequence);
}

}  // namespace

Random::Random(std::initializer_list<std::uint64_t> seed) : engine_(seeded(seed)) {}

// The bias of the remainder is below 2^-30 for every bound used here.
std::uint64_t Random::below(std::uint64_t bound) { return engine_() % bound; }

Duration Random::between(Duration low, Duration high) {
  return low + Duration(static_cast<Duration::rep>(below(static_cast<std::uint64_t>((high - low).count()) + 1)));
}

bool Random::chance(double probability) { return static_cast<double>(engine_() >> 11) * 0x1p-53 < probability; }

std::string Random::bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(engine_() >> 56);
  return bytes;
}

std::string Random::uuid() {
  std::string raw = bytes(16);
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string text = encode_hex(raw);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace hookledger
