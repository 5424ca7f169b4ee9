#include "schemas/json_grammar.h"

#include <vector>

namespace hookledger {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Grammar {
 public:
  Grammar(std::string_view text, std::size_t depth_max) : rest_(text), depth_max_(depth_max) {}

  bool document() {
    do {
      if (!opening_or_scalar() || !closings()) return false;
    } while (!closers_.empty());
    skip_space();
    return rest_.empty();
  }

 private:
  /// A value: all of it, or the opening of a container up to its first value.
  bool opening_or_scalar() {
    for (;;) {
      skip_space();
      if (take('[')) {
        if (!push(']')) return false;
        if (next() == ']') return true;
      } else if (take('{')) {
        if (!push('}')) return false;
        if (next() == '}') return true;
        if (!name()) return false;
      } else {
        return scalar();
      }
    }
  }

  /// After a value: what closes, then the comma (and name) before the next value.
  bool closings() {
    while (!closers_.empty()) {
      skip_space();
      const char closer = closers_.back();
      if (take(closer)) {
        closers_.pop_back();
        continue;
      }
      if (!take(',')) return false;
      return closer == ']' || name();
    }
    return true;
  }

  bool name() {
    skip_space();
    if (!string()) return false;
    skip_space();
    return take(':');
  }

  bool scalar() {
    switch (peek()) {
      case '"': return string();
      case 't': return literal("true");
      case 'f': return literal("false");
      case 'n': return literal("null");
      default: return number();
    }
  }

  bool string() {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c == '\\' && !escape()) return false;
    }
    return false;
  }

  bool escape() {
    if (!take('u')) {
      constexpr std::string_view kSimple = "\"\\/bfnrt";
      const bool simple = !rest_.empty() && kSimple.find(rest_.front()) != std::string_view::npos;
      if (simple) rest_.remove_prefix(1);
      return simple;
    }
    for (int i = 0; i < 4; ++i) {
      if (!is_hex_digit(peek())) return false;
      rest_.remove_prefix(1);
    }
    return true;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (take('e') || take('E')) {
      if (!take('+')) take('-');
      return digits();
    }
    return true;
  }

  bool digits() {
    if (!is_digit(peek())) return false;
    while (is_digit(peek())) rest_.remove_prefix(1);
    return true;
  }

  bool literal(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool push(char closer) {
    closers_.push_back(closer);
    return closers_.size() <= depth_max_;
  }

  char next() {
    skip_space();
    return peek();
  }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() {
    while (take(' ') || take('\n') || take('\r') || take('\t')) {
    }
  }

  std::string_view rest_;
  std::size_t depth_max_;
  std::vector<char> closers_;  ///< Of the containers that are open.
};

}  // namespace

bool follows_json_grammar(std::string_view text, std::size_t depth_max) { return Grammar(text, depth_max).document(); }

}  // namespace hookledger
