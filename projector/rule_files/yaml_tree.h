#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hookledger::rules {

/// A place in a file, counted from 1; columns in bytes.
struct Position {
  std::size_t line = 1, column = 1;
};

/// A value of a YAML document, and where it begins.
struct YamlNode {
  enum Kind : std::uint8_t { kNothing, kScalar, kList, kMap };
  struct Key {
    std::string name;
    Position at;
  };

  Kind kind = kNothing;
  Position at;
  std::string text;             ///< kScalar.
  bool quoted = false;          ///< kScalar: in quotes, or a block; what it looks like plays no part then.
  std::vector<Key> keys;        ///< kMap: of `items`, each once.
  std::vector<YamlNode> items;  ///< kList and kMap.
};

/// Why a text cannot be read: one sentence without its place.
struct YamlFault {
  Position at;
  std::string message;
};

inline constexpr std::size_t kYamlBytesMax = std::size_t{1} << 20U;
inline constexpr std::size_t kYamlDepthMax = 32;
inline constexpr std::size_t kYamlNodesMax = 100'000;

/// Reads the one document of `text`: any bytes. Refuses what a file of rules has no use for: anchors, aliases, tags, a
/// second document, keys that are no text or stand twice, and more than the limits above.
std::variant<YamlNode, YamlFault> read_yaml(std::string_view text);

}  // namespace hookledger::rules
