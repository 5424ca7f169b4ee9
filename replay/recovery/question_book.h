#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>

#include "schemas/time.h"

namespace hookledger {

/// The calls about which the provider is to be asked, each again and again with growing pauses until that is answered.
/// Bounded: what there is no room for comes again while its finding is open. Pure. One thread.
class QuestionBook {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  static constexpr Duration kFirstPause = std::chrono::seconds(5), kLongestPause = std::chrono::hours(1);

  explicit QuestionBook(std::uint64_t seed, std::size_t questions_max = 10'000)
      : questions_max_(questions_max), random_(seed) {}

  bool has(const std::string& call_id) const { return questions_.contains(call_id); }
  /// To be asked at once. `since`: from when on there was something to ask. A known one stays as it is. `of_finding`:
  /// only as long as that is open.
  void add(const std::string& call_id, Time since, Instant now, bool of_finding = true);
  struct Due {
    std::string call_id;
    bool of_finding;
  };
  /// A call that is due, the one that is due longest first; it stays until it is answered or put off.
  std::optional<Due> due(Instant now) const;
  void answered(const std::string& call_id);
  /// To be asked again, each time twice as late as the time before.
  void put_off(const std::string& call_id, Instant now);

  std::size_t size() const { return questions_.size(); }
  /// Since when the oldest has been waiting for its answer.
  std::optional<Time> oldest() const;

 private:
  struct Question {
    Time since;
    Instant due;
    bool of_finding;
    unsigned asked = 0;
  };

  const std::size_t questions_max_;
  std::mt19937_64 random_;
  std::map<std::string, Question> questions_;
  std::set<std::pair<Instant, std::string>> by_due_;
  std::multiset<Time> since_;
};

}  // namespace hookledger
