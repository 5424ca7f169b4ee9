// G3: one event, one record, however often, in however many connections and over restarts it is delivered.
#include <gmock/gmock.h>
#include <map>
#include <mutex>
#include <thread>

#include "tests/guarantees/ledger.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {
namespace {

constexpr std::size_t kEvents = 60, kConnections = 8;

std::string body_of(std::size_t event, std::size_t attempt) {
  const std::string number = std::to_string(event);
  const std::string body =
      telnyx_body("event-" + number, "call.dtmf.received", "call-" + std::to_string(event % 7), "leg", kStart);
  return body.substr(0, body.size() - 1) + R"(,"meta":{"attempt":)" + std::to_string(attempt) + "}}";
}

/// Where each event ended, by the answers; and how often it was accepted.
struct Outcomes {
  std::mutex mutex;
  std::map<std::string, std::string> places;
  std::map<std::string, int> accepted;
  int others = 0;

  void note(const Answer& answer) {
    const std::lock_guard lock(mutex);
    const std::string status = member_of(answer.body, "status"), id = member_of(answer.body, "id");
    const std::string place = member_of(answer.body, "partition") + "/" + member_of(answer.body, "offset");
    if (answer.status != 200 || (status != "accepted" && status != "duplicate")) ++others;
    if (status == "accepted") ++accepted[id];
    const auto [known, is_new] = places.emplace(id, place);
    if (!is_new && known->second != place) ++others;
  }
};

/// Every connection delivers every event, in an order of its own, pipelined in small groups.
void deliver_everything(Ledger& ledger, Outcomes& outcomes, std::uint64_t seed) {
  std::vector<std::jthread> connections;
  for (std::size_t connection = 0; connection < kConnections; ++connection) {
    connections.emplace_back([&, connection] {
      std::mt19937_64 random(seed * kConnections + connection);
      std::vector<std::size_t> order(kEvents);
      for (std::size_t event = 0; event < kEvents; ++event) order[event] = event;
      std::shuffle(order.begin(), order.end(), random);
      Peer peer(ledger.address());
      for (std::size_t at = 0; at < kEvents;) {
        std::string requests;
        std::size_t group = 0;
        for (; group < 5 && at < kEvents; ++group, ++at) {
          requests += sign(body_of(order[at], connection + 1), ledger.clock().wall()).request();
        }
        peer.send(requests);
        for (; group > 0; --group) outcomes.note(peer.answer().value_or(Answer()));
      }
    });
  }
}

TEST(OneEventOneRecord, InManyConnectionsAtOnceAndOverRestarts) {
  const std::uint64_t seed = seeded_generator()();
  Ledger ledger;
  Outcomes outcomes;
  for (int life = 0; life < 3; ++life) {
    deliver_everything(ledger, outcomes, seed + static_cast<std::uint64_t>(life));
    EXPECT_EQ(ledger.records(), kEvents);
    if (life == 0) {
      ledger.stop();
    } else {
      ledger.crash();
    }
    ledger.start();
  }
  EXPECT_EQ(outcomes.others, 0);
  EXPECT_EQ(outcomes.accepted.size(), kEvents);
  for (const auto& [id, times] : outcomes.accepted) EXPECT_EQ(times, 1) << id;
  std::uint64_t deliveries = 0;
  for (const StoredRecord& record : ledger.all_records()) deliveries += record.deliveries;
  EXPECT_EQ(ledger.all_records().size(), kEvents);
  EXPECT_LE(deliveries, 3 * kConnections * kEvents);
  EXPECT_GE(deliveries, kConnections * kEvents);
}

TEST(OneEventOneRecord, AnUnsignedIdempotencyHeaderMeansNothing) {
  Ledger ledger;
  for (const std::string& body : {body_of(1, 1), body_of(2, 1)}) {
    std::string request = sign(body, kStart).request();
    request.insert(request.find("\r\n") + 2, "Idempotency-Key: same\r\nWebhook-Id: same\r\n");
    Peer peer(ledger.address());
    EXPECT_EQ(member_of(peer.exchange(request).value_or(Answer()).body, "status"), "accepted");
  }
  EXPECT_EQ(ledger.records(), 2U);
}

TEST(OneEventOneRecord, AfterTheWindowItIsAppendedAgainWithoutAnEffect) {
  Ledger ledger;
  const auto post = [&](const std::string& body) {
    Peer peer(ledger.address());
    return member_of(peer.exchange(sign(body, ledger.clock().wall()).request()).value_or(Answer()).body, "status");
  };
  const std::string body = telnyx_body("event", "call.hangup", "call", "leg", kStart);
  EXPECT_EQ(post(body), "accepted");
  const std::string call = ledger.call("call");
  ledger.clock().advance(72h - 1s);
  EXPECT_EQ(post(body), "duplicate");
  ledger.clock().advance(2h);
  EXPECT_EQ(post(telnyx_body("event", "call.answered", "call", "leg", kStart - 1h)), "accepted");
  EXPECT_EQ(ledger.records(), 2U);
  EXPECT_EQ(ledger.call("call"), call);
}

}  // namespace
}  // namespace hookledger::testing
