#include "schemas/metrics.h"

#include <gmock/gmock.h>
#include <thread>

namespace hookledger {
namespace {

using testing::HasSubstr;

TEST(Metrics, CountsUnderOneNameAndLabels) {
  Metrics metrics;
  auto& accepted = metrics.counter("hookledger_requests_total", "Requests.", {{"answer", "accepted"}});
  auto& refused = metrics.counter("hookledger_requests_total", "Requests.", {{"answer", "refused"}});
  EXPECT_EQ(&accepted, &metrics.counter("hookledger_requests_total", "Requests.", {{"answer", "accepted"}}));
  EXPECT_NE(&accepted, &refused);
  accepted.add();
  accepted.add(2);
  const std::string text = metrics.text();
  EXPECT_THAT(text,
              HasSubstr("# HELP hookledger_requests_total Requests.\n# TYPE hookledger_requests_total counter\n"));
  EXPECT_THAT(text, HasSubstr("hookledger_requests_total{answer=\"accepted\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("hookledger_requests_total{answer=\"refused\"} 0\n"));
}

TEST(Metrics, ShowsHistogramsWithBuckets) {
  Metrics metrics;
  auto& latency = metrics.histogram("hookledger_commit_seconds", "Commits.", {0.001, 0.01});
  EXPECT_EQ(&latency, &metrics.histogram("hookledger_commit_seconds", "Commits.", {0.001, 0.01}));
  latency.observe(0.005);
  latency.observe(1);
  const std::string text = metrics.text();
  EXPECT_THAT(text, HasSubstr("hookledger_commit_seconds_bucket{le=\"0.001\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("hookledger_commit_seconds_bucket{le=\"0.01\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("hookledger_commit_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("hookledger_commit_seconds_count 2\n"));
}

TEST(Metrics, CollectsBeforeEveryText) {
  Metrics metrics;
  int reads = 0;
  metrics.on_collect([&] { metrics.gauge("hookledger_reads", "Reads.").set(++reads); });
  EXPECT_THAT(metrics.text(), HasSubstr("hookledger_reads 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("hookledger_reads 2\n"));
}

TEST(Metrics, EscapesLabels) {
  Metrics metrics;
  metrics.gauge("hookledger_source", "Source.", {{"name", "a\"b\nc\\d"}}).set(1);
  EXPECT_THAT(metrics.text(), HasSubstr(R"(hookledger_source{name="a\"b\nc\\d"} 1)"));
}

TEST(Metrics, CountsFromAllThreads) {
  Metrics metrics;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) metrics.counter("hookledger_events_total", "Events.").add();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(metrics.text(), HasSubstr("hookledger_events_total 4000\n"));
}

}  // namespace
}  // namespace hookledger
