#include "tools/kafka_settings.h"

#include <algorithm>
#include <array>
#include <fstream>

#include "schemas/text.h"
#include "tools/command.h"

namespace hookledger {
namespace {

constexpr std::array<std::string_view, 6> kSecrets{"sasl.oauthbearer.config",        "sasl.password",
                                                   "sasl.oauthbearer.client.secret", "ssl.key.password",
                                                   "ssl.keystore.password",          "ssl.key.pem"};

/// What the program's promises rest on.
constexpr std::array<std::string_view, 16> kReserved{"bootstrap.servers",
                                                     "metadata.broker.list",
                                                     "acks",
                                                     "request.required.acks",
                                                     "enable.idempotence",
                                                     "enable.gapless.guarantee",
                                                     "transactional.id",
                                                     "message.timeout.ms",
                                                     "delivery.timeout.ms",
                                                     "isolation.level",
                                                     "group.id",
                                                     "group.instance.id",
                                                     "enable.auto.commit",
                                                     "auto.offset.reset",
                                                     "check.crcs",
                                                     "partition.assignment.strategy"};

Result<std::string> read_secret(const std::string& name, const std::string& path) {
  std::ifstream file(path);
  std::string secret{std::istreambuf_iterator<char>(file), {}};
  if (!file) return usage_error("--kafka " + name + ": file " + printable(path) + " cannot be read");
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
  if (secret.empty()) return usage_error("--kafka " + name + ": file " + printable(path) + " is empty");
  return secret;
}

Result<std::pair<std::string, std::string>> read_property(const std::string& text, bool on_command_line) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    return usage_error("--kafka '" + printable(text) + "': give KEY=VALUE, such as security.protocol=SASL_SSL");
  }
  const std::string name = text.substr(0, equals), value = text.substr(equals + 1);
  if (std::ranges::find(kReserved, name) != kReserved.end()) {
    return usage_error("--kafka " + name + ": the program sets it itself, because its promises rest on it" +
                       (name == "bootstrap.servers" ? ": give --kafka-brokers" : ""));
  }
  if (name == "session.timeout.ms") return usage_error("--kafka " + name + ": give --session-timeout of project");
  const bool secret = std::ranges::find(kSecrets, name) != kSecrets.end();
  if (secret && value.starts_with('@')) {
    auto read = read_secret(name, value.substr(1));
    if (!read) return read.error();
    return std::pair(name, std::move(*read));
  }
  if (secret && on_command_line) {
    return usage_error("--kafka " + name +
                       ": a secret does not belong on the command line, where others can read it: "
                       "give --kafka " +
                       name + "=@FILE, or put it into the config file");
  }
  return std::pair(name, value);
}

}  // namespace

std::vector<OptionSpec> kafka_options() {
  return {{"kafka-brokers", "LIST", "the log is on these Apache Kafka brokers: HOST:PORT, comma separated"},
          {"topic", "NAME",
           "of the records; default hookledger.events. Its family (hookledger.)\n"
           "also names the topics calls, findings, keys and owners"},
          {"kafka", "KEY=VALUE",
           "a property of librdkafka, such as security.protocol=SASL_SSL; may\nrepeat. Secrets as sasl.password=@FILE",
           true}};
}

bool on_kafka(const Settings& settings) { return settings.has("kafka-brokers"); }

Result<kafka::Cluster> kafka_cluster(const Settings& settings) {
  kafka::Cluster cluster;
  cluster.brokers = settings.text("kafka-brokers");
  if (cluster.brokers.empty()) return usage_error("give --kafka-brokers HOST:PORT[,HOST:PORT…]");
  cluster.topic = settings.text("topic", cluster.topic);
  for (const std::string& text : settings.texts("kafka")) {
    auto property = read_property(text, settings.on_command_line("kafka"));
    if (!property) return property.error();
    cluster.properties.push_back(std::move(*property));
  }
  return cluster;
}

}  // namespace hookledger
