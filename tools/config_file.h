#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "schemas/error.h"

namespace hookledger {

/// One `KEY = VALUE` of a config file.
struct ConfigLine {
  std::uint64_t number = 0;  ///< In the file, from 1.
  std::string key;           ///< With its section before it: `source.telnyx.kind`.
  std::string value;
};

/// Reads an INI file with Boost.Program_options (`[SECTION]`, `KEY = VALUE`, `#` begins a comment anywhere), and takes
/// lines that begin with `;` as comments too. Errors, which name the line but never show what stands there, for
/// it may be a secret: kNotFound (no such file), kUsage (also a section that is empty, or there twice).
Result<std::vector<ConfigLine>> read_config_file(const std::string& path);

}  // namespace hookledger
