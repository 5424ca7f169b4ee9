#include "ingest/kafka/transactions.h"

#include "ingest/kafka/offset_list.h"

namespace hookledger::kafka {
namespace {

constexpr int kAttemptMs = 2000, kAttemptsMax = 2;

using GroupMetadata =
    std::unique_ptr<rd_kafka_consumer_group_metadata_t, Destroyer<rd_kafka_consumer_group_metadata_destroy>>;

/// A dead process's open transaction hides what others commit after it, until the brokers give it up.
Properties producer_properties(const std::string& id) {
  return {{"transactional.id", id}, {"transaction.timeout.ms", "10000"}, {"linger.ms", "5"}};
}

bool took_our_place(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED ||
         code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH;
}

}  // namespace

Transactions::Transactions(Cluster cluster, const ConsumerGroup& group, std::string_view instance, Logger& logger)
    : cluster_(std::move(cluster)),
      group_(group),
      id_(group.names().group + "." + std::string(instance)),
      logger_(logger) {}

Transactions::~Transactions() { abort(); }

/// Repeats what the brokers could not do in time; after what cannot be mended there is no producer any more.
template <class Operation>
Result<void> Transactions::attempt(const Operation& operation) {
  for (int attempts = 1;; ++attempts) {
    const ErrorHandle error(operation());
    rd_kafka_poll(producer_->get(), 0);  // Brings the complaints.
    if (!error) return {};
    if (rd_kafka_error_is_retriable(error.get()) && !rd_kafka_error_txn_requires_abort(error.get()) &&
        attempts < kAttemptsMax) {
      continue;
    }
    const auto code = rd_kafka_error_code(error.get());
    if (producer_->refused()) return unreachable(*producer_, cluster_, code);
    Error failure{ErrorCode::kUnavailable,
                  std::string("the transaction failed: ") + rd_kafka_error_string(error.get())};
    if (took_our_place(code)) {
      failure = {ErrorCode::kInUse, "another process publishes as " + id_ + ": give each its own --instance"};
    }
    if (rd_kafka_error_is_fatal(error.get())) {
      producer_.reset();
      begun_ = false;
    }
    return failure;
  }
}

Result<void> Transactions::begin() {
  if (!producer_) {
    auto made = Client::make(RD_KAFKA_PRODUCER, cluster_, producer_properties(id_), logger_);
    if (!made) return made.error();
    producer_ = std::move(*made);
    if (const auto ready = attempt([&] { return rd_kafka_init_transactions(producer_->get(), kAttemptMs); }); !ready) {
      producer_.reset();
      return ready;
    }
  }
  const auto began = attempt([&] { return rd_kafka_begin_transaction(producer_->get()); });
  begun_ = began.has_value();
  return began;
}

Result<void> Transactions::send(const std::string& topic, std::uint32_t partition, std::string_view key,
                                std::optional<std::string_view> value) {
  require(begun_, "send without begin");
  auto* const bytes = const_cast<char*>(value ? value->data() : nullptr);
  const std::size_t size = value ? value->size() : 0;
  const auto code = rd_kafka_producev(producer_->get(), RD_KAFKA_V_TOPIC(topic.c_str()),
                                      RD_KAFKA_V_PARTITION(static_cast<std::int32_t>(partition)),
                                      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(key.data(), key.size()),
                                      RD_KAFKA_V_VALUE(bytes, size), RD_KAFKA_V_END);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    return Error{ErrorCode::kInvalid, "a message of " + std::to_string(size) + " bytes is too large for topic " +
                                          topic + ": raise its max.message.bytes and --kafka message.max.bytes"};
  }
  return Error{ErrorCode::kUnavailable, "cannot send to topic " + topic + ": " + rd_kafka_err2str(code)};
}

Result<void> Transactions::commit(const ProgressByPartition& progress) {
  require(begun_, "commit without begin");
  const PartitionList offsets = offset_list(group_.names().events, progress);
  const GroupMetadata member(rd_kafka_consumer_group_metadata(group_.client()->get()));
  if (const auto added = attempt([&] {
        return rd_kafka_send_offsets_to_transaction(producer_->get(), offsets.get(), member.get(), kAttemptMs);
      });
      !added) {
    return added;
  }
  const auto committed = attempt([&] { return rd_kafka_commit_transaction(producer_->get(), kAttemptMs); });
  if (committed) begun_ = false;
  return committed;
}

void Transactions::abort() {
  if (!begun_) return;
  begun_ = false;
  if (!attempt([&] { return rd_kafka_abort_transaction(producer_->get(), kAttemptMs); })) producer_.reset();
}

}  // namespace hookledger::kafka
