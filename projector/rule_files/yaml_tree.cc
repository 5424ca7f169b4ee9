#include "projector/rule_files/yaml_tree.h"

#include <optional>
#include <set>
#include <sstream>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "schemas/text.h"
#include "schemas/utf8.h"

namespace hookledger::rules {
namespace {

Position position(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

/// Takes the parser's events as a tree. Throws a YamlFault where the parser can only be left by an exception.
class TreeBuilder final : public YAML::EventHandler {
 public:
  YamlNode take_root() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) refuse(mark, "a second document begins: put all into one");
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { value(begin(mark, "", anchor)); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override { refuse(mark, kNoAnchors); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& text) override {
    YamlNode node = begin(mark, tag, anchor);
    node.kind = YamlNode::kScalar;
    node.text = text;
    node.quoted = tag == kQuoted;
    value(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, begin(mark, tag, anchor), YamlNode::kList);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, begin(mark, tag, anchor), YamlNode::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  static constexpr const char* kPlain = "?";
  static constexpr const char* kQuoted = "!";
  static constexpr const char* kNoAnchors =
      "anchors and aliases (& and *) are not read: write it out, or quote the text";

  /// A list or map whose end has not come.
  struct Open {
    YamlNode node;
    std::set<std::string> names{};
    std::optional<YamlNode::Key> key{};  ///< Of the value that comes next.
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string message) {
    throw YamlFault{position(mark), std::move(message)};
  }

  YamlNode begin(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    if (anchor != 0) refuse(mark, kNoAnchors);
    if (!tag.empty() && tag != kPlain && tag != kQuoted) {
      refuse(mark, "tags (words that begin with !) are not read: remove it, or quote the text");
    }
    if (++nodes_ > kYamlNodesMax)
      refuse(mark, "more than " + std::to_string(kYamlNodesMax) + " values: split the file");
    YamlNode node;
    node.at = position(mark);
    return node;
  }

  void open(const YAML::Mark& mark, YamlNode node, YamlNode::Kind kind) {
    if (!open_.empty() && open_.back().node.kind == YamlNode::kMap && !open_.back().key) refuse_key(mark);
    if (open_.size() == kYamlDepthMax) {
      refuse(mark, "nested more than " + std::to_string(kYamlDepthMax) + " deep: no rule needs that");
    }
    node.kind = kind;
    open_.push_back({std::move(node)});
  }

  void close() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    value(std::move(node));
  }

  void value(YamlNode node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& into = open_.back();
    if (into.node.kind == YamlNode::kMap) {
      if (!into.key) return take_key(into, std::move(node));
      if (node.kind == YamlNode::kNothing) node.at = into.key->at;
      into.node.keys.push_back(std::move(*into.key));
      into.key.reset();
    }
    into.node.items.push_back(std::move(node));
  }

  static void take_key(Open& map, YamlNode node) {
    if (node.kind != YamlNode::kScalar) throw YamlFault{node.at, kNoKey};
    if (!map.names.insert(node.text).second) {
      throw YamlFault{node.at, "the key '" + printable(node.text.substr(0, 40)) + "' stands here twice: remove one"};
    }
    map.key = YamlNode::Key{std::move(node.text), node.at};
  }

  static constexpr const char* kNoKey = "expected a word as the key, as in 'rule: name' (or is a bracket not closed?)";
  [[noreturn]] static void refuse_key(const YAML::Mark& mark) { refuse(mark, kNoKey); }

  std::size_t documents_ = 0, nodes_ = 0;
  std::vector<Open> open_;
  YamlNode root_;
};

/// Only text is handed to the parser.
std::optional<YamlFault> find_bad_bytes(std::string_view text) {
  Position at;
  while (!text.empty()) {
    const Utf8Char next = first_utf8_char(text);
    if (!next.valid) return YamlFault{at, "not UTF-8: save the file in that encoding"};
    const bool control = next.code < 0x20 || (next.code >= 0x7f && next.code < 0xa0);
    if (control && next.code != '\n' && next.code != '\t' && next.code != '\r') {
      return YamlFault{at, "a control character: a file of rules is plain text"};
    }
    at = next.code == '\n' ? Position{at.line + 1, 1} : Position{at.line, at.column + next.size};
    text.remove_prefix(next.size);
  }
  return std::nullopt;
}

}  // namespace

std::variant<YamlNode, YamlFault> read_yaml(std::string_view text) {
  if (text.size() > kYamlBytesMax) return YamlFault{{}, "larger than 1 MiB: split the file"};
  if (auto fault = find_bad_bytes(text)) return *fault;
  TreeBuilder tree;
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    while (parser.HandleNextDocument(tree)) {
    }
    return tree.take_root();
  } catch (const YamlFault& fault) {
    return fault;
  } catch (const YAML::Exception& error) {
    return YamlFault{position(error.mark), "not YAML: " + printable(error.msg)};
  } catch (const std::exception& error) {
    return YamlFault{{}, std::string("cannot be read as YAML: ") + error.what()};
  }
}

}  // namespace hookledger::rules
