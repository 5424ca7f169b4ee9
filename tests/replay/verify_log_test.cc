#include "replay/verify_log.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>

#include "tests/replay/signed_log.h"
#include "tests/support/memory_log.h"

namespace hookledger::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

std::vector<std::string> codes(const LogVerification& done) {
  std::vector<std::string> codes;
  for (const LogRemark& remark : done.first_mismatches) codes.emplace_back(remark.code);
  return codes;
}

std::vector<LogRemark> remarks_of(const LogReader& log) {
  std::vector<LogRemark> remarks;
  verify_log(log, nullptr, [&](const LogRemark& remark) { remarks.push_back(remark); });
  return remarks;
}

/// A log in memory with what a sink would have written for `events`, for changing it at will.
MemoryLog copy_of(const std::vector<SignedEvent>& events, std::uint32_t partitions = 1) {
  SignedLog source(partitions);
  source.append(events);
  MemoryLog log(partitions);
  for (std::uint32_t partition = 0; partition < partitions; ++partition) {
    for (std::uint64_t offset = 0; offset < source.log().end(partition); ++offset) {
      log.append(decode_record(source.log().read({partition, offset}).value().bytes).value());
    }
  }
  log.remember_key(key_pair(7).public_key);
  return log;
}

template <class Change>
void forge(MemoryLog& log, Place place, const Change& change) {
  const StoredRecord stored = log.read(place).value();
  RecordView record = decode_record(stored.bytes).value();
  change(record);
  log.replace(place, encode_record(record));
}

TEST(VerifyLogTest, AHealthyLogHasNothingToRemark) {
  SignedLog log(3);
  for (int call = 0; call < 5; ++call) log.append(one_call("call-" + std::to_string(call), kStart));
  log.append({{"not JSON", kStart}, {telnyx_body("alone", "number.ported", "", "", kStart), kStart}});
  FoldProgress last;
  std::vector<LogRemark> remarks;
  const auto sources = one_source({key_pair(7)});
  const auto done = verify_log(
      log.log(), sources.get(), [&](const LogRemark& remark) { remarks.push_back(remark); },
      [&](const FoldProgress& progress) { last = progress; });
  EXPECT_EQ(done.records, 22u);
  EXPECT_EQ(done.valid, 22u);
  EXPECT_EQ(done.mismatches, 0u);
  EXPECT_EQ(done.absent_offsets, 0u);
  EXPECT_THAT(remarks, IsEmpty());
  EXPECT_THAT(done.unconfigured_keys, IsEmpty());
  EXPECT_EQ(last.done, 22u);
  EXPECT_EQ(last.total, 22u);
}

TEST(VerifyLogTest, AKeyOutOfUseIsCountedAndNoMismatch) {
  MemoryLog log = copy_of(one_call("call", kStart));
  const auto sources = one_source({key_pair(9)});
  const auto done = verify_log(log, sources.get());
  EXPECT_EQ(done.mismatches, 0u);
  EXPECT_THAT(done.unconfigured_keys, ElementsAre(Pair(key_id(key_pair(7).public_key), 4u)));
  EXPECT_THAT(verify_log(log, nullptr).unconfigured_keys, IsEmpty());
}

TEST(VerifyLogTest, WhatARecordClaimsMustBeInItsBody) {
  const std::vector<std::function<void(RecordView&)>> changes{
      [](RecordView& record) { record.id = "other"; },
      [](RecordView& record) { record.type = "call.answered"; },
      [](RecordView& record) { record.key = "other"; },
      [](RecordView& record) { record.in_call = false; },
      [](RecordView& record) { record.leg_id = "other"; },
      [](RecordView& record) { record.leg_id = {}; },
      [](RecordView& record) { record.occurred_at += 1us; },
      [](RecordView& record) { record.timed = false; },
      [](RecordView& record) { record.type = kUnrecognisedType; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    MemoryLog log = copy_of(one_call("call", kStart));
    forge(log, {0, 3}, changes[i]);
    const auto done = verify_log(log, nullptr);
    EXPECT_THAT(codes(done), ElementsAre("head-differs")) << "change " << i;
    EXPECT_EQ(done.first_mismatches.at(0).place, (Place{0, 3}));
  }
  MemoryLog log = copy_of({{telnyx_body("alone", "number.ported", "", "", kStart), kStart}});
  forge(log, {0, 0}, [](RecordView& record) { record.key = "other"; });
  EXPECT_THAT(codes(verify_log(log, nullptr)), ElementsAre("head-differs"));
}

TEST(VerifyLogTest, AnEventWithoutATimeTakesThatOfItsReceipt) {
  MemoryLog log = copy_of({{R"({"data":{"id":"e","event_type":"call.hangup"}})", kStart}});
  EXPECT_EQ(verify_log(log, nullptr).mismatches, 0u);
  forge(log, {0, 0}, [](RecordView& record) { record.occurred_at += 1us; });
  EXPECT_THAT(codes(verify_log(log, nullptr)), ElementsAre("head-differs"));
}

TEST(VerifyLogTest, ASignatureMustBeThatOfItsKey) {
  const std::string other = SignedEvent{.body = "other"}.signature();
  const std::vector<std::function<void(RecordView&)>> changes{
      [&](RecordView& record) { record.signature = other; },
      [](RecordView& record) { record.signature.remove_suffix(1); },
      [](RecordView& record) { record.signed_at = "1770545731"; },
      [](RecordView& record) { record.received_at += 1us, record.signed_at = {}; },
      [](RecordView& record) { record.provenance = Provenance::kImported, record.signature = "x"; }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    MemoryLog log = copy_of(one_call("call", kStart));
    forge(log, {0, 1}, changes[i]);
    const auto done = verify_log(log, nullptr);
    EXPECT_THAT(codes(done), ElementsAre("signature-invalid")) << "change " << i;
    EXPECT_EQ(done.invalid, 1u);
    EXPECT_EQ(done.valid, 3u);
  }
}

TEST(VerifyLogTest, ADeliveredRecordNeedsAProof) {
  const auto unsigned_one = [](Provenance provenance) {
    return [=](RecordView& record) {
      record.signature = record.signed_at = record.key_id = {}, record.provenance = provenance;
    };
  };
  const auto unknown_key = [](Provenance provenance) {
    return [=](RecordView& record) { record.key_id = "ed25519:\x1b[31m", record.provenance = provenance; };
  };
  MemoryLog log = copy_of(one_call("call", kStart));
  forge(log, {0, 0}, unsigned_one(Provenance::kDelivered));
  forge(log, {0, 1}, unknown_key(Provenance::kDelivered));
  forge(log, {0, 2}, unsigned_one(Provenance::kImported));
  forge(log, {0, 3}, unknown_key(Provenance::kRecovered));
  const auto done = verify_log(log, nullptr);
  EXPECT_THAT(codes(done), ElementsAre("signature-absent", "unknown-key"));
  EXPECT_EQ(done.absent, 2u);
  EXPECT_EQ(done.unknown_key, 2u);

  const auto remarks = remarks_of(log);
  ASSERT_EQ(remarks.size(), 4u);
  EXPECT_TRUE(remarks[0].mismatch && remarks[1].mismatch);
  EXPECT_FALSE(remarks[2].mismatch || remarks[3].mismatch);
  EXPECT_THAT(remarks[2].detail, HasSubstr("imported"));
  EXPECT_THAT(remarks[3].detail, HasSubstr("ed25519:\\x1b[31m"));
}

TEST(VerifyLogTest, AnyBitFlippedInARecordIsFoundAndTheCheckGoesOn) {
  MemoryLog log = copy_of(one_call("call", kStart));
  const std::string bytes = log.read({0, 1}).value().bytes;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << i % 8));
    log.replace({0, 1}, damaged);
    const auto done = verify_log(log, nullptr);
    ASSERT_THAT(codes(done), ElementsAre("damaged")) << i;
    ASSERT_EQ(done.records, 4u);
    ASSERT_EQ(done.valid, 3u);
  }
}

TEST(VerifyLogTest, GapsAreCountedAndAllowed) {
  MemoryLog log = copy_of(one_call("call", kStart));
  for (const std::uint64_t offset : {0, 2, 3}) log.lose({0, offset});
  const auto done = verify_log(log, nullptr);
  EXPECT_EQ(done.records, 1u);
  EXPECT_EQ(done.absent_offsets, 3u);
  EXPECT_EQ(done.mismatches, 0u);
}

TEST(VerifyLogTest, ForgedRecordsOnDiskAreFound) {
  SignedLog log(2);
  log.append(one_call("call", kStart));
  const std::uint32_t home = partition_of("call", 2), away = 1 - home;
  const std::string bytes = log.log().read({home, 0}).value().bytes;
  log.close();
  {
    auto store = LogStore::open({.path = log.path()}, log.clock()).value();
    store->write({.records = {{{away, 0}, bytes, "a"}, {{home, 9}, "short", "b"}}, .deliveries = {}, .appended_at = {}})
        .value();
  }
  const auto done = verify_log(*open_embedded_log_reader(log.path()).value(), nullptr);
  EXPECT_EQ(done.records, 6u);
  EXPECT_EQ(done.absent_offsets, 5u);
  auto found = codes(done);
  std::sort(found.begin(), found.end());
  EXPECT_THAT(found, ElementsAre("damaged", "wrong-partition"));
}

TEST(VerifyLogTest, TheListOfMismatchesIsBounded) {
  MemoryLog log;
  RecordView forged;
  forged.id = forged.key = "e";
  forged.source = "s";
  forged.type = "t";
  for (std::size_t i = 0; i < 1'500; ++i) log.append(forged);
  const auto done = verify_log(log, nullptr);
  EXPECT_EQ(done.mismatches, 3'000u);
  EXPECT_EQ(done.first_mismatches.size(), LogVerification::kMismatchesMax);
}

/// A log of which some offsets cannot be read: a cursor that comes to them fails.
class TornLog : public MemoryLog {
 public:
  TornLog(const MemoryLog& log, std::vector<OffsetRange> torn) : MemoryLog(log), torn_(std::move(torn)) {}

  std::unique_ptr<LogCursor> scan(std::uint32_t partition, std::uint64_t from) const override {
    return std::make_unique<TornCursor>(MemoryLog::scan(partition, from), torn_);
  }

 private:
  class TornCursor : public LogCursor {
   public:
    TornCursor(std::unique_ptr<LogCursor> cursor, const std::vector<OffsetRange>& torn)
        : cursor_(std::move(cursor)), torn_(torn) {}
    Result<bool> next() override {
      auto more = cursor_->next();
      const auto is_here = [&](const OffsetRange& range) {
        return cursor_->place().offset >= range.first && cursor_->place().offset < range.last;
      };
      if (more && *more && std::any_of(torn_.begin(), torn_.end(), is_here)) {
        return Error{ErrorCode::kCorruption, "block checksum mismatch"};
      }
      return more;
    }
    Place place() const override { return cursor_->place(); }
    std::string_view bytes() const override { return cursor_->bytes(); }

   private:
    std::unique_ptr<LogCursor> cursor_;
    const std::vector<OffsetRange>& torn_;
  };

  std::vector<OffsetRange> torn_;
};

TEST(VerifyLogTest, TheCheckGoesOnAfterWhatCannotBeRead) {
  std::vector<SignedEvent> events;
  for (int i = 0; i < 25; ++i) {
    for (const SignedEvent& event : one_call("call-" + std::to_string(i), kStart)) events.push_back(event);
  }
  const TornLog log(copy_of(events), {{10, 11}, {20, 40}, {97, 100}});
  const auto done = verify_log(log, nullptr);
  EXPECT_THAT(codes(done), ElementsAre("unreadable", "unreadable", "unreadable"));
  EXPECT_EQ(done.first_mismatches[0].place, (Place{0, 10}));
  EXPECT_EQ(done.first_mismatches[1].place, (Place{0, 20}));
  EXPECT_EQ(done.first_mismatches[2].place, (Place{0, 97}));
  EXPECT_EQ(done.absent_offsets, 0u);
  EXPECT_GE(done.records, 60u);
  EXPECT_LE(done.records, 76u);

  const TornLog nothing(copy_of(events), {{0, 100}});
  EXPECT_THAT(codes(verify_log(nothing, nullptr)), ElementsAre("unreadable"));
}

void flip_bit(const std::filesystem::path& path, std::size_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ (1 << at % 8));
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

/// What a reader gets to see: lines of the export, or nothing when something was reported.
std::optional<std::string> unreported_export(const std::string& path) {
  const auto log = open_embedded_log_reader(path);
  if (!log) return std::nullopt;
  if (verify_log(**log, nullptr).mismatches > 0) return std::nullopt;
  std::ostringstream out;
  export_records(**log, out).value();
  return out.str();
}

class FlippedFiles : public ::testing::TestWithParam<std::string> {};

TEST_P(FlippedFiles, NoFlippedBitChangesWhatIsReadUnnoticed) {
  SignedLog log(2);
  for (int call = 0; call < 3; ++call) log.append(one_call("call-" + std::to_string(call), kStart));
  const std::string whole = log.export_text();
  log.close();
  if (GetParam() == ".sst") {
    log.open();  // Turns the write-ahead log into tables.
    log.close();
  }
  std::size_t flips = 0, reported = 0;
  for (const auto& entry : std::filesystem::directory_iterator(log.path())) {
    if (entry.path().extension() != GetParam()) continue;
    const std::size_t size = entry.file_size();
    for (std::size_t at = 11; at < size; at += 97) {
      flip_bit(entry.path(), at);
      const auto seen = unreported_export(log.path());
      flip_bit(entry.path(), at);
      ++flips;
      if (!seen) ++reported;
      EXPECT_EQ(seen.value_or(whole), whole) << entry.path().filename() << " at " << at;
    }
  }
  EXPECT_EQ(unreported_export(log.path()), whole);
  std::cout << flips << " flips, " << reported << " reported\n";
  EXPECT_GT(flips, 60u);
  EXPECT_GT(reported, flips / 2);
}

INSTANTIATE_TEST_SUITE_P(VerifyLogTest, FlippedFiles, ::testing::Values(".sst", ".log"),
                         [](const auto& param) { return param.param.substr(1); });

}  // namespace
}  // namespace hookledger::testing
