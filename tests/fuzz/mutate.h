#pragma once

#include <random>
#include <string>
#include <vector>

namespace hookledger::fuzz {

/// Makes new inputs from a corpus: bits, bytes and ranges changed, repeated, removed and spliced, and words put in that
/// parsers stumble over. The same seed and corpus give the same inputs.
class Mutator {
 public:
  /// `corpus` must not be empty.
  Mutator(std::vector<std::string> corpus, std::uint64_t seed);
  std::string next();

 private:
  std::size_t below(std::size_t limit);  ///< Uniform in [0, limit); 0 when `limit` is 0.
  const std::string& sample();
  void mutate(std::string& input);

  std::vector<std::string> corpus_;
  std::mt19937_64 random_;
};

}  // namespace hookledger::fuzz
