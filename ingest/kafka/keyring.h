#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "ingest/kafka/fetcher.h"
#include "schemas/ed25519/key.h"

namespace hookledger::kafka {

/// Keys ever used to accept: the compacted topic `keys`, key id → base64 of the public key. Threads: any.
class Keyring {
 public:
  /// Asks no broker yet. `logger` outlives it. Errors: kUsage.
  static Result<std::unique_ptr<Keyring>> make(const Cluster& cluster, Logger& logger);

  /// Reads on in the topic when the key is not known; at most once a second.
  std::optional<Ed25519Key> find(std::string_view key_id);
  /// On the brokers, durably, before it returns; at once when it is there. Errors: kUnavailable, kUsage (refused).
  Result<void> put(const Ed25519PublicKey& key);

 private:
  Keyring(const Cluster& cluster, std::unique_ptr<Fetcher> fetcher, Logger& logger)
      : cluster_(cluster), logger_(logger), fetcher_(std::move(fetcher)) {}
  std::optional<Ed25519Key> known(std::string_view key_id) const;
  Result<void> read_on();
  void take(const rd_kafka_message_t& message);

  const Cluster cluster_;
  Logger& logger_;
  std::mutex mutex_;  ///< Guards all below.
  std::unique_ptr<Fetcher> fetcher_;
  std::uint64_t position_ = 0;
  std::chrono::steady_clock::time_point read_again_at_{};
  std::map<std::string, Ed25519Key, std::less<>> keys_;
};

}  // namespace hookledger::kafka
