#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace hookledger {

/// Structured log lines on stderr, as text or as JSON lines. Fields never hold a body, a key or a phone
/// number. Threads: any. Values are escaped, so nothing from outside can forge a line.
class Logger {
 public:
  enum class Level { kDebug, kInfo, kWarning, kError };
  using Fields = std::vector<std::pair<std::string_view, std::string>>;

  struct Options {
    bool json = false;
    Level level = Level::kInfo;
  };

  explicit Logger(Options options);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void log(Level level, std::string_view message, const Fields& fields = {});
  void info(std::string_view message, const Fields& fields = {}) { log(Level::kInfo, message, fields); }
  void warning(std::string_view message, const Fields& fields = {}) { log(Level::kWarning, message, fields); }
  void error(std::string_view message, const Fields& fields = {}) { log(Level::kError, message, fields); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hookledger
