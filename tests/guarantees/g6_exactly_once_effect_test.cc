// G6: state and the offset that it covers commit together: a process that folds is killed at any instant, and what the
// store then holds is exactly the fold of the log below its covered offsets.
#include <csignal>
#include <gmock/gmock.h>
#include <iostream>
#include <map>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "projector/folding.h"
#include "projector/rules/built_in_rules.h"
#include "tests/projector/history.h"
#include "tests/support/memory_log.h"
#include "tests/support/temporary_folder.h"

namespace hookledger {
namespace {

using testing::MemoryLog;

constexpr std::uint32_t kPartitions = 3;

MemoryLog make_log(std::mt19937_64& random) {
  MemoryLog log(kPartitions);
  for (const auto& event : testing::random_history(random, 250)) {
    event.with_record([&](const RecordView& record) { log.append(record); });
  }
  return log;
}

/// All but the covered offsets.
std::map<std::string, std::string> state_of(const CallStore& store) {
  std::map<std::string, std::string> state;
  const auto scan = store.bytes().scan("", "\xff");
  while (scan->next().value()) {
    if (scan->key()[0] != 'O') state.emplace(scan->key(), scan->value());
  }
  return state;
}

/// Folds small batches and flushes now and then, until it is killed or has all.
int fold(const std::string& folder, const MemoryLog& log, std::uint64_t seed) {
  const auto rules = built_in_rules();
  const auto store = CallStore::make(open_key_value(folder).value(), make_shape(kPartitions, *rules)).value();
  std::mt19937_64 random(seed);
  bool more = true;
  while (more) {
    more = false;
    for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
      const std::uint64_t from = store->covered(partition).value();
      const std::uint64_t end = std::min(log.end(partition), from + 1 + random_below(random, 40));
      more |= end < log.end(partition);
      Folding folding(*store, *rules);
      fold_partition(folding, *store, log, partition, from, end, [](std::uint64_t) { return true; }).value();
    }
    if (random_below(random, 3) == 0) store->flush().value();
  }
  store->flush().value();
  return 0;
}

/// 0: the store is the fold of what it covers. 7: and that is all of the log.
int check(const std::string& folder, const MemoryLog& log) {
  const auto rules = built_in_rules();
  const auto shape = make_shape(kPartitions, *rules);
  const auto store = CallStore::make(open_key_value(folder).value(), shape).value();
  const auto fresh = CallStore::make(open_key_value_overlay({}).value(), shape).value();
  bool all = true;
  for (std::uint32_t partition = 0; partition < kPartitions; ++partition) {
    const std::uint64_t covered = store->covered(partition).value();
    all &= covered == log.end(partition);
    Folding folding(*fresh, *rules);
    fold_partition(folding, *fresh, log, partition, 0, covered, [](std::uint64_t) { return true; }).value();
  }
  if (state_of(*store) != state_of(*fresh)) return 1;
  return all ? 7 : 0;
}

/// RocksDB's threads do not survive a fork, so this process never opens a store itself.
template <class Work>
pid_t in_a_process(const Work& work) {
  std::cout.flush();
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(work());
    } catch (const std::exception& failed) {
      std::cerr << failed.what() << std::endl;
      ::_exit(2);
    }
  }
  return child;
}

int exit_status(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ExactlyOnceEffect, StateAndItsOffsetAreOneWheneverTheProcessIsKilled) {
  auto random = seeded_generator();
  const MemoryLog log = make_log(random);
  const testing::TemporaryFolder folder;
  int verdict = 0;
  for (int life = 0; verdict == 0 && life < 25; ++life) {
    const std::uint64_t seed = random();
    const pid_t folding = in_a_process([&] { return fold(folder / "store", log, seed); });
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random_below(random, 200)));
    ::kill(folding, SIGKILL);
    exit_status(folding);
    verdict = exit_status(in_a_process([&] { return check(folder / "store", log); }));
    ASSERT_TRUE(verdict == 0 || verdict == 7) << "life " << life << ": " << verdict;
  }
  if (verdict == 0) {
    EXPECT_EQ(exit_status(in_a_process([&] { return fold(folder / "store", log, 1); })), 0);
    verdict = exit_status(in_a_process([&] { return check(folder / "store", log); }));
  }
  EXPECT_EQ(verdict, 7);
}

}  // namespace
}  // namespace hookledger
