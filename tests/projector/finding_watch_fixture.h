#pragma once

#include <gmock/gmock.h>

#include "projector/alert_book.h"
#include "projector/finding_watch.h"
#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/crashing_disk.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"

namespace hookledger::testing {

inline constexpr std::uint32_t kPartitions = 2;
inline constexpr Duration kWindow = std::chrono::seconds(30);

/// Takes messages, each once, and knows what each finding was said to be.
class Listener {
 public:
  void take(const AlertMessage& message) {
    ++taken_;
    if (!ids_.insert(message.id).second) return;
    ASSERT_LE(message.count, AlertMessage::kFindingsMax) << "the test could not see them all";
    ASSERT_EQ(message.count, message.findings.size());
    for (const std::string& finding : message.findings) {
      constexpr std::string_view kBegin = R"({"id":")";
      ASSERT_TRUE(finding.starts_with(kBegin));
      heard_[finding.substr(kBegin.size(), 32)].push_back(message.kind);
    }
  }
  std::size_t taken() const { return taken_; }
  /// By finding.
  const std::map<std::string, std::vector<AlertKind>>& heard() const { return heard_; }
  std::size_t count(AlertKind kind) const {
    std::size_t count = 0;
    for (const auto& [id, kinds] : heard_) count += static_cast<std::size_t>(std::ranges::count(kinds, kind));
    return count;
  }

 private:
  std::size_t taken_ = 0;
  std::set<std::string> ids_;
  std::map<std::string, std::vector<AlertKind>> heard_;
};

class FindingWatchTest : public ::testing::Test {
 protected:
  void begin_anew() {
    log_ = MemoryLog(kPartitions);
    store_ = CallStore::make(open_key_value_overlay({}).value(), make_shape(kPartitions, *rules_)).value();
    disk_ = CrashingDisk();
    listener_ = Listener();
    passed_ = Duration();
    filter_ = {.severity_min = Severity::kInfo, .rules = {}};
    open();
  }
  /// As a process that starts.
  void open() {
    watch_.reset();
    book_ = AlertBook::open(disk_.open(), {"ops", filter_, kWindow, fingerprint(filter_)}).value();
    watch_.emplace(FindingWatch::Parts{*store_, log_, *rules_}, std::vector<std::uint32_t>{0, 1}, *book_, scope_);
  }
  AlertBook::Now now() const { return {kStart + passed_, AlertQueue::Instant(passed_)}; }

  void append(const HistoryEvent& event) {
    event.with_record([&](const RecordView& record) { log_.append(record); });
  }
  void append(const std::string& call, const std::string& type, Duration at) {
    append({.id = call + type,
            .type = "call." + type,
            .call = call,
            .leg = "leg-" + call,
            .occurred_at = kStart + at,
            .received_at = kStart + at});
  }
  void fold(std::uint32_t partition, std::uint64_t end = UINT64_MAX) {
    Folding folding(*store_, *rules_);
    const std::uint64_t covered = store_->covered(partition).value(), last = std::min(end, log_.end(partition));
    if (last > covered) {
      fold_partition(folding, *store_, log_, partition, covered, last, [](auto) { return true; }).value();
    }
  }
  void fold_all() {
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) fold(partition);
  }
  void watch_all() {
    fold_all();
    while (watch_->step(now()).value()) {
    }
  }
  void deliver_all() {
    while (true) {
      const auto due = book_->due(now()).value();
      if (!due) return;
      listener_.take(due->message);
      book_->delivered(due->number).value();
    }
  }
  void settle() {
    for (int i = 0; i < 6; ++i) {
      watch_all();
      deliver_all();
      passed_ += kWindow;
    }
  }

  std::vector<Finding> all_findings() const {
    std::vector<Finding> all;
    store_
        ->for_each([&](std::string_view id, std::string_view bytes) {
          const CallFacts facts = CallFacts::decode(id, bytes).value();
          Time at = kStart + passed_;
          for (const EventFact& event : facts.events()) at = std::max(at, event.received_at);
          for (Finding& finding : rules_->findings(facts, at)) all.push_back(std::move(finding));
          return true;
        })
        .value();
    return all;
  }

  /// Each finding was told as it is, each beginning before its end, and nothing else is said to be open.
  void expect_told() {
    std::set<std::string> known;
    for (const Finding& finding : all_findings()) {
      known.insert(finding.id);
      const auto found = listener_.heard().find(finding.id);
      ASSERT_NE(found, listener_.heard().end()) << finding.rule << " " << to_string(finding.status);
      const AlertKind last = finding.status == FindingStatus::kOpen       ? AlertKind::kOpened
                             : finding.status == FindingStatus::kResolved ? AlertKind::kResolved
                                                                          : AlertKind::kNoted;
      EXPECT_EQ(found->second.back(), last) << finding.rule;
    }
    for (const auto& [id, kinds] : listener_.heard()) {
      if (kinds.front() == AlertKind::kNoted) {
        EXPECT_THAT(kinds, ::testing::SizeIs(1));
        continue;
      }
      for (std::size_t i = 0; i < kinds.size(); ++i) {
        EXPECT_EQ(kinds[i], i % 2 == 0 ? AlertKind::kOpened : AlertKind::kResolved) << id << " " << i;
      }
      EXPECT_TRUE(known.contains(id) || kinds.back() == AlertKind::kResolved) << id << " was taken back";
    }
  }

  MemoryLog log_{kPartitions};
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
  std::unique_ptr<CallStore> store_;
  CrashingDisk disk_;
  AlertFilter filter_;
  FindingWatch::Scope scope_;
  std::unique_ptr<AlertBook> book_;
  std::optional<FindingWatch> watch_;
  Listener listener_;
  Duration passed_{};
};

}  // namespace hookledger::testing
