// A data dir as format 1 wrote it: tests/golden/README.md.
#include <filesystem>
#include <gmock/gmock.h>
#include <sstream>

#include "projector/projection_view.h"
#include "projector/queries.h"
#include "projector/rules/built_in_rules.h"
#include "replay/rebuild.h"
#include "replay/transfer.h"
#include "replay/verify_log.h"
#include "schemas/json.h"
#include "tests/replay/signed_log.h"
#include "tests/support/golden.h"

namespace hookledger::testing {
namespace {

const std::filesystem::path kGolden = std::filesystem::path(HOOKLEDGER_GOLDEN_DIR) / "v1";

class GoldenData : public ::testing::Test {
 protected:
  GoldenData() { std::filesystem::copy(kGolden / "data", data_dir_, std::filesystem::copy_options::recursive); }

  std::string log_path() const { return data_dir_ + "/log"; }
  auto log_opener() const {
    return [path = log_path()] { return open_embedded_log_reader(path); };
  }

  std::string calls() const {
    const auto view = open_view(data_dir_, *rules_, log_opener()).value();
    std::string lines;
    EXPECT_TRUE(view.store->for_each([&](std::string_view id, std::string_view bytes) {
      JsonWriter json;
      write_json(json, Queries(*view.store, *rules_).describe(CallFacts::decode(id, bytes).value(), kStart).call,
                 nullptr);
      lines.append(json.view()).append("\n");
      return true;
    }));
    return lines;
  }
  std::string exported(const LogReader& log) const {
    std::ostringstream out;
    export_records(log, out).value();
    return out.str();
  }

  TemporaryFolder folder_;
  const std::string data_dir_ = folder_ / "data";
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
};

TEST_F(GoldenData, ItsCallsAreWhatTheyWere) {
  expect_golden("v1/data.calls.jsonl", calls());
  std::filesystem::remove_all(data_dir_ + "/projection");
  expect_golden("v1/data.calls.jsonl", calls());
}

TEST_F(GoldenData, ItsRecordsAreWhatTheyWere) {
  const auto log = open_embedded_log_reader(log_path()).value();
  expect_golden("v1/data.export.jsonl", exported(*log));
}

TEST_F(GoldenData, ItsSignaturesAreStillValid) {
  const auto log = open_embedded_log_reader(log_path()).value();
  const LogVerification verified = verify_log(*log, nullptr);
  EXPECT_EQ(verified.records, 46U);
  EXPECT_EQ(verified.valid, 45U);
  EXPECT_EQ(verified.absent, 1U);
  EXPECT_EQ(verified.mismatches, 0U);
}

TEST_F(GoldenData, ItsProjectionIsOfAFormatThatIsFoldedAnew) {
  const auto old = rebuild_verify(data_dir_, *rules_, log_opener(), 1);
  ASSERT_TRUE(old) << old.error().detail;
  EXPECT_THAT(old->unreadable, ::testing::HasSubstr("format 1"));
  ASSERT_TRUE(rebuild(data_dir_, *log_opener()().value(), *rules_, 1));
  const auto compared = rebuild_verify(data_dir_, *rules_, log_opener(), 1);
  ASSERT_TRUE(compared) << compared.error().detail;
  EXPECT_TRUE(compared->equal());
}

TEST_F(GoldenData, ItsLogGoesOn) {
  const ManualClock clock(*parse_time("2026-01-01T00:10:00Z"));
  Logger logger{{.json = false, .level = Logger::Level::kError}};
  Metrics metrics;
  std::ifstream lines(kGolden / "data.export.jsonl", std::ios::binary);
  const auto log = open_embedded_log({.store = {.path = log_path()}, .limits = {}}, clock, logger, metrics).value();
  const auto imported = import_records(lines, *log, nullptr, clock);
  ASSERT_TRUE(imported) << imported.error().detail;
  EXPECT_EQ(imported->duplicates, 46U);
  EXPECT_EQ(imported->appended, 0U);
  expect_golden("v1/data.export.jsonl", exported(*log));
}

}  // namespace
}  // namespace hookledger::testing
