#pragma once

#include <cstdio>
#include <string>

#include "ingest/kafka/cluster.h"
#include "schemas/clock.h"

namespace hookledger::bench {

/// Apache Kafka for the measurements: one broker of our own, or those that HOOKLEDGER_TEST_KAFKA names. Ours ends with
/// this object, and also when this process is killed.
class Brokers {
 public:
  /// `folder`: for our broker; new. Throws when it does not start.
  Brokers(const Clock& clock, std::string folder);
  ~Brokers();
  Brokers(const Brokers&) = delete;
  Brokers& operator=(const Brokers&) = delete;

  const std::string& addresses() const { return addresses_; }
  bool ours() const { return keeper_ != nullptr; }
  /// For the conditions of the table: whose they are, and the client's version.
  std::string describe() const;
  /// The topics of a log that nobody has used yet.
  kafka::Cluster new_log() const;

  /// Ours ends as in a crash; starts again with its data, and answers when this returns.
  void kill() const;
  void restart() const;
  /// Runs one of Kafka's own programs to its end; gives what it printed.
  std::string run_tool(const std::string& name, const std::string& arguments) const;

 private:
  void control(const std::string& command) const;

  const Clock& clock_;
  const std::string folder_;
  std::string addresses_;
  std::FILE* keeper_ = nullptr;  ///< Stops our broker when this, our end of it, is closed.
};

}  // namespace hookledger::bench
