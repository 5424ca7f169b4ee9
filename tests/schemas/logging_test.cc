#include "schemas/logging.h"

#include <gmock/gmock.h>
#include <thread>

#include "schemas/json.h"
#include "schemas/time.h"

namespace hookledger {
namespace {

using Level = Logger::Level;

/// What `write` made the logger print.
template <class Write>
std::string logged(Logger::Options options, const Write& write) {
  testing::internal::CaptureStderr();
  Logger logger(options);
  write(logger);
  return testing::internal::GetCapturedStderr();
}

constexpr std::size_t kTimeSize = std::string_view("2026-02-08T10:15:30.123456Z").size();

TEST(Logger, WritesTextLines) {
  const std::string text = logged({}, [](Logger& logger) {
    logger.info("serving", {{"address", "127.0.0.1:8080"}, {"reason", "two words"}, {"empty", ""}, {"pair", "a=b"}});
  });
  EXPECT_TRUE(parse_time(text.substr(0, kTimeSize))) << text;
  EXPECT_EQ(text.substr(kTimeSize),
            " INFO serving address=127.0.0.1:8080 reason=\"two words\" empty=\"\" pair=\"a=b\"\n");
}

TEST(Logger, WritesJsonLines) {
  const std::string text = logged({.json = true}, [](Logger& logger) {
    logger.warning("disk \"full\"", {{"path", "/data\nx"}, {"bytes", "\xFF"}});
  });
  ASSERT_TRUE(is_json(text)) << text;
  const std::string_view start = R"({"time":")";
  ASSERT_TRUE(text.starts_with(start)) << text;
  EXPECT_TRUE(parse_time(text.substr(start.size(), kTimeSize))) << text;
  EXPECT_EQ(text.substr(start.size() + kTimeSize),
            "\",\"level\":\"warning\",\"message\":\"disk "
            "\\\"full\\\"\",\"path\":\"/data\\nx\",\"bytes\":\"\xEF\xBF\xBD\"}\n");
}

TEST(Logger, LetsNoValueForgeALine) {
  const std::string text = logged({}, [](Logger& logger) {
    logger.error("refused\n", {{"path", "/x\n2026-02-08T10:15:30.000000Z INFO forged"},
                               {"quote", "a\" forged=\"b"},
                               {"escape", "\x1B[2J"},
                               {"backslash", "a\\"},
                               {"format", "%v {} %Y"}});
  });
  EXPECT_EQ(text.substr(kTimeSize),
            " ERROR refused\\n path=\"/x\\n2026-02-08T10:15:30.000000Z INFO forged\" quote=\"a\\\" forged=\\\"b\" "
            "escape=\"\\x1b[2J\" backslash=\"a\\\\\" format=\"%v {} %Y\"\n");
}

TEST(Logger, LeavesOutWhatIsBelowItsLevel) {
  const auto all = [](Logger& logger) {
    for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) logger.log(level, "x");
  };
  EXPECT_EQ(std::ranges::count(logged({.level = Level::kDebug}, all), '\n'), 4);
  EXPECT_EQ(std::ranges::count(logged({}, all), '\n'), 3);
  EXPECT_EQ(std::ranges::count(logged({.level = Level::kError}, all), '\n'), 1);
}

TEST(Logger, KeepsLinesOfManyThreadsWhole) {
  const std::string text = logged({.json = true}, [](Logger& logger) {
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 200; ++j) logger.info("line", {{"value", std::string(100, 'x')}});
      });
    }
    for (auto& thread : threads) thread.join();
  });
  std::size_t lines = 0;
  for (std::size_t at = 0; at < text.size(); ++lines) {
    const std::size_t end = text.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    ASSERT_TRUE(is_json(text.substr(at, end - at)));
    at = end + 1;
  }
  EXPECT_EQ(lines, 800U);
}

}  // namespace
}  // namespace hookledger
