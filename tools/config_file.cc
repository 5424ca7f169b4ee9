#include "tools/config_file.h"

#include <filesystem>
#include <fstream>
#include <string_view>

namespace hookledger {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string_view without_comment(std::string_view line) {
  line = trimmed(line.substr(0, line.find('#')));
  return line.starts_with(';') ? std::string_view() : line;
}

}  // namespace

Result<std::vector<ConfigLine>> read_config_file(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    return Error{ErrorCode::kNotFound, "config file " + path + " cannot be read: check --config"};
  std::vector<ConfigLine> lines;
  std::string section, text;
  for (std::uint64_t number = 1; std::getline(file, text); ++number) {
    const std::string_view line = without_comment(text);
    const auto equals = line.find('=');
    if (line.empty()) continue;
    if (line.starts_with('[') && line.ends_with(']')) {
      section = line.substr(1, line.size() - 2);
      if (!section.empty() && !section.ends_with('.')) section += '.';
    } else if (equals != std::string_view::npos) {
      lines.push_back({number, section + std::string(trimmed(line.substr(0, equals))),
                       std::string(trimmed(line.substr(equals + 1)))});
    } else {
      return Error{ErrorCode::kUsage, "config file " + path + ", line " + std::to_string(number) +
                                          ": this is no KEY = VALUE, [SECTION] or # comment"};
    }
  }
  return lines;
}

}  // namespace hookledger
