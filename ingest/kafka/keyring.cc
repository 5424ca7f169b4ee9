#include "ingest/kafka/keyring.h"

#include <algorithm>

#include "schemas/crypto.h"
#include "schemas/text.h"

namespace hookledger::kafka {
namespace {

constexpr std::chrono::seconds kReadAgain(1);
constexpr int kPutTimeoutMs = 3000;
constexpr std::chrono::milliseconds kAskTimeout(2000);

}  // namespace

Result<std::unique_ptr<Keyring>> Keyring::make(const Cluster& cluster, Logger& logger) {
  auto asks = make_asking_client(cluster, logger);
  if (!asks) return asks.error();
  auto fetcher = Fetcher::make(cluster, std::move(*asks), topic_names(cluster.topic).keys, 1, {}, logger);
  if (!fetcher) return fetcher.error();
  return std::unique_ptr<Keyring>(new Keyring(cluster, std::move(*fetcher), logger));
}

std::optional<Ed25519Key> Keyring::known(std::string_view key_id) const {
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Ed25519Key> Keyring::find(std::string_view key_id) {
  const std::lock_guard lock(mutex_);
  if (auto key = known(key_id)) return key;
  const auto now = std::chrono::steady_clock::now();
  if (now < read_again_at_) return std::nullopt;
  if (const auto read = read_on(); !read) {
    logger_.warning("the keys cannot be read", {{"reason", read.error().detail}});
  }
  read_again_at_ = std::chrono::steady_clock::now() + kReadAgain;
  return known(key_id);
}

Result<void> Keyring::read_on() {
  const auto end = fetcher_->end(0, kAskTimeout);
  if (!end) return end.error();
  if (position_ >= *end) return {};
  auto reading = fetcher_->read(0, position_);
  if (!reading) return reading.error();
  while (true) {
    const auto message = (*reading)->next_below(*end);
    if (!message) return message.error();
    if (*message == nullptr) break;
    take(**message);
  }
  position_ = *end;
  reading->reset();
  fetcher_->rest(0);
  return {};
}

/// Whatever stands there: only a key that has the id it is stored under is one.
void Keyring::take(const rd_kafka_message_t& message) {
  const std::string_view id(static_cast<const char*>(message.key), message.key_len);
  const auto key = parse_public_key(std::string_view(static_cast<const char*>(message.payload), message.len));
  if (!key || key_id(*key) != id) {
    logger_.warning("a message of the topic of keys is no key", {{"offset", std::to_string(message.offset)}});
    return;
  }
  keys_.emplace(id, Ed25519Key(*key));
}

Result<void> Keyring::put(const Ed25519PublicKey& key) {
  const std::string id = key_id(key);
  const std::lock_guard lock(mutex_);
  if (known(id)) return {};
  if (auto read = read_on(); !read) return read;
  if (known(id)) return {};
  std::optional<rd_kafka_resp_err_t> outcome;
  const auto client =
      Client::make(RD_KAFKA_PRODUCER, cluster_,
                   {{"enable.idempotence", "true"}, {"message.timeout.ms", std::to_string(kPutTimeoutMs)}}, logger_,
                   {.delivered = [&](const rd_kafka_message_t& message) { outcome = message.err; }, .rebalance = {}});
  if (!client) return client.error();
  const std::string text = encode_base64({reinterpret_cast<const char*>(key.data()), key.size()});
  const std::string topic = topic_names(cluster_.topic).keys;
  const auto sent = rd_kafka_producev((*client)->get(), RD_KAFKA_V_TOPIC(topic.c_str()), RD_KAFKA_V_PARTITION(0),
                                      RD_KAFKA_V_KEY(id.data(), id.size()),
                                      RD_KAFKA_V_VALUE(const_cast<char*>(text.data()), text.size()),
                                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_END);
  if (sent != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(**client, cluster_, sent);
  rd_kafka_flush((*client)->get(), kPutTimeoutMs + 1000);
  if (!outcome) outcome = RD_KAFKA_RESP_ERR__TIMED_OUT;
  if (*outcome != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(**client, cluster_, *outcome);
  keys_.emplace(id, Ed25519Key(key));
  return {};
}

}  // namespace hookledger::kafka
