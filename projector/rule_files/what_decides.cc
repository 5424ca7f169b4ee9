#include <algorithm>

#include "projector/rule_files/fields.h"
#include "projector/rule_files/rule_file.h"
#include "projector/rule_files/sentences.h"
#include "schemas/crypto.h"

namespace hookledger::rules {
namespace {

/// Feeds a rule to a digest, member by member, each framed, lists and optional ones with their count.
class RuleDigest {
 public:
  void add(const RuleSpec& rule) {
    text(rule.name);
    numbers(rule.kind, rule.scope, rule.legs, rule.noted, rule.during);
    all(rule.same);
    count(rule.pairs.size());
    for (const Pair& pair : rule.pairs) {
      add(pair.when);
      all(pair.then);
    }
    numbers(rule.late);
    maybe(rule.condition);
    maybe(rule.meanwhile);
    add(rule.within);
    add(rule.skew);
    maybe(rule.due);
    add(rule.before_due);
    add(rule.event);
    maybe(rule.until);
    maybe(rule.by);
    maybe(rule.distinct);
    count(rule.max);
    add(rule.spread);
    add(rule.base);
    maybe(rule.per);
    add(rule.over);
    add(rule.above);
    count(rule.at_least);
  }

  std::string hex() { return digest_.hex(); }

 private:
  void text(std::string_view value) { digest_.add(value); }
  void count(std::uint64_t value) { text(std::to_string(value)); }
  template <class... T>
  void numbers(T... values) {
    (count(static_cast<std::uint64_t>(values)), ...);
  }

  void add(const std::string& value) { text(value); }
  void add(bool value) { numbers(value); }
  void add(double value) { text(std::string_view(reinterpret_cast<const char*>(&value), sizeof value)); }
  void add(Duration value) { text(std::to_string(value.count())); }
  void add(Time value) { add(value.time_since_epoch()); }
  void add(const Field& field) { text(to_string(field)); }
  void add(const Literal& literal) {
    count(literal.index());
    std::visit([this](const auto& value) { add(value); }, literal);
  }
  void add(const Comparison& comparison) {
    add(comparison.field);
    numbers(comparison.type, comparison.test, comparison.known);
    all(comparison.literals);
    maybe(comparison.other);
  }
  void add(const Pattern& pattern) {
    numbers(pattern.what, pattern.leg, pattern.of, pattern.call);
    all(pattern.types);
    all(pattern.where);
  }

  template <class T>
  void all(const std::vector<T>& values) {
    count(values.size());
    for (const T& value : values) add(value);
  }
  template <class T>
  void maybe(const std::optional<T>& value) {
    count(value ? 1 : 0);
    if (value) add(*value);
  }

  Digest digest_;
};

}  // namespace

std::string fingerprint(const std::vector<RuleSpec>& rules) {
  RuleDigest digest;
  for (const RuleSpec& rule : rules) {
    if (rule.enabled) digest.add(rule);
  }
  return digest.hex();
}

}  // namespace hookledger::rules
