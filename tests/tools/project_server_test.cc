#include "tools/project_server.h"

#include <arpa/inet.h>
#include <future>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ingest/http/client.h"
#include "projector/rules/built_in_rules.h"
#include "schemas/json_members.h"
#include "tests/ingest/http/echo_server.h"
#include "tests/projector/live_log.h"
#include "tools/ask_peer.h"

namespace hookledger {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using testing::kStart;
using testing::random_history;
using Role = PartitionStates::Role;
using namespace std::chrono_literals;

constexpr std::uint32_t kPartitions = 6;

/// Who answers for which partition, as every server of a test is told.
class Owners {
 public:
  std::optional<std::string> of(std::uint32_t partition) const {
    const std::lock_guard lock(mutex_);
    const auto found = urls_.find(partition);
    return found == urls_.end() ? std::nullopt : std::optional(found->second);
  }
  void set(std::uint32_t partition, const std::string& url) {
    const std::lock_guard lock(mutex_);
    urls_[partition] = url;
  }
  void forget(std::uint32_t partition) {
    const std::lock_guard lock(mutex_);
    urls_.erase(partition);
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::string> urls_;
};

/// What the servers of a test share: the log, the rules, the calendar.
struct World {
  World() {
    auto random = seeded_generator();
    log.append(random_history(random, 60));
    log.clock().advance(5min);
  }
  testing::LiveLog log{kPartitions};
  std::shared_ptr<const RuleSet> rules = built_in_rules();
  testing::SteadyClock steady;
};

struct Node {
  Node(World& world, const std::string& name, const Owners& owners, const std::string& address = "127.0.0.1:0")
      : states(world.log.folder() / name, {*world.log, *world.rules, world.log.clock(), world.log.logger()}),
        server({*world.log, states, [rules = world.rules] { return rules; }, world.log.clock(), world.log.logger(),
                metrics},
               {.api = {.address = address,
                        .threads = 2,
                        .limits = {},
                        .tls = {},
                        .clock = &world.steady,
                        .make_service = {}},
                .advertise = {},
                .threads = 1},
               [&owners](std::uint32_t partition) { return owners.of(partition); }) {}

  http::FetchedResponse get(const std::string& target) const {
    auto answer = http::fetch(server.url(), target, 20s);
    return answer ? *answer : http::FetchedResponse{0, {}, answer.error().detail};
  }

  Metrics metrics;
  PartitionStates states;
  ProjectServer server;
};

class ProjectServerTest : public ::testing::Test {
 protected:
  ProjectServerTest() {
    EXPECT_TRUE(one_.server.start());
    for (const auto& node : nodes_) EXPECT_TRUE(node->server.start());
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      EXPECT_TRUE(one_.states.take(partition, Role::kOwner));
      give(partition, *nodes_[partition % nodes_.size()]);
    }
  }

  void give(std::uint32_t partition, Node& node) {
    EXPECT_TRUE(node.states.take(partition, Role::kOwner));
    owners_.set(partition, node.server.url());
  }

  /// A call of the partition.
  std::string call_of(std::uint32_t partition) const {
    for (int i = 0;; ++i) {
      std::string id = "sought" + std::to_string(i);
      if (partition_of(id, kPartitions) == partition) return id;
    }
  }

  static std::string encoded(std::string_view id) {
    std::string text;
    for (const char c : id) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      text.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
    return text;
  }

  /// The items of a list as they stand in the answers, each page asked of the next of `nodes`.
  static std::vector<std::string> items(const std::vector<const Node*>& nodes, const std::string& path,
                                        std::size_t limit) {
    std::vector<std::string> all;
    std::string cursor;
    for (std::size_t turn = 0;; ++turn) {
      const auto answer = nodes[turn % nodes.size()]->get(path + "limit=" + std::to_string(limit) +
                                                          (cursor.empty() ? "" : "&cursor=" + cursor));
      EXPECT_EQ(answer.status, 200U) << answer.body;
      Fault fault;
      read_json_object(answer.body, fault, [&](Members page) {
        for (std::string& item : page.jsons("items")) all.push_back(std::move(item));
        cursor = page.text("next_cursor");
      });
      EXPECT_EQ(fault.where, "");
      if (cursor.empty()) return all;
    }
  }

  std::vector<std::string> call_ids() {
    std::vector<std::string> ids;
    const auto listed = items({&one_}, "/v1/calls?", 500);
    for (const std::string& item : listed) {
      Fault fault;
      read_json_object(item, fault, [&](Members call) { ids.push_back(call.text("id")); });
    }
    return ids;
  }

  World world_;
  Owners owners_, nobody_;
  Node one_{world_, "one", nobody_};
  std::vector<std::unique_ptr<Node>> nodes_ = [this] {
    std::vector<std::unique_ptr<Node>> nodes;
    for (const char* name : {"a", "b", "c"}) nodes.push_back(std::make_unique<Node>(world_, name, owners_));
    return nodes;
  }();
};

TEST_F(ProjectServerTest, AnyServerAnswersForAnyCall) {
  std::set<std::uint32_t> partitions;
  std::vector<std::string> targets{"/v1/calls/none", "/v1/calls/none/records", "/v1/legs/none",
                                   "/v1/calls/none?at=soon"};
  for (const std::string& id : call_ids()) {
    if (id.find("\xEF\xBF\xBD") != std::string::npos) continue;  // JSON has no place for the bytes of this id.
    partitions.insert(partition_of(id, kPartitions));
    for (const char* more : {"", "/records", "?at=-4m", "?at=2026-02-08T10:00:15%2B00:00&by=occurrence"}) {
      targets.push_back("/v1/calls/" + encoded(id) + more);
    }
  }
  for (int call = 0; call < 20; ++call) targets.push_back("/v1/legs/control-" + std::to_string(call) + "-0");
  EXPECT_EQ(partitions.size(), kPartitions);
  for (const std::string& target : targets) {
    const auto expected = one_.get(target);
    for (const auto& node : nodes_) {
      const auto answer = node->get(target);
      ASSERT_EQ(answer.status, expected.status) << target << answer.body;
      EXPECT_EQ(answer.content_type, expected.content_type);
      EXPECT_EQ(answer.body, expected.body);
    }
  }
}

TEST_F(ProjectServerTest, ListsAreThoseOfOneServerAndCursorsGoOnAnywhere) {
  const std::vector<const Node*> all{nodes_[0].get(), nodes_[1].get(), &one_, nodes_[2].get()};
  for (const char* list : {"/v1/calls?", "/v1/calls?status=ended&", "/v1/findings?status=all&", "/v1/findings?"}) {
    const auto expected = items({&one_}, list, 500);
    ASSERT_GT(expected.size(), 10U);
    for (const std::size_t limit : {1U, 7U, 500U}) EXPECT_EQ(items(all, list, limit), expected) << list;
  }
}

TEST_F(ProjectServerTest, WhoGotA200CanReadItAnywhereAtOnce) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = "new-" + std::to_string(i);
    world_.log.append({{.id = id,
                        .type = "call.initiated",
                        .call = id,
                        .leg = "leg-" + id,
                        .occurred_at = kStart,
                        .received_at = kStart}});
    const Node& node = *nodes_[static_cast<std::size_t>(i) % nodes_.size()];
    EXPECT_EQ(node.get("/v1/calls/" + id).status, 200U);
    EXPECT_EQ(node.get("/v1/legs/leg-" + id).status, 200U);
    EXPECT_THAT(node.get("/v1/calls?limit=500").body, HasSubstr("\"" + id + "\""));
  }
}

TEST_F(ProjectServerTest, AnOwnerThatIsGoneIsNamedWithItsPartition) {
  nodes_[1]->server.stop(1s);
  const Node& node = *nodes_[0];
  const auto call = node.get("/v1/calls/" + call_of(4));
  EXPECT_EQ(call.status, 503U);
  EXPECT_EQ(call.content_type, "application/problem+json");
  EXPECT_THAT(call.body, HasSubstr("the owner of partition 4, " + nodes_[1]->server.url() + ", does not answer"));
  for (const char* target : {"/v1/calls", "/v1/findings", "/v1/legs/none"}) {
    const auto answer = node.get(target);
    EXPECT_EQ(answer.status, 503U);
    EXPECT_THAT(answer.body, HasSubstr("the owner of partitions 1, 4, " + nodes_[1]->server.url()));
  }
  owners_.forget(4);
  EXPECT_THAT(node.get("/v1/calls/" + call_of(4)).body, HasSubstr("partition 4 has no owner now"));
  for (const char* target : {"/v1/calls", "/v1/findings", "/v1/legs/none"}) {
    EXPECT_THAT(node.get(target).body, HasSubstr("partition 4 has no owner now"));
  }
  EXPECT_EQ(node.get("/v1/calls/" + call_of(0)).status, 404U);

  nodes_[1]->states.let_go({1, 4});
  give(1, *nodes_[2]);
  give(4, *nodes_[0]);
  EXPECT_EQ(items({&node}, "/v1/calls?", 9), items({&one_}, "/v1/calls?", 500));
}

TEST_F(ProjectServerTest, ARequestIsPassedOnOnceWhateverTheDirectorySays) {
  nodes_[0]->states.let_go({0});
  owners_.set(3, nodes_[1]->server.url());
  owners_.set(1, nodes_[0]->server.url());
  nodes_[1]->states.let_go({1});
  for (const auto& node : nodes_) {
    for (const std::uint32_t partition : {0U, 1U}) {
      const auto answer = node->get("/v1/calls/" + call_of(partition));
      EXPECT_EQ(answer.status, 503U);
      EXPECT_THAT(answer.body, HasSubstr("partition " + std::to_string(partition) + " is not answered for here"));
    }
    const auto list = node->get("/v1/calls");
    EXPECT_EQ(list.status, 503U);
    EXPECT_THAT(list.body, AnyOf(HasSubstr("partition 0"), HasSubstr("partitions 0, 1")));
  }
}

TEST_F(ProjectServerTest, ServersThatAllAskEachOtherAllGetAnswers) {
  const std::string expected = one_.get("/v1/calls").body;
  std::vector<std::future<http::FetchedResponse>> answers;
  for (int i = 0; i < 60; ++i) {
    answers.push_back(
        std::async(std::launch::async, [&, i] { return nodes_[static_cast<std::size_t>(i) % 3]->get("/v1/calls"); }));
  }
  for (auto& answer : answers) EXPECT_EQ(answer.get().body, expected);
}

TEST_F(ProjectServerTest, WhilePartitionsMoveAnAnswerIsRightOrHonest) {
  const auto expected = one_.get("/v1/calls?limit=500").body;
  std::atomic<bool> stop = false;
  std::atomic<int> right = 0, honest = 0;
  std::vector<std::jthread> readers;
  for (const auto& node : nodes_) {
    readers.emplace_back([&, &node = *node] {
      while (!stop) {
        const auto answer = node.get("/v1/calls?limit=500");
        if (answer.status == 200) {
          EXPECT_EQ(answer.body, expected);
          ++right;
        } else {
          EXPECT_EQ(answer.status, 503U) << answer.body;
          ++honest;
        }
      }
    });
  }
  auto random = seeded_generator();
  std::map<std::uint32_t, std::size_t> owner;
  for (int i = 0; i < 30; ++i) {
    const auto partition = static_cast<std::uint32_t>(random_below(random, kPartitions));
    const auto from = owner.try_emplace(partition, partition % nodes_.size()).first;
    owners_.forget(partition);
    nodes_[from->second]->states.let_go({partition});
    from->second = random_below(random, nodes_.size());
    give(partition, *nodes_[from->second]);
  }
  std::this_thread::sleep_for(200ms);
  stop = true;
  readers.clear();
  EXPECT_GT(right, 0);
  EXPECT_GT(honest, 0);
  EXPECT_EQ(nodes_[0]->get("/v1/calls?limit=500").body, expected);
}

TEST_F(ProjectServerTest, AnOwnerThatHangsIsWaitedForTwoSeconds) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(listener, 8), 0);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  nodes_[1]->states.let_go({1, 4});
  for (const std::uint32_t partition : {1U, 4U}) {
    owners_.set(partition, "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)));
  }
  const auto began = std::chrono::steady_clock::now();
  EXPECT_THAT(nodes_[0]->get("/v1/calls").body, HasSubstr("does not answer"));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
  ::close(listener);
}

TEST_F(ProjectServerTest, ReadinessNamesThePartitionAndIsNotKeptWaitingByLists) {
  EXPECT_TRUE(nodes_[0]->states.owned().front()->settle({}, 5s));
  world_.log.append_damaged(3);
  EXPECT_FALSE(nodes_[0]->states.owned().back()->settle({}, 5s));
  const auto ready = nodes_[0]->get("/readyz");
  EXPECT_EQ(ready.status, 503U);
  EXPECT_THAT(ready.body, HasSubstr("partition 3: "));
  nodes_[2]->server.tick();
  EXPECT_THAT(nodes_[2]->get("/metrics").body, HasSubstr("hookledger_partitions_owned 2"));
  EXPECT_THAT(nodes_[2]->get("/metrics").body, HasSubstr("hookledger_findings_open{rule="));
}

TEST_F(ProjectServerTest, AnAddressThatNoOtherCanUseIsRefused) {
  for (const char* address : {"0.0.0.0:0", "[::]:0"}) {
    Node node(world_, "wild", owners_, address);
    const auto started = node.server.start();
    ASSERT_FALSE(started);
    EXPECT_EQ(started.error().code, ErrorCode::kUsage);
    EXPECT_THAT(started.error().detail, HasSubstr("--advertise"));
  }
}

}  // namespace
}  // namespace hookledger
