#include "ingest/kafka/consumer_group.h"

#include <array>

#include "ingest/kafka/offset_list.h"

namespace hookledger::kafka {
namespace {

constexpr std::chrono::milliseconds kPoll{100};
constexpr int kCommittedMs = 2000;

Properties group_properties(const ConsumerGroupOptions& options, const TopicNames& names) {
  return {{"group.id", names.group},
          {"group.instance.id", options.instance},
          {"partition.assignment.strategy", "cooperative-sticky"},
          {"session.timeout.ms", std::to_string(options.session_timeout.count())},
          {"heartbeat.interval.ms", std::to_string(options.session_timeout.count() / 5)},
          {"enable.auto.commit", "false"},
          {"auto.offset.reset", "earliest"},
          {"queued.min.messages", "1"},
          {"queued.max.messages.kbytes", "1"}};
}

std::vector<std::uint32_t> numbers(const rd_kafka_topic_partition_list_t& list) {
  std::vector<std::uint32_t> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back(static_cast<std::uint32_t>(list.elems[i].partition));
  return partitions;
}

bool has_joined(const Client& client) {
  const std::unique_ptr<char, decltype([](char* id) { rd_kafka_mem_free(nullptr, id); })> id(
      rd_kafka_memberid(client.get()));
  return id && *id != '\0';
}

}  // namespace

Result<std::unique_ptr<ConsumerGroup>> ConsumerGroup::join(const ConsumerGroupOptions& options,
                                                           PartitionObserver& observer, Logger& logger) {
  std::unique_ptr<ConsumerGroup> group(new ConsumerGroup(options, observer, logger));
  if (auto connected = group->connect(); !connected) return connected.error();
  group->thread_ = std::thread([self = group.get()] { self->work(); });
  return group;
}

ConsumerGroup::ConsumerGroup(const ConsumerGroupOptions& options, PartitionObserver& observer, Logger& logger)
    : options_(options), names_(topic_names(options.cluster.topic)), observer_(observer), logger_(logger) {}

Result<void> ConsumerGroup::connect() {
  auto client = Client::make(
      RD_KAFKA_CONSUMER, options_.cluster, group_properties(options_, names_), logger_,
      {.delivered = {}, .rebalance = [this](auto event, auto* partitions) { rebalance(event, partitions); }});
  if (!client) return client.error();
  rd_kafka_poll_set_consumer((*client)->get());
  const PartitionList topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), names_.events.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe((*client)->get(), topics.get()); code != 0) {
    return unreachable(**client, options_.cluster, code);
  }
  const std::lock_guard lock(mutex_);
  client_ = std::move(*client);
  return {};
}

ConsumerGroup::~ConsumerGroup() { stop(); }

void ConsumerGroup::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

void ConsumerGroup::work() {
  while (!stopping_) {
    poll_once();
    if (put_out_) join_again();
  }
  rd_kafka_consumer_close(client_->get());  // A static member does not leave by closing.
}

void ConsumerGroup::join_again() {
  const auto at = std::chrono::steady_clock::now() + options_.session_timeout;
  while (!stopping_ && std::chrono::steady_clock::now() < at) std::this_thread::sleep_for(kPoll);
  if (stopping_) return;
  rd_kafka_consumer_close(client_->get());
  logger_.info("joining the group again", {{"group", names_.group}, {"instance", options_.instance}});
  if (const auto connected = connect(); !connected) return fail(connected.error().detail);
  put_out_ = false;
  fail({});
}

void ConsumerGroup::poll_once() {
  const MessageHandle message(rd_kafka_consumer_poll(client_->get(), kPoll.count()));
  if (!message || message->err == RD_KAFKA_RESP_ERR_NO_ERROR) return;
  if (message->err != RD_KAFKA_RESP_ERR__FATAL) {
    return fail("the group " + names_.group + ": " + rd_kafka_message_errstr(message.get()));
  }
  std::array<char, 256> why{};
  const auto code = rd_kafka_fatal_error(client_->get(), why.data(), why.size());
  fail(code == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID
           ? "somebody has joined the group " + names_.group + " as " + options_.instance +
                 " and has our partitions: give each process its own --instance. Joining again by and by"
           : "the group " + names_.group + " cannot go on: " + why.data() + "; joining again by and by");
  put_out_ = true;
  let_go({held_.begin(), held_.end()});
}

void ConsumerGroup::rebalance(int event, void* list) {
  auto& partitions = *static_cast<rd_kafka_topic_partition_list_t*>(list);
  ErrorHandle error;
  if (event == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    // Nothing is to be fetched: they start behind what is there, and paused.
    for (int i = 0; i < partitions.cnt; ++i) partitions.elems[i].offset = RD_KAFKA_OFFSET_END;
    error.reset(rd_kafka_incremental_assign(client_->get(), &partitions));
    rd_kafka_pause_partitions(client_->get(), &partitions);
    fail({});
    const auto assigned = numbers(partitions);
    held_.insert(assigned.begin(), assigned.end());
    logger_.info("partitions assigned",
                 {{"new", std::to_string(assigned.size())}, {"all", std::to_string(held_.size())}});
    observer_.assigned(assigned);
  } else {
    if (rd_kafka_assignment_lost(client_->get())) {
      logger_.warning("the group has put us out", {{"group", names_.group}, {"instance", options_.instance}});
    }
    let_go(numbers(partitions));
    error.reset(rd_kafka_incremental_unassign(client_->get(), &partitions));
  }
  if (error) fail("the group " + names_.group + ": " + rd_kafka_error_string(error.get()));
}

void ConsumerGroup::let_go(std::vector<std::uint32_t> partitions) {
  std::erase_if(partitions, [&](std::uint32_t partition) { return held_.erase(partition) == 0; });
  if (partitions.empty()) return;
  observer_.revoked(partitions);
  logger_.info("partitions revoked",
               {{"gone", std::to_string(partitions.size())}, {"all", std::to_string(held_.size())}});
}

void ConsumerGroup::fail(std::string reason) {
  const std::lock_guard lock(mutex_);
  if (!reason.empty() && reason != failure_) logger_.error("not well in the group", {{"error", reason}});
  failure_ = std::move(reason);
}

std::shared_ptr<const Client> ConsumerGroup::client() const {
  const std::lock_guard lock(mutex_);
  return client_;
}

std::optional<std::string> ConsumerGroup::not_ready() const {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) return failure_;
  }
  const auto current = client();
  if (has_joined(*current)) return std::nullopt;
  const std::string why = current->complaint();
  return "the group " + names_.group + " is not joined yet" + (why.empty() ? "" : ": " + why);
}

Result<std::optional<Progress>> ConsumerGroup::committed(std::uint32_t partition) const {
  const PartitionList list = offset_list(names_.events, {{partition, {}}});
  const auto current = client();
  const auto code = first_failure(rd_kafka_committed(current->get(), list.get(), kCommittedMs), *list);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return unreachable(*current, options_.cluster, code);
  return progress_at(list->elems[0]);
}

}  // namespace hookledger::kafka
