#pragma once

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace hookledger::testing {

/// The brokers of the tests labelled kafka. Throws, which fails the test, when there are none.
inline std::string test_brokers() {
  const char* brokers = std::getenv("HOOKLEDGER_TEST_KAFKA");
  if (brokers == nullptr || *brokers == '\0')
    throw std::runtime_error("no brokers: run this by ctest -L kafka, or set HOOKLEDGER_TEST_KAFKA=HOST:PORT");
  return brokers;
}

/// The name of an events topic that no other test and no earlier run has, in a family of its own.
inline std::string fresh_topic() {
  static int count = 0;
  static const std::string run =
      std::to_string(::getpid()) + "-" + std::to_string(std::chrono::steady_clock::now().time_since_epoch().count());
  return "test-" + run + "-" + std::to_string(++count) + ".events";
}

}  // namespace hookledger::testing
