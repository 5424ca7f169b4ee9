#include "replay/transfer.h"

#include <algorithm>
#include <gmock/gmock.h>
#include <regex>

#include "schemas/cloud_event.h"
#include "tests/replay/signed_log.h"
#include "tests/support/memory_log.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string without_places(const std::string& text) {
  return std::regex_replace(text, std::regex(R"("partition":"\d+","offset":"\d+",)"), "");
}

std::string with_provenance_imported(const std::string& text) {
  return std::regex_replace(text, std::regex(R"("provenance":"\w+")"), R"("provenance":"imported")");
}

std::vector<std::string> sorted_without_places(const std::string& text) {
  std::vector<std::string> lines = lines_of(without_places(text));
  std::sort(lines.begin(), lines.end());
  return lines;
}

/// Calls, events of no call, bodies that nobody understands; every provenance; two keys.
std::vector<SignedEvent> mixed_events() {
  std::vector<SignedEvent> events;
  for (int call = 0; call < 12; ++call) {
    for (SignedEvent event : one_call("call-" + std::to_string(call), kStart + std::chrono::minutes(call))) {
      event.provenance = static_cast<Provenance>(call % 4);
      event.seed = call % 3 == 0 ? 7 : 8;
      events.push_back(event);
    }
  }
  events.push_back({telnyx_body("alone", "number.ported", "", "", kStart), kStart + 2s});
  events.push_back({std::string("not JSON \xff\0\n", 12), kStart + 3s});
  events.push_back({"", kStart + 4s});
  events.push_back({R"({"no":"event"})", kStart + 5s, Provenance::kDelivered, 7, ""});
  events.push_back({telnyx_body("utf8", "call.dtmf.received", "call-é", "leg \\u0000", kStart), kStart + 6s});
  return events;
}

std::string line_of(const SignedEvent& event) {
  const std::string signature = event.signature(), signed_at = event.signed_at(), key = event.key();
  RecordView record;
  record.id = "named by the body";
  record.source = "telnyx";
  record.type = "any";
  record.content_type = event.content_type;
  record.signature = signature;
  record.signed_at = signed_at;
  record.key_id = key;
  record.body = event.body;
  record.received_at = event.received_at;
  record.provenance = event.provenance;
  return to_cloud_event(record, std::nullopt) + "\n";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

class TransferTest : public ::testing::Test {
 protected:
  const std::shared_ptr<const Sources> sources_ = one_source({key_pair(7), key_pair(8)});
};

TEST_F(TransferTest, ExportIsInOrderOfPlaceAndTellsPlaces) {
  SignedLog log;
  log.append(mixed_events());
  FoldProgress last;
  std::ostringstream out;
  const auto done = export_records(log.log(), out, [&](const FoldProgress& progress) { last = progress; });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->records, mixed_events().size());
  EXPECT_EQ(last.done, done->records);
  EXPECT_EQ(last.total, done->records);

  std::vector<std::string> wanted;
  for (std::uint32_t partition = 0; partition < log.log().partitions(); ++partition) {
    for (std::uint64_t offset = 0; offset < log.log().end(partition); ++offset) {
      const StoredRecord stored = log.log().read({partition, offset}).value();
      wanted.push_back(to_cloud_event(decode_record(stored.bytes).value(), stored.place));
    }
  }
  EXPECT_EQ(lines_of(out.str()), wanted);
}

TEST_F(TransferTest, WithTheSameKeysEverythingComesBack) {
  SignedLog original;
  original.append(mixed_events());
  const std::string text = original.export_text();

  SignedLog copy;
  const auto done = copy.import_text(text, sources_.get());
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->lines, mixed_events().size());
  EXPECT_EQ(done->appended, mixed_events().size());
  EXPECT_EQ(done->duplicates, 0u);
  EXPECT_EQ(done->verified, mixed_events().size());
  EXPECT_EQ(done->imported, 0u);
  EXPECT_EQ(copy.export_text(), text);
  EXPECT_TRUE(copy.log().find_key(key_id(key_pair(7).public_key)));
  EXPECT_TRUE(copy.log().find_key(key_id(key_pair(8).public_key)));

  SignedLog wider(5);
  ASSERT_TRUE(wider.import_text(text, sources_.get()));
  EXPECT_EQ(sorted_without_places(wider.export_text()), sorted_without_places(text));
}

TEST_F(TransferTest, WithoutKeysEverythingIsImportedWithItsEvidence) {
  SignedLog original;
  original.append(mixed_events());
  const std::string text = original.export_text();
  for (const auto& sources : {std::shared_ptr<const Sources>(), one_source({key_pair(9)})}) {
    SignedLog copy;
    const auto done = copy.import_text(text, sources.get());
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->verified, 0u);
    EXPECT_EQ(done->imported, mixed_events().size());
    EXPECT_EQ(copy.export_text(), with_provenance_imported(text));
  }
  // What became imported stays so, although its signature verifies.
  SignedLog again;
  ASSERT_TRUE(again.import_text(with_provenance_imported(text), sources_.get()));
  EXPECT_EQ(again.export_text(), with_provenance_imported(text));
}

TEST_F(TransferTest, WhatIsThereAlreadyIsADuplicate) {
  SignedLog log;
  log.append(mixed_events());
  const std::string text = log.export_text();
  const auto done = log.import_text(text + text, sources_.get());
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->appended, 0u);
  EXPECT_EQ(done->duplicates, 2 * mixed_events().size());
  EXPECT_EQ(log.export_text(), text);
}

TEST_F(TransferTest, WhatWasFetchedStaysWhatItIs) {
  const std::string body = telnyx_body("e1", "call.hangup", "call-1", "leg-1", kStart);
  const auto line = [&](Provenance provenance, std::string_view from) {
    RecordView record;
    record.id = "e1";
    record.source = "telnyx";
    record.type = "call.hangup";
    record.key = "call-1";
    record.occurred_at = kStart;
    record.received_at = kStart + 1h;
    record.provenance = provenance;
    record.recovered_from = from;
    record.body = body;
    return to_cloud_event(record, std::nullopt) + "\n";
  };
  const auto import = [](const std::string& text) {
    SignedLog log(1);
    log.import_text(text, nullptr).value();
    const auto stored = log.log().read({0, 0}).value();
    const RecordView record = decode_record(stored.bytes).value();
    EXPECT_EQ(log.import_text(log.export_text(), nullptr)->appended, 0u);
    return std::pair(record.provenance, std::string(record.recovered_from));
  };
  const std::string from = "/v2/call_events?a=b";
  for (const Provenance provenance : {Provenance::kRecovered, Provenance::kSynthetic}) {
    EXPECT_EQ(import(line(provenance, from)), std::pair(provenance, from));
    EXPECT_EQ(import(line(provenance, {})).first, Provenance::kImported);
  }
  EXPECT_EQ(import(line(Provenance::kDelivered, from)).first, Provenance::kImported)
      << "nobody claims more than imported";
}

TEST_F(TransferTest, AnythingThatTheSignatureDoesNotCoverMakesItImported) {
  const SignedEvent event{telnyx_body("e1", "call.hangup", "call-1", "leg-1", kStart), kStart + 1s,
                          Provenance::kRecovered};
  const std::string line = line_of(event);
  SignedEvent other = event;
  other.body = replaced(event.body, "+12025550100", "+12025550101");
  const auto provenance_of = [&](const std::string& text) {
    SignedLog log(1);
    log.import_text(text, sources_.get()).value();
    return decode_record(log.log().read({0, 0}).value().bytes).value().provenance;
  };
  EXPECT_EQ(provenance_of(line), Provenance::kRecovered);
  EXPECT_EQ(provenance_of(replaced(line, encode_base64(event.body), encode_base64(other.body))), Provenance::kImported);
  EXPECT_EQ(provenance_of(replaced(line, event.signature(), other.signature())), Provenance::kImported);
  EXPECT_EQ(provenance_of(replaced(line, event.signature(), event.signature() + "=")), Provenance::kImported);
  EXPECT_EQ(provenance_of(replaced(line, event.signature(), "")), Provenance::kImported);
  EXPECT_EQ(provenance_of(replaced(line, R"("signedat":"1)", R"("signedat":"2)")), Provenance::kImported);
}

TEST_F(TransferTest, AKeyCountsUnderWhateverNameItsSourceHas) {
  SignedLog original;
  original.append(mixed_events());
  const std::string text = original.export_text();
  Source named, other;
  named.name = "telnyx";
  other.name = "other";
  named.kind = other.kind = "telnyx";
  const auto add_key = [](Source& source, unsigned char seed) {
    const Ed25519PublicKey key = key_pair(seed).public_key;
    source.keys.push_back({key_id(key), Ed25519Key(key)});
  };
  add_key(named, 7);
  add_key(other, 8);
  for (const auto& sources : {Sources::make({other, named}).value(), one_source({key_pair(7), key_pair(8)}, "other")}) {
    SignedLog copy;
    const auto done = copy.import_text(text, sources.get());
    ASSERT_TRUE(done) << done.error().detail;
    EXPECT_EQ(done->imported, 0u);
    EXPECT_EQ(copy.export_text(), text);
  }
}

TEST_F(TransferTest, TheBodyAndTheKeyThatVerifiedCountNotWhatTheLineSays) {
  const SignedEvent event{telnyx_body("e1", "call.hangup", "call-1", "leg-1", kStart), kStart + 1s};
  std::string line = replaced(line_of(event), event.key(), "ed25519:of-somebody-else");
  line = replaced(line, R"("receivedat":")" + format_time(event.received_at) + R"(",)", "");
  SignedLog log(1);
  log.import_text(line, sources_.get()).value();
  const StoredRecord stored = log.log().read({0, 0}).value();
  const RecordView record = decode_record(stored.bytes).value();
  EXPECT_EQ(record.id, "e1");
  EXPECT_EQ(record.type, "call.hangup");
  EXPECT_EQ(record.call_id(), "call-1");
  EXPECT_EQ(record.leg_id, "leg-1");
  EXPECT_EQ(record.key_id, event.key());
  EXPECT_EQ(record.occurred_at, kStart);
  EXPECT_EQ(record.received_at, log.clock().wall());
}

TEST_F(TransferTest, ABrokenLineIsNamedAndThoseBeforeItStay) {
  const std::string good = line_of({telnyx_body("e1", "call.hangup", "call-1", "leg-1", kStart)}) +
                           line_of({telnyx_body("e2", "call.hangup", "call-1", "leg-2", kStart)});
  for (const std::string broken : {"{", "null\n", R"({"specversion":"1.0"})", "\x01\xff\n", R"("x")"}) {
    SignedLog log(1);
    const auto done = log.import_text(good + "\n" + broken + "\n" + good, sources_.get());
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::kInvalid);
    EXPECT_THAT(done.error().detail, HasSubstr("line 4: "));
    EXPECT_EQ(log.log().end(0), 2u);
  }
  SignedLog log(1);
  const auto first = log.import_text("x", nullptr);
  ASSERT_FALSE(first);
  EXPECT_THAT(first.error().detail, HasSubstr("line 1: "));
  EXPECT_THAT(first.error().detail, Not(HasSubstr("before it")));
}

TEST_F(TransferTest, BlankLinesAndForeignLineEndsAreNoMatter) {
  std::string line = line_of({telnyx_body("e1", "call.hangup", "call-1", "leg-1", kStart)});
  line.pop_back();
  SignedLog log(1);
  const auto done = log.import_text("\n  \r\n" + line + "\r\n\n\t\n" + line, sources_.get());
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->lines, 6u);
  EXPECT_EQ(done->appended, 1u);
  EXPECT_EQ(done->duplicates, 1u);
  EXPECT_TRUE(log.import_text("", nullptr));
}

TEST_F(TransferTest, ALineMayHoldTheLargestBodyAndIsBounded) {
  const auto line_with = [](std::size_t padding) {
    return line_of(
        {telnyx_body("big", "call.hangup", "call-1", "leg-1", kStart, "\"p\":\"" + std::string(padding, 'p') + "\",")});
  };
  SignedLog log(1);
  const auto done = log.import_text(line_with(67'000'000), sources_.get());
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->verified, 1u);
  const auto refused = log.import_text("\n" + std::string(kCloudEventBytesMax + 1, '\0'), sources_.get());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kInvalid);
  EXPECT_THAT(refused.error().detail, HasSubstr("line 2: it is longer than 134217728 bytes"));
}

TEST_F(TransferTest, AnImportWaitsForASlowLog) {
  SignedLog log(2, {.queue_records_max = 7});
  std::string text;
  for (int call = 0; call < 300; ++call) {
    for (const SignedEvent& event : one_call(std::to_string(call), kStart)) text += line_of(event);
  }
  ImportDone last;
  std::istringstream in(text);
  const auto done = import_records(in, log.log(), nullptr, log.clock(), [&](const ImportDone& now) { last = now; });
  ASSERT_TRUE(done) << done.error().detail;
  EXPECT_EQ(done->appended, 1'200u);
  EXPECT_EQ(last.appended, 1'200u);
  EXPECT_EQ(log.log().end(0) + log.log().end(1), 1'200u);
}

TEST_F(TransferTest, AnImportEndsWhenTheLogDoes) {
  SignedLog log(1);
  log.log().stop();
  const auto done = log.import_text(line_of(one_call("call", kStart).front()), nullptr);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kStopping);
  EXPECT_THAT(done.error().detail, HasSubstr("import again"));
}

/// A disk that is full after some bytes.
class FullDisk : public std::streambuf {
 public:
  explicit FullDisk(std::size_t bytes) : left_(bytes) {}

 protected:
  int_type overflow(int_type c) override { return left_ == 0 ? traits_type::eof() : (--left_, c); }
  std::streamsize xsputn(const char*, std::streamsize size) override {
    const auto taken = std::min(left_, static_cast<std::size_t>(size));
    left_ -= taken;
    return static_cast<std::streamsize>(taken);
  }

 private:
  std::size_t left_;
};

TEST_F(TransferTest, AnExportThatCannotBeWrittenFails) {
  SignedLog log(1);
  log.append(one_call("call", kStart));
  const std::size_t size = log.export_text().size();
  for (std::size_t bytes = 0; bytes < size; bytes += 13) {
    FullDisk disk(bytes);
    std::ostream out(&disk);
    const auto done = export_records(log.log(), out);
    ASSERT_FALSE(done) << bytes;
    EXPECT_EQ(done.error().code, ErrorCode::kUnavailable);
  }
  FullDisk disk(size);
  std::ostream out(&disk);
  EXPECT_TRUE(export_records(log.log(), out));
}

TEST_F(TransferTest, AnExportStopsAtADamagedRecordAndNamesIt) {
  SignedLog healthy(1);
  healthy.append(one_call("call", kStart));
  MemoryLog log(1);
  for (std::uint64_t offset = 0; offset < 4; ++offset) {
    log.append(decode_record(healthy.log().read({0, offset}).value().bytes).value());
  }
  std::string bytes = log.read({0, 2}).value().bytes;
  bytes.back() ^= 1;
  log.replace({0, 2}, bytes);
  std::ostringstream out;
  const auto done = export_records(log, out);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::kCorruption);
  EXPECT_THAT(done.error().detail, HasSubstr("record 0/2: "));
  const auto all = lines_of(healthy.export_text());
  EXPECT_EQ(lines_of(out.str()), std::vector<std::string>(all.begin(), all.begin() + 2));
}

}  // namespace
}  // namespace hookledger::testing
