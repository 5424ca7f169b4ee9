#include "tools/config_file.h"

#include <boost/program_options.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace hookledger {
namespace {

namespace po = boost::program_options;

/// The first character that is no space; a line break when there is none.
char first_character(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string::npos ? '\n' : line[first];
}

}  // namespace

Result<std::vector<ConfigLine>> read_config_file(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    return Error{ErrorCode::kNotFound, "config file " + path + " cannot be read: check --config"};
  std::vector<ConfigLine> lines;
  std::string section, text;
  // Line by line, for the library's errors show what stands in a line, and not which one it is.
  for (std::uint64_t number = 1; std::getline(file, text); ++number) {
    if (first_character(text) == ';') continue;
    try {
      std::istringstream line(section + "\n" + text);
      const auto parsed = po::parse_config_file(line, po::options_description(), true);
      for (const auto& option : parsed.options) lines.push_back({number, option.string_key, option.value.front()});
      if (parsed.options.empty() && first_character(text) == '[') section = text;
    } catch (const po::error&) {
      return Error{ErrorCode::kUsage, "config file " + path + ", line " + std::to_string(number) +
                                          ": this is no KEY = VALUE, [SECTION] or # comment"};
    }
  }
  if (file.bad())
    return Error{ErrorCode::kNotFound, "config file " + path + " cannot be read to its end: check the disk"};
  return lines;
}

}  // namespace hookledger
