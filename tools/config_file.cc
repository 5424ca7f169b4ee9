#include "tools/config_file.h"

#include <boost/program_options.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "schemas/text.h"

namespace hookledger {
namespace {

namespace po = boost::program_options;

/// The first character that is no space; a line break when there is none.
char first_character(const std::string& line) {
  const auto first = line.find_first_not_of(" \t\r");
  return first == std::string::npos ? '\n' : line[first];
}

/// A section that is empty, or there twice, says something else than whoever wrote it thinks.
class Sections {
 public:
  explicit Sections(const std::string& path) : path_(path) {}

  Result<void> begin(const std::string& heading, std::uint64_t line) {
    if (auto ended = end(); !ended) return ended.error();
    name_ = heading.substr(heading.find('['), heading.find(']') + 1 - heading.find('['));
    line_ = line;
    has_key_ = false;
    const auto [before, is_new] = lines_.emplace(name_, line);
    if (is_new) return {};
    return wrong("is on line " + std::to_string(before->second) + " already: put its keys together");
  }
  void has_key() { has_key_ = true; }
  Result<void> end() const { return has_key_ ? Result<void>() : wrong("has no keys: give it some, or take it out"); }

 private:
  Error wrong(const std::string& what) const {
    return {ErrorCode::kUsage,
            "config file " + path_ + ", line " + std::to_string(line_) + ": section " + printable(name_) + " " + what};
  }

  const std::string& path_;
  std::map<std::string, std::uint64_t> lines_;
  std::string name_;
  std::uint64_t line_ = 0;
  bool has_key_ = true;  ///< Before the first there is none to be empty.
};

}  // namespace

Result<std::vector<ConfigLine>> read_config_file(const std::string& path) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    return Error{ErrorCode::kNotFound, "config file " + path + " cannot be read: check --config"};
  std::vector<ConfigLine> lines;
  Sections sections(path);
  std::string section, text;
  // Line by line, for the library's errors show what stands in a line, and not which one it is.
  for (std::uint64_t number = 1; std::getline(file, text); ++number) {
    if (first_character(text) == ';') continue;
    try {
      std::istringstream line(section + "\n" + text);
      const auto parsed = po::parse_config_file(line, po::options_description(), true);
      for (const auto& option : parsed.options) lines.push_back({number, option.string_key, option.value.front()});
      if (!parsed.options.empty()) sections.has_key();
      if (parsed.options.empty() && first_character(text) == '[') {
        if (auto begun = sections.begin(text, number); !begun) return begun.error();
        section = text;
      }
    } catch (const po::error&) {
      return Error{ErrorCode::kUsage, "config file " + path + ", line " + std::to_string(number) +
                                          ": this is no KEY = VALUE, [SECTION] or # comment"};
    }
  }
  if (file.bad())
    return Error{ErrorCode::kNotFound, "config file " + path + " cannot be read to its end: check the disk"};
  if (auto ended = sections.end(); !ended) return ended.error();
  return lines;
}

}  // namespace hookledger
