#pragma once

#include <string>
#include <vector>

namespace hookledger {

/// Columns as wide as their widest cell, one line a row. Cells must be safe for a terminal already.
std::string render_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows);

}  // namespace hookledger
