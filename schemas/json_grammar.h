#pragma once

#include <cstddef>
#include <string_view>

namespace hookledger {

/// Does `text` follow the grammar of RFC 8259, nested at most `depth_max` deep? Nothing beyond the grammar is
/// asked: numbers have any size, `\u` escapes may be lone surrogates, and whether the bytes are UTF-8 is not
/// looked at. Time in proportion to the text, no recursion.
bool follows_json_grammar(std::string_view text, std::size_t depth_max);

}  // namespace hookledger
