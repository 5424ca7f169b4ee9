#include "tests/bench/brokers.h"

#include <cstdlib>
#include <fstream>
#include <librdkafka/rdkafka.h>
#include <stdexcept>

#include "ingest/kafka/new_topics.h"
#include "tests/bench/child.h"
#include "tests/support/kafka_brokers.h"

namespace hookledger::bench {
namespace {

constexpr std::chrono::seconds kTopicTimeout(20);

std::string quoted(const std::string& text) { return "'" + text + "'"; }

}  // namespace

Brokers::Brokers(const Clock& clock, std::string folder) : clock_(clock), folder_(std::move(folder)) {
  const char* const theirs = std::getenv("HOOKLEDGER_TEST_KAFKA");
  if (theirs != nullptr && *theirs != '\0') {
    addresses_ = theirs;
    return;
  }
  // In a session of its own: an interrupt of ours does not reach it.
  const std::string keeper = R"(exec setsid sh -c 'cat; exec "$0" stop "$1"' )";
  keeper_ = ::popen((keeper + quoted(HOOKLEDGER_KAFKA) + " " + quoted(folder_)).c_str(), "we");
  if (keeper_ == nullptr) throw std::runtime_error("cannot start a shell");
  run(clock_, {HOOKLEDGER_KAFKA, "start", folder_, "1"});
  std::ifstream file(folder_ + "/brokers");
  std::getline(file, addresses_);
}

Brokers::~Brokers() {
  if (keeper_ != nullptr) ::pclose(keeper_);
}

std::string Brokers::describe() const {
  const std::string whose = ours() ? "one broker of tools/kafka on this machine" : "the brokers " + addresses_;
  return whose + ", librdkafka " + rd_kafka_version_str();
}

kafka::Cluster Brokers::new_log() const {
  const kafka::Cluster cluster{.brokers = addresses_, .topic = testing::fresh_topic(), .properties = {}};
  Logger logger({});
  kafka::create_topics(cluster, {}, kTopicTimeout, logger).value();
  return cluster;
}

void Brokers::kill() const { control("kill"); }

void Brokers::restart() const { control("restart"); }

void Brokers::control(const std::string& command) const { run(clock_, {HOOKLEDGER_KAFKA, command, folder_, "1"}); }

std::string Brokers::run_tool(const std::string& name, const std::string& arguments) const {
  std::FILE* const output = ::popen((quoted(HOOKLEDGER_KAFKA) + " run " + name + " " + arguments).c_str(), "re");
  if (output == nullptr) throw std::runtime_error("cannot start a shell");
  std::string printed;
  for (int c = 0; (c = std::fgetc(output)) != EOF;) printed += static_cast<char>(c);
  if (::pclose(output) != 0) throw std::runtime_error(name + " failed: " + printed);
  return printed;
}

}  // namespace hookledger::bench
