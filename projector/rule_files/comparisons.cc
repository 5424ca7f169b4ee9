#include <algorithm>

#include "projector/rule_files/fields.h"
#include "projector/rule_files/patterns.h"
#include "projector/rule_files/values.h"

namespace hookledger::rules {
namespace {

Type type_of_literal(const Literal& literal) { return static_cast<Type>(literal.index()); }

bool orders(Test test) { return test >= Test::kLess && test <= Test::kGreaterOrEqual; }

/// `gt of /age`, as messages name it.
std::string label_of(const Field& field, Test test) {
  return std::string(word_for(kTests, test)) + " of " + to_string(field);
}

class ComparisonReader {
 public:
  /// `as`: null when it does not stand there.
  ComparisonReader(Field field, const YamlNode* as, Problems& problems)
      : field_(std::move(field)),
        as_given_(as != nullptr),
        as_(read_word(as, "as of " + to_string(field_), kComparedAs, problems)),
        problems_(problems) {}

  /// Whether `as` was needed.
  bool used_as() const { return used_as_; }

  std::optional<Comparison> read(Test test, const YamlNode& operand) {
    label_ = label_of(field_, test);
    before_ = problems_.count();
    Comparison comparison{field_, type_of(field_).value_or(Type::kText), test, {}, {}, {}};
    switch (test) {
      case Test::kPresent: read_present(operand, comparison); break;
      case Test::kNames: read_names(operand, comparison); break;
      case Test::kIn:
      case Test::kNotIn: read_list(operand, comparison); break;
      default: read_one(operand, comparison); break;
    }
    if (problems_.count() > before_) return std::nullopt;
    return comparison;
  }

 private:
  void problem(const YamlNode& node, const std::string& message) { problems_.add(node.at, label_ + ": " + message); }

  void read_present(const YamlNode& operand, Comparison& comparison) {
    if (const auto flag = read_flag(&operand, label_, problems_)) comparison.literals.emplace_back(*flag);
  }

  void read_names(const YamlNode& operand, Comparison& comparison) {
    comparison.known = read_word(&operand, label_, kKnowns, problems_).value_or(Known::kLeg);
    if (comparison.type != Type::kText) {
      problem(operand,
              "names compares text, but " + to_string(field_) + " is " + std::string(to_string(comparison.type)));
    }
  }

  void read_list(const YamlNode& operand, Comparison& comparison) {
    if (operand.kind != YamlNode::kList || operand.items.empty()) {
      problem(operand, "expected a list such as [android, web], " + got(operand));
      return;
    }
    for (const YamlNode& item : operand.items) {
      if (refers(item)) {
        problem(item, "a list holds values, not fields: use eq for one field, or $$ for a text that begins with $");
      } else if (auto literal = literal_of(item)) {
        add(item, std::move(*literal), comparison);
      }
    }
  }

  void read_one(const YamlNode& operand, Comparison& comparison) {
    if (refers(operand)) {
      read_other(operand, comparison);
    } else if (auto literal = literal_of(operand)) {
      add(operand, std::move(*literal), comparison);
    }
    if (problems_.count() == before_) check_order(operand, comparison);
  }

  static bool refers(const YamlNode& node) {
    return node.kind == YamlNode::kScalar && node.text.starts_with('$') && !node.text.starts_with("$$");
  }

  std::optional<Literal> literal_of(const YamlNode& node) {
    auto literal = read_literal(node, label_, problems_);
    if (!literal) return literal;
    if (auto* const text = std::get_if<std::string>(&*literal); text != nullptr && text->starts_with("$$")) {
      text->erase(0, 1);
    }
    return literal;
  }

  /// Literals must be of the field's type; a pointer takes that of the first.
  void add(const YamlNode& node, Literal literal, Comparison& comparison) {
    const Type type = type_of_literal(literal);
    const bool free = !type_of(field_) && comparison.literals.empty();
    if (free) comparison.type = type;
    if (comparison.type != type) {
      const bool by_list = !type_of(field_);
      const std::string is = by_list ? "the values before are " : to_string(field_) + " is ";
      const std::string advice = comparison.type == Type::kText ? ": put it in quotes" : "";
      problem(node, is + std::string(to_string(comparison.type)) + ", but " + quoted(node.text) + " is " +
                        std::string(to_string(type)) + advice);
    } else if (field_.name == Field::kProvenance) {
      check_provenance(node);
    }
    comparison.literals.push_back(std::move(literal));
  }

  void check_provenance(const YamlNode& node) {
    read_choice(&node, label_, {"delivered", "imported", "recovered", "synthetic"}, problems_);
  }

  void read_other(const YamlNode& operand, Comparison& comparison) {
    YamlNode name = operand;
    name.text.erase(0, 1);
    comparison.other = read_field(&name, label_, problems_);
    if (!comparison.other) return;
    const auto left = type_of(field_), right = type_of(*comparison.other);
    if (left && right && *left != *right) {
      problem(operand, to_string(field_) + " is " + std::string(to_string(*left)) + ", but " +
                           to_string(*comparison.other) + " is " + std::string(to_string(*right)));
      return;
    }
    if (!left && !right) {
      used_as_ = true;
      if (!as_given_ && orders(comparison.test)) {
        problem(operand, "two pointers need to know as what they are compared: add as: number, time, duration or text");
        return;
      }
      comparison.type = as_.value_or(as_given_ ? Type::kNumber : Type::kText);
      return;
    }
    comparison.type = left ? *left : *right;
  }

  void check_order(const YamlNode& operand, const Comparison& comparison) {
    if (!orders(comparison.test)) return;
    if (comparison.type == Type::kText || comparison.type == Type::kBoolean) {
      problem(operand, "expected a number, a time or a duration, which have an order; this is " +
                           std::string(to_string(comparison.type)));
    }
  }

  Field field_;
  bool as_given_;
  std::optional<Type> as_;
  Problems& problems_;
  std::string label_;
  std::size_t before_ = 0;  ///< Problems, when this comparison began.
  bool used_as_ = false;
};

void read_tests(const Field& field, const YamlNode& tests, std::vector<Comparison>& into, Problems& problems) {
  const std::string name = to_string(field);
  if (tests.keys.empty()) problems.add(tests.at, name + ": expected a value or operators such as {gt: 2s}, got none");
  const auto as_key = std::ranges::find(tests.keys, "as", &YamlNode::Key::name);
  const bool has_as = as_key != tests.keys.end();
  const YamlNode* const as = has_as ? &tests.items[static_cast<std::size_t>(as_key - tests.keys.begin())] : nullptr;
  ComparisonReader reader(field, as, problems);
  for (std::size_t i = 0; i < tests.keys.size(); ++i) {
    const YamlNode::Key& key = tests.keys[i];
    if (key.name == "as") continue;
    auto names = names_of(kTests);
    const auto found = std::ranges::find(names, key.name);
    if (found == names.end()) {
      names.emplace_back("as");
      problems.add(key.at, name + ": unknown operator " + quoted(key.name) + did_you_mean(key.name, names) +
                               " (there are " + listed(names) + ")");
      continue;
    }
    const Test test = kTests[static_cast<std::size_t>(found - names.begin())].second;
    if (auto comparison = reader.read(test, tests.items[i])) into.push_back(std::move(*comparison));
  }
  if (has_as && !reader.used_as()) {
    problems.add(as_key->at, "as of " + name + ": only the comparison of two pointers needs it: remove it");
  }
}

}  // namespace

std::vector<Comparison> read_comparisons(const YamlNode* node, Problems& problems) {
  std::vector<Comparison> comparisons;
  if (node == nullptr) return comparisons;
  if (node->kind != YamlNode::kMap || node->keys.empty()) {
    problems.add(node->at, "where: expected fields and values such as {/platform: ios}, " + got(*node));
    return comparisons;
  }
  for (std::size_t i = 0; i < node->keys.size(); ++i) {
    YamlNode name;
    name.kind = YamlNode::kScalar;
    name.text = node->keys[i].name;
    name.at = node->keys[i].at;
    const auto field = read_event_field(&name, "where", problems);
    if (!field) continue;
    const YamlNode& value = node->items[i];
    if (value.kind == YamlNode::kMap) {
      read_tests(*field, value, comparisons, problems);
    } else {
      ComparisonReader reader(*field, nullptr, problems);
      if (auto comparison = reader.read(Test::kEqual, value)) comparisons.push_back(std::move(*comparison));
    }
  }
  return comparisons;
}

}  // namespace hookledger::rules
