#include "ingest/kafka/client.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace hookledger::kafka {
namespace {

constexpr int kSyslogError = 3;
constexpr int kAttempts = 10;
constexpr std::chrono::milliseconds kAttemptPause(100);

using Conf = std::unique_ptr<rd_kafka_conf_t, Destroyer<rd_kafka_conf_destroy>>;

Result<void> set(rd_kafka_conf_t* conf, const std::string& name, const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(), why.size()) == RD_KAFKA_CONF_OK) return {};
  return Error{ErrorCode::kUsage, "--kafka " + name + ": " + why.data()};  // The value may be a secret.
}

bool is_refusal(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL ||
         code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED ||
         code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

/// Brokers from 4.0 refuse the nonce that librdkafka before 2.6.1 sends in a SCRAM exchange.
bool cannot_scram(const Cluster& cluster) {
  constexpr int kNonceMended = 0x020601ff;
  if (rd_kafka_version() >= kNonceMended) return false;
  return std::ranges::any_of(cluster.properties, [](const auto& property) {
    return property.first.starts_with("sasl.mechanism") && property.second.starts_with("SCRAM");
  });
}

}  // namespace

Client::Client(Logger& logger, ClientCallbacks callbacks) : logger_(logger), callbacks_(std::move(callbacks)) {}

Client::~Client() {
  if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

Result<std::unique_ptr<Client>> Client::make(rd_kafka_type_t type, const Cluster& cluster, const Properties& own,
                                             Logger& logger, ClientCallbacks callbacks) {
  std::unique_ptr<Client> client(new Client(logger, std::move(callbacks)));
  Conf conf(rd_kafka_conf_new());
  Properties properties{{"bootstrap.servers", cluster.brokers},
                        {"client.id", "hookledger"},
                        {"reconnect.backoff.max.ms", "1000"},
                        {"topic.metadata.refresh.interval.ms", "10000"}};
  properties.insert(properties.end(), cluster.properties.begin(), cluster.properties.end());
  properties.insert(properties.end(), own.begin(), own.end());
  for (const auto& [name, value] : properties) {
    if (auto done = set(conf.get(), name, value); !done) return done.error();
  }
  rd_kafka_conf_set_opaque(conf.get(), client.get());
  rd_kafka_conf_set_error_cb(conf.get(), on_error);
  rd_kafka_conf_set_log_cb(conf.get(), on_log);
  if (client->callbacks_.delivered) rd_kafka_conf_set_dr_msg_cb(conf.get(), on_delivered);
  if (client->callbacks_.rebalance) rd_kafka_conf_set_rebalance_cb(conf.get(), on_rebalance);
  std::array<char, 512> why{};
  client->handle_ = rd_kafka_new(type, conf.get(), why.data(), why.size());
  if (client->handle_ == nullptr) return Error{ErrorCode::kUsage, std::string("the --kafka options: ") + why.data()};
  (void)conf.release();  // The instance has it now.
  return client;
}

std::string Client::complaint() const {
  const std::lock_guard lock(mutex_);
  return complaint_;
}

bool Client::refused() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

void Client::on_error(rd_kafka_t*, int code, const char* reason, void* self) {
  Client& client = *static_cast<Client*>(self);
  const std::lock_guard lock(client.mutex_);
  if (const bool refusal = is_refusal(static_cast<rd_kafka_resp_err_t>(code)); refusal || !client.refused_) {
    client.refused_ = refusal;
    client.complaint_ = reason;
  }
}

void Client::on_log(const rd_kafka_t* handle, int level, const char* facility, const char* text) {
  const Client& client = *static_cast<Client*>(rd_kafka_opaque(handle));
  const auto ours = level <= kSyslogError ? Logger::Level::kInfo : Logger::Level::kDebug;
  client.logger_.log(ours, "kafka client", {{"what", facility}, {"detail", text}});
}

void Client::on_delivered(rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
  static_cast<Client*>(self)->callbacks_.delivered(*message);
}

void Client::on_rebalance(rd_kafka_t*, rd_kafka_resp_err_t event, rd_kafka_topic_partition_list_t* partitions,
                          void* self) {
  static_cast<Client*>(self)->callbacks_.rebalance(event, partitions);
}

Error unreachable(const Client& client, const Cluster& cluster, rd_kafka_resp_err_t code) {
  if (client.refused() || is_refusal(code)) {
    const std::string why = client.complaint();
    const std::string remedy =
        cannot_scram(cluster) ? std::string("; brokers from 4.0 refuse SCRAM from librdkafka before 2.6.1, this is ") +
                                    rd_kafka_version_str() + ": take a newer one, or sasl.mechanisms=PLAIN over TLS"
                              : "; check the security.*, sasl.* and ssl.* values of --kafka";
    return {ErrorCode::kUsage,
            "the brokers " + cluster.brokers + " refuse us: " + (why.empty() ? rd_kafka_err2str(code) : why) + remedy};
  }
  std::string why = client.complaint();
  if (why.empty()) why = rd_kafka_err2str(code);
  return {ErrorCode::kUnavailable,
          "the brokers " + cluster.brokers + " cannot be reached: " + why + "; check --kafka-brokers and the network"};
}

Result<std::uint32_t> partition_count(const Client& client, const Cluster& cluster, const std::string& topic,
                                      int timeout_ms) {
  const TopicHandle handle(rd_kafka_topic_new(client.get(), topic.c_str(), nullptr));
  // Brokers hear of a new topic one after the other.
  for (int attempt = 1;; ++attempt) {
    const rd_kafka_metadata_t* metadata = nullptr;
    const auto code = rd_kafka_metadata(client.get(), 0, handle.get(), &metadata, timeout_ms);
    rd_kafka_poll(client.get(), 0);  // Brings the complaints.
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(client, cluster, code);
    const std::unique_ptr<const rd_kafka_metadata_t, Destroyer<rd_kafka_metadata_destroy>> owner(metadata);
    const auto topic_error = metadata->topics[0].err;
    if (topic_error == RD_KAFKA_RESP_ERR_NO_ERROR) return static_cast<std::uint32_t>(metadata->topics[0].partition_cnt);
    if (is_refusal(topic_error)) return unreachable(client, cluster, topic_error);
    if (attempt == kAttempts && topic_error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
      return Error{ErrorCode::kUnavailable, "topic " + topic + " has no leader now: try again"};
    if (attempt == kAttempts) {
      return Error{ErrorCode::kNotFound,
                   "there is no topic " + topic + " on " + cluster.brokers +
                       ": run hookledger topics --create with the same --kafka-brokers and --topic"};
    }
    std::this_thread::sleep_for(kAttemptPause);
  }
}

}  // namespace hookledger::kafka
