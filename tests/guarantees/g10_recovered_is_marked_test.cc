// G10: what did not come signed from its source is marked, and never displaces what did.
#include <gmock/gmock.h>

#include "projector/rules/built_in_rules.h"
#include "replay/transfer.h"
#include "schemas/cloud_event.h"
#include "tests/guarantees/ledger.h"

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string> kTypes = {"initiated", "answered", "bridged", "hangup"};

/// A body of another tale about the same leg: earlier, of other parties.
std::string other_tale(const std::string& id, const std::string& type, Time at) {
  return telnyx_body(id, "call." + type, "call", "leg of call", at,
                     R"("direction":"outgoing","to":"+1999","call_control_id":"forged","hangup_cause":"forged",)"
                     R"("client_state":")" +
                         encode_base64(R"({"organization_id":"forged"})") + R"(",)");
}

class RecoveredIsMarked : public ::testing::Test {
 protected:
  void append(std::vector<SignedEvent> events) { log_.append(events); }
  std::vector<SignedEvent> delivered() const { return one_call("call", kStart); }
  std::vector<SignedEvent> tales(Provenance provenance, const std::string& ids) const {
    std::vector<SignedEvent> events;
    for (const std::string& type : kTypes) {
      events.push_back({.body = other_tale(ids + type, type, kStart - 1h),
                        .received_at = kStart - 1h,
                        .provenance = provenance,
                        .seed = 0});
    }
    return events;
  }
  std::string call() const {
    const auto store =
        CallStore::make(open_key_value_overlay({}).value(), make_shape(log_.log().partitions(), *rules_)).value();
    catch_up(*store, log_.log(), *rules_, 1).value();
    JsonWriter json;
    write_json(json, Queries(*store, *rules_).describe(store->find("call").value().value(), kStart + 1h).call, nullptr);
    return std::string(json.view());
  }
  std::vector<Provenance> provenances() const {
    std::vector<Provenance> found;
    for (std::uint32_t partition = 0; partition < log_.log().partitions(); ++partition) {
      const auto cursor = log_.log().scan(partition, 0);
      while (cursor->next().value()) found.push_back(decode_record(cursor->bytes()).value().provenance);
    }
    return found;
  }
  static std::string without_counts(const std::string& call) {
    const std::size_t at = call.find(R"("events":)");
    return call.substr(0, at) + call.substr(call.find('}', at));
  }

  mutable SignedLog log_;
  std::unique_ptr<RuleSet> rules_ = built_in_rules();
};

TEST_F(RecoveredIsMarked, NothingOfLessTrustDisplacesADeliveredFact) {
  append(delivered());
  const std::string expected = call();
  EXPECT_THAT(expected, Not(HasSubstr("forged")));
  for (const Provenance provenance : {Provenance::kImported, Provenance::kRecovered, Provenance::kSynthetic}) {
    append(tales(provenance, std::string(to_string(provenance))));
    std::string now = call();
    // What no delivered event told may be filled in; what one told stays.
    EXPECT_THAT(now, HasSubstr(R"("initiated_at":"2026-02-08T10:00:00.000000Z")"));
    EXPECT_THAT(now, HasSubstr(R"("ended_at":"2026-02-08T10:00:03.000000Z","hangup_cause":null)"));
    EXPECT_THAT(now, HasSubstr(R"("from":"+12025550100")"));
  }
}

TEST_F(RecoveredIsMarked, WhicheverCameFirst) {
  SignedLog first_forged;
  for (const Provenance provenance : {Provenance::kSynthetic, Provenance::kRecovered, Provenance::kImported}) {
    append(tales(provenance, std::string(to_string(provenance))));
  }
  append(delivered());
  EXPECT_THAT(call(), HasSubstr(R"("initiated_at":"2026-02-08T10:00:00.000000Z")"));
  EXPECT_THAT(call(), HasSubstr(R"("ended_at":"2026-02-08T10:00:03.000000Z","hangup_cause":null)"));
}

TEST_F(RecoveredIsMarked, TheSameEventAgainIsNotAppended) {
  append(delivered());
  const std::string before = call();
  for (const Provenance provenance : {Provenance::kImported, Provenance::kRecovered, Provenance::kSynthetic}) {
    append(tales(provenance, "call/"));  // The ids of the delivered ones.
  }
  EXPECT_EQ(call(), before);
  EXPECT_THAT(provenances(), ::testing::Each(Provenance::kDelivered));
  EXPECT_THAT(provenances(), ::testing::SizeIs(4));
}

TEST_F(RecoveredIsMarked, ASignedDeliveryAfterARecoveredOneIsAppendedAndTakesOver) {
  for (const Provenance provenance : {Provenance::kRecovered, Provenance::kSynthetic})
    append(tales(provenance, "call/"));
  EXPECT_THAT(provenances(), ::testing::SizeIs(4)) << "of one event one stand-in is enough";
  EXPECT_THAT(call(), HasSubstr(R"("hangup_cause":"forged")"));
  append(delivered());
  append(delivered());
  EXPECT_THAT(provenances(), ::testing::SizeIs(8));
  EXPECT_THAT(call(), HasSubstr(R"("initiated_at":"2026-02-08T10:00:00.000000Z")"));
  EXPECT_THAT(call(), Not(HasSubstr("forged")));
  EXPECT_THAT(call(), HasSubstr(R"("count":4)"));
  append(tales(Provenance::kRecovered, "call/"));
  EXPECT_THAT(provenances(), ::testing::SizeIs(8));
}

TEST_F(RecoveredIsMarked, ALineThatOnlyClaimsToBeDeliveredIsImported) {
  append(delivered());
  const std::string exported = log_.export_text();
  const auto import = [](const std::string& text, const Sources* sources) {
    SignedLog other;
    EXPECT_TRUE(other.import_text(text, sources));
    std::vector<Provenance> found;
    for (std::uint32_t partition = 0; partition < other.log().partitions(); ++partition) {
      const auto cursor = other.log().scan(partition, 0);
      while (cursor->next().value()) found.push_back(decode_record(cursor->bytes()).value().provenance);
    }
    EXPECT_THAT(found, ::testing::SizeIs(4));
    return found;
  };
  const auto sources = one_source({key_pair(7)}), other_key = one_source({key_pair(8)});
  EXPECT_THAT(import(exported, sources.get()), ::testing::Each(Provenance::kDelivered));
  EXPECT_THAT(import(exported, other_key.get()), ::testing::Each(Provenance::kImported));
  EXPECT_THAT(import(exported, nullptr), ::testing::Each(Provenance::kImported));
  std::string forged = exported;  // Another body under the same evidence.
  for (std::size_t at = 0; (at = forged.find(R"("data_base64":")", at)) != std::string::npos;) {
    const std::size_t begin = at + 15, end = forged.find('"', begin);
    std::string body = decode_base64(forged.substr(begin, end - begin)).value();
    body.replace(body.find("+12025550100"), 12, "+12025550199");
    forged.replace(begin, end - begin, encode_base64(body));
    at = begin;
  }
  EXPECT_THAT(import(forged, sources.get()), ::testing::Each(Provenance::kImported));
}

}  // namespace
}  // namespace hookledger::testing
