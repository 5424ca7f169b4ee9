#include "projector/key_value.h"

#include <gmock/gmock.h>
#include <map>

#include "projector/seen_calls.h"
#include "tests/support/seeded.h"
#include "tests/support/temporary_folder.h"

namespace hookledger {
namespace {

using Model = std::map<std::string, std::string>;

Model everything(const KeyValue& bytes) {
  Model all;
  const auto scan = bytes.scan("", "\xff");
  while (scan->next().value()) all.emplace(scan->key(), scan->value());
  return all;
}

/// Changes a few keys, some with values so large that the write becomes a table.
void change(std::mt19937_64& random, KeyValue& bytes, Model& model) {
  Writes writes;
  for (std::size_t i = random_below(random, 8); i < 8; ++i) {
    const std::string key = "C" + std::to_string(i) + std::to_string(random_below(random, 10));
    if (random_below(random, 3) == 0) {
      writes.erase(key);
      model.erase(key);
      continue;
    }
    const std::string value(random_below(random, 5) == 0 ? 2 << 20 : 10,
                            static_cast<char>('a' + random_below(random, 26)));
    writes.put(key, value);
    model[key] = value;
  }
  ASSERT_TRUE(bytes.write(writes));
}

TEST(KeyValue, ACrashLosesASuffixOfTheWritesAndNothingThatWasFlushed) {
  auto random = seeded_generator();
  const testing::TemporaryFolder folder;
  std::vector<Model> history(1);  // After each write since the last state that is known to be on disk.
  auto bytes = open_key_value(folder / "store").value();
  for (int step = 0; step < 40; ++step) {
    history.push_back(history.back());
    change(random, *bytes, history.back());
    EXPECT_EQ(everything(*bytes), history.back());
    const std::size_t what = random_below(random, 8);
    if (what == 0) {
      ASSERT_TRUE(bytes->flush());
      history.erase(history.begin(), history.end() - 1);
    } else if (what == 1) {
      bytes.reset();
      bytes = open_key_value(folder / "store", random_below(random, 2) == 0 ? KeyValueUse::kLive : KeyValueUse::kBulk)
                  .value();
      const auto found = everything(*bytes);
      EXPECT_THAT(history, ::testing::Contains(found));
      history = {found};
    } else if (what == 2) {
      EXPECT_THAT(history, ::testing::Contains(everything(*open_key_value_overlay(folder / "store").value())));
    }
  }
}

TEST(KeyValue, AnOverlayReadsItsChangesOverItsBase) {
  auto random = seeded_generator();
  const testing::TemporaryFolder folder;
  Model model;
  const auto base = open_key_value(folder / "store").value();
  for (int step = 0; step < 5; ++step) change(random, *base, model);
  ASSERT_TRUE(base->flush());
  const Model before = model;
  const auto overlay = open_key_value_overlay(folder / "store").value();
  for (int step = 0; step < 10; ++step) {
    change(random, *overlay, model);
    EXPECT_EQ(everything(*overlay), model);
    std::string value;
    for (int i = 0; i < 80; ++i) {
      const std::string key = "C" + std::to_string(i / 10) + std::to_string(i % 10);
      EXPECT_EQ(overlay->get(key, value).value(), model.contains(key));
      if (model.contains(key)) {
        EXPECT_EQ(value, model[key]);
      }
    }
  }
  EXPECT_EQ(everything(*base), before);
}

TEST(KeyValue, AScanSeesItsRangeAndSeeks) {
  const auto bytes = open_key_value_overlay({}).value();
  Writes writes;
  for (const char* key : {"b", "a", "d", "c"}) writes.put(key, {});
  ASSERT_TRUE(bytes->write(writes));
  const auto scan = bytes->scan("b", "d");
  const auto rest = [&] {
    std::string keys;
    while (scan->next().value()) keys += scan->key();
    return keys;
  };
  EXPECT_EQ(rest(), "bc");
  scan->seek("c");
  EXPECT_EQ(rest(), "c");
}

TEST(KeyValue, NothingThereIsSaidSo) {
  const testing::TemporaryFolder folder;
  EXPECT_EQ(open_key_value_overlay(folder / "absent").error().code, ErrorCode::kNotFound);
}

TEST(SeenCalls, NeverDeniesWhatWasAdded) {
  for (const std::uint64_t expected : {0U, 100U, 10'000U}) {
    SeenCalls seen(expected);
    int wrong = 0;
    for (int i = 0; i < 1000; ++i) wrong += seen.add("call" + std::to_string(i)) ? 1 : 0;
    for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.add("call" + std::to_string(i)));
    if (expected == 10'000) {
      EXPECT_LT(wrong, 20);
    }
  }
}

}  // namespace
}  // namespace hookledger
