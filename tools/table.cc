#include "tools/table.h"

#include <algorithm>

namespace hookledger {
namespace {

void append_row(std::string& out, const std::vector<std::string>& cells, const std::vector<std::size_t>& widths) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    out += cells[i];
    if (i + 1 < cells.size()) out.append(widths[i] - cells[i].size() + 2, ' ');
  }
  out += '\n';
}

}  // namespace

std::string render_table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < head.size(); ++i) {
    widths.push_back(head[i].size());
    for (const auto& row : rows) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  append_row(out, head, widths);
  for (const auto& row : rows) append_row(out, row, widths);
  return out;
}

}  // namespace hookledger
