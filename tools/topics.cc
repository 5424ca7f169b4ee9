#include "ingest/kafka/topics.h"

#include <algorithm>
#include <iostream>

#include "ingest/kafka/new_topics.h"
#include "schemas/json.h"
#include "schemas/text.h"
#include "tools/command.h"
#include "tools/kafka_settings.h"
#include "tools/table.h"

namespace hookledger {
namespace {

constexpr std::chrono::seconds kTimeout(5);

std::string retention_text(const kafka::TopicState& topic) {
  if (!topic.deletes) return "the newest of each key";
  std::string text = topic.retention ? format_duration(*topic.retention) : "for ever";
  if (topic.retention_bytes) text += ", " + std::to_string(*topic.retention_bytes) + " bytes";
  return text;
}

std::string cleanup_text(const kafka::TopicState& topic) {
  if (topic.deletes && topic.compacts) return "compact,delete";
  return topic.deletes ? "delete" : "compact";
}

void print_text(const std::vector<kafka::TopicState>& topics, const std::vector<kafka::Weakness>& weaknesses) {
  std::vector<std::vector<std::string>> rows;
  for (const kafka::TopicState& topic : topics) {
    if (topic.partitions == 0) {
      rows.push_back({printable(topic.name), "missing", "", "", "", "", ""});
      continue;
    }
    rows.push_back({printable(topic.name), std::to_string(topic.partitions), std::to_string(topic.replication),
                    std::to_string(topic.min_insync), retention_text(topic), cleanup_text(topic),
                    std::to_string(topic.message_bytes_max)});
  }
  std::cout << render_table({"topic", "partitions", "replication", "min.insync", "keeps", "cleanup", "message bytes"},
                            rows);
  for (const kafka::Weakness& weakness : weaknesses) {
    std::cout << '\n'
              << printable(weakness.topic) << " weakens " << weakness.guarantees << ": " << weakness.what << "\n  "
              << weakness.remedy << '\n';
  }
}

void write_limit(JsonWriter& json, std::string_view name, std::optional<std::uint64_t> value) {
  json.key(name);
  if (value) {
    json.number(*value);
  } else {
    json.null();
  }
}

void print_json(const std::vector<kafka::TopicState>& topics, const std::vector<kafka::Weakness>& weaknesses) {
  for (const kafka::TopicState& topic : topics) {
    const bool exists = topic.partitions != 0;
    const auto known = [&](std::uint64_t value) { return exists ? std::optional(value) : std::nullopt; };
    JsonWriter json;
    json.begin_object();
    json.member("topic", topic.name);
    write_limit(json, "partitions", known(topic.partitions));
    write_limit(json, "replication", known(topic.replication));
    write_limit(json, "min_insync", known(topic.min_insync));
    write_limit(json, "retention_ms",
                topic.deletes && topic.retention ? known(static_cast<std::uint64_t>(topic.retention->count()) / 1000)
                                                 : std::nullopt);
    write_limit(json, "retention_bytes", topic.retention_bytes);
    json.member("cleanup", exists ? cleanup_text(topic) : "");
    write_limit(json, "message_bytes_max", known(topic.message_bytes_max));
    json.key("weaknesses");
    json.begin_array();
    for (const kafka::Weakness& weakness : weaknesses) {
      if (weakness.topic != topic.name) continue;
      json.begin_object();
      json.member("guarantees", weakness.guarantees);
      json.member("what", weakness.what);
      json.member("action", weakness.remedy);
      json.end_object();
    }
    json.end_array();
    json.end_object();
    std::cout << json.view() << '\n';
  }
}

Result<int> show(const Settings& settings, const kafka::Cluster& cluster, const kafka::Demands& demands,
                 Logger& logger) {
  const auto topics = kafka::describe_topics(cluster, kTimeout, logger);
  if (!topics) return topics.error();
  const auto weaknesses = kafka::find_weaknesses(*topics, demands);
  (settings.flag("json") ? print_json : print_text)(*topics, weaknesses);
  std::string missing;
  for (const kafka::TopicState& topic : *topics) {
    if (topic.partitions == 0) missing += (missing.empty() ? "" : ", ") + topic.name;
  }
  if (!missing.empty()) {
    return Error{ErrorCode::kNotFound, "missing on " + cluster.brokers + ": " + missing +
                                           "; hookledger topics --create makes what is missing"};
  }
  return weaknesses.empty() ? kExitDone : kExitFindings;
}

Result<kafka::NewTopics> new_topics(const Settings& settings, const kafka::Demands& demands) {
  constexpr std::uint64_t kPartitionsMax = 1024, kReplicationMax = 100;
  kafka::NewTopics wanted;
  const auto partitions = settings.number("partitions", wanted.partitions, 1, kPartitionsMax);
  if (!partitions) return partitions.error();
  const auto read = [&](const char* name) {
    return settings.number(name, 0, settings.has(name) ? 1 : 0, kReplicationMax);
  };
  const auto replication = read("replication"), min_insync = read("min-insync");
  if (!replication) return replication.error();
  if (!min_insync) return min_insync.error();
  wanted.partitions = static_cast<std::uint32_t>(*partitions);
  wanted.replication = static_cast<std::uint32_t>(*replication);
  wanted.min_insync = static_cast<std::uint32_t>(*min_insync);
  wanted.body_bytes_max = demands.body_bytes_max;
  if (settings.has("retention")) {
    const auto retention = settings.duration("retention", {});
    if (!retention) return retention.error();
    if (*retention < demands.dedup_window) {
      return usage_error("--retention must not be shorter than the dedup window, " +
                         format_duration(demands.dedup_window) + ", within which every event id must be found");
    }
    wanted.retention = *retention;
  }
  return wanted;
}

Result<int> create(const Settings& settings, const kafka::Cluster& cluster, const kafka::NewTopics& wanted,
                   Logger& logger) {
  const auto created = kafka::create_topics(cluster, wanted, kTimeout, logger);
  if (!created) return created.error();
  for (const kafka::TopicState& topic : kafka::topics_of(cluster)) {
    const bool made = std::ranges::find(*created, topic.name) != created->end();
    if (settings.flag("json")) {
      JsonWriter json;
      json.begin_object();
      json.member("topic", topic.name);
      json.key("created");
      json.boolean(made);
      json.end_object();
      std::cout << json.view() << '\n';
    } else {
      std::cout << printable(topic.name) << (made ? ": created" : ": is there already, left as it is") << '\n';
    }
  }
  return kExitDone;
}

Result<int> run(const Settings& settings, const CommandContext&) {
  if (auto checked = expect_positional(settings, 0, ""); !checked) return checked.error();
  const auto cluster = kafka_cluster(settings);
  if (!cluster) return cluster.error();
  kafka::Demands demands;
  const auto window = settings.duration("dedup-window", demands.dedup_window);
  if (!window) return window.error();
  const auto body = settings.bytes("max-body", demands.body_bytes_max, 64 * 1024 * 1024);
  if (!body) return body.error();
  demands = {.dedup_window = *window, .body_bytes_max = *body};
  Logger logger({.level = Logger::Level::kError});  // What librdkafka complains about is part of our errors.
  if (!settings.flag("create")) return show(settings, *cluster, demands, logger);
  const auto wanted = new_topics(settings, demands);
  if (!wanted) return wanted.error();
  return create(settings, *cluster, *wanted, logger);
}

}  // namespace

Command topics_command() {
  std::vector<OptionSpec> options = kafka_options();
  options.insert(
      options.end(),
      {{"create", "", "make the topics that are missing; those that are there are left\nas they are"},
       {"partitions", "N",
        "of events, calls and findings; default 8. Fixed for ever: a call\nfinds its partition by it"},
       {"replication", "N", "replicas of each partition; default 3, or the number of brokers\nwhen those are fewer"},
       {"min-insync", "N",
        "replicas that must have a record before it is acknowledged; default\none less than there are, at least 1"},
       {"retention", "DURATION", "of the events; default: for ever. Not shorter than the dedup window"},
       {"dedup-window", "DURATION", "of the sinks; default 72h"},
       {"max-body", "BYTES", "of the sinks; default 1MiB"}});
  return {"topics",
          "",
          "The topics of a log on Kafka: make them, or say which settings weaken a guarantee",
          "Without --create: the settings of each topic, and below them what weakens a guarantee and what to do. Ends "
          "with 3\n"
          "if something does, with 1 if a topic is missing.\n\n"
          "  hookledger topics --create --kafka-brokers kafka-1:9092,kafka-2:9092 --partitions 32\n"
          "  hookledger topics --kafka-brokers kafka-1:9092 --json | jq .weaknesses\n",
          options,
          run};
}

}  // namespace hookledger
