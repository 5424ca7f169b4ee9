#include "ingest/sources.h"

#include <gmock/gmock.h>

namespace hookledger::testing {
namespace {

using ::testing::HasSubstr;

Source source(const std::string& name, const std::string& path = {}) {
  const auto key = ed25519_key_pair(Ed25519Seed{1}).public_key;
  return {.name = name, .kind = "telnyx", .path = path, .keys = {{key_id(key), Ed25519Key(key)}}};
}

TEST(Sources, AreFoundByPathAndByName) {
  const auto sources = Sources::make({source("one"), source("two", "/other")}).value();
  EXPECT_EQ(sources->by_path("/webhooks/one"), &sources->all()[0]);
  EXPECT_EQ(sources->by_path("/other"), &sources->all()[1]);
  EXPECT_EQ(sources->by_name("two"), &sources->all()[1]);
  for (const char* path : {"/webhooks/two", "/webhooks/one/", "/webhooks/ONE", "/webhooks", "/", ""}) {
    EXPECT_EQ(sources->by_path(path), nullptr) << path;
  }
  EXPECT_EQ(sources->by_name("three"), nullptr);
}

TEST(Sources, NoneIsAlsoASet) { EXPECT_EQ(Sources::make({}).value()->by_path("/webhooks/telnyx"), nullptr); }

TEST(Sources, RefuseWhatCannotBe) {
  const auto changed = [](auto change) {
    Source made = source("telnyx");
    change(made);
    return made;
  };
  const std::vector<std::pair<std::vector<Source>, std::string>> refused = {
      {{source("a"), source("a", "/b")}, "two sources are named a"},
      {{source("a", "/x"), source("b", "/x")}, "two sources have the path /x"},
      {{source("a"), source("b", "/webhooks/a")}, "two sources have the path /webhooks/a"},
      {{changed([](Source& s) { s.keys.clear(); })}, "no public key"},
      {{changed([](Source& s) { s.kind = "smoke"; })}, "unknown kind 'smoke'"},
      {{changed([](Source& s) { s.kind = ""; })}, "unknown kind"},
      {{source("a", "x")}, "path must begin with /"},
      {{source("a", "/x?y")}, "no query"},
      {{source("")}, "source name"},
      {{source("a b")}, "source name"},
      {{source("a/b")}, "source name"},
      {{source("é")}, "source name"},
      {{source(std::string(65, 'a'))}, "source name"},
      {{source(std::string("a\0b", 3))}, "source name"},
  };
  for (const auto& [sources, reason] : refused) {
    const auto made = Sources::make(sources);
    ASSERT_FALSE(made) << reason;
    EXPECT_EQ(made.error().code, ErrorCode::kUsage);
    EXPECT_THAT(made.error().detail, HasSubstr(reason));
  }
  EXPECT_TRUE(Sources::make({source(std::string(64, 'a')), source("A-z_0")}));
}

}  // namespace
}  // namespace hookledger::testing
