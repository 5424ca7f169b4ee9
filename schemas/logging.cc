#include "schemas/logging.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "schemas/json.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

struct LevelNames {
  std::string_view upper, lower;
  spdlog::level::level_enum level;
};

LevelNames names_of(Logger::Level level) {
  switch (level) {
    case Logger::Level::kDebug: return {"DEBUG", "debug", spdlog::level::debug};
    case Logger::Level::kInfo: return {"INFO", "info", spdlog::level::info};
    case Logger::Level::kWarning: return {"WARNING", "warning", spdlog::level::warn};
    case Logger::Level::kError: break;
  }
  return {"ERROR", "error", spdlog::level::err};
}

/// As it is when that is one plain word, else in quotes.
std::string text_value(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  escaped = printable(escaped);
  const bool plain = !value.empty() && escaped == value && value.find_first_of(" =") == std::string_view::npos;
  return plain ? escaped : '"' + escaped + '"';
}

std::string text_line(std::string_view level, std::string_view message, const Logger::Fields& fields) {
  std::string line(level);
  line.append(" ").append(printable(message));
  for (const auto& [key, value] : fields) line.append(" ").append(key).append("=").append(text_value(value));
  return line;
}

/// All but the opening `{"time":"…",`.
std::string json_line(std::string_view level, std::string_view message, const Logger::Fields& fields) {
  JsonWriter out;
  const auto member = [&](std::string_view key, std::string_view value) {
    out.key(key);
    out.string(value);
  };
  out.begin_object();
  member("level", level);
  member("message", message);
  for (const auto& [key, value] : fields) member(key, value);
  out.end_object();
  return std::string(out.view().substr(1));
}

}  // namespace

struct Logger::State {
  Options options;
  spdlog::logger logger{"hookledger", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

Logger::Logger(Options options) : state_(std::make_unique<State>()) {
  state_->options = options;
  const char* pattern = options.json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%fZ",%v)" : "%Y-%m-%dT%H:%M:%S.%fZ %v";
  state_->logger.set_pattern(pattern, spdlog::pattern_time_type::utc);
  state_->logger.set_level(spdlog::level::trace);
}

Logger::~Logger() = default;

void Logger::log(Level level, std::string_view message, const Fields& fields) {
  if (level < state_->options.level) return;
  const LevelNames names = names_of(level);
  const std::string line =
      state_->options.json ? json_line(names.lower, message, fields) : text_line(names.upper, message, fields);
  state_->logger.log(names.level, spdlog::string_view_t(line));
}

}  // namespace hookledger
