#include "ingest/kafka/record_appender.h"

#include <algorithm>

namespace hookledger::kafka {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGiveUp{5000}, kPollWait{100};

/// What became of one record.
struct Sent {
  Place place;
  bool reported = false;
  bool is_final = false;                                            ///< Failed, and would fail again.
  std::string failure = "the brokers did not acknowledge in time";  ///< Empty once it is appended.

  void report(rd_kafka_resp_err_t code, std::uint64_t offset) {
    reported = true;
    is_final = hookledger::kafka::is_final(code);
    place.offset = offset;
    failure = code == RD_KAFKA_RESP_ERR_NO_ERROR ? "" : rd_kafka_err2str(code);
  }
};

}  // namespace

Result<std::unique_ptr<RecordAppender>> RecordAppender::make(Parts parts) {
  std::unique_ptr<RecordAppender> appender(new RecordAppender(parts));
  if (auto connected = appender->connect(); !connected) return connected.error();
  return appender;
}

Result<void> RecordAppender::connect() {
  auto producer = RecordProducer::make(parts_.cluster, kGiveUp, parts_.logger,
                                       [](void* opaque, rd_kafka_resp_err_t code, std::uint64_t offset) {
                                         static_cast<Sent*>(opaque)->report(code, offset);
                                       });
  if (!producer) return producer.error();
  producer_ = std::move(*producer);
  return {};
}

std::vector<Result<Appended>> RecordAppender::append(const std::vector<Append>& appends) {
  const std::lock_guard lock(mutex_);
  if (!producer_) {
    if (auto connected = connect(); !connected) return std::vector<Result<Appended>>(appends.size(), connected.error());
  }
  std::vector<Sent> all(appends.size());  // The client points into it until it has reported each.
  const Time now = parts_.clock.wall();
  for (std::size_t i = 0; i < appends.size(); ++i) {
    all[i].place.partition = appends[i].partition;
    const auto code = producer_->send(decode_record(appends[i].record).value(), appends[i].partition, now, &all[i]);
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) all[i].report(code, 0);
  }
  while (!producer_->broken() && !std::ranges::all_of(all, &Sent::reported)) producer_->poll(kPollWait);
  if (const auto why = producer_->broken()) {
    parts_.logger.error("the producer failed for good and is replaced", {{"reason", *why}});
    producer_->give_up_all(milliseconds(0));
    producer_.reset();  // While `all` is there, into which it points.
  }
  std::vector<Result<Appended>> results;
  for (const Sent& sent : all) {
    if (sent.failure.empty()) {
      results.push_back(Appended{sent.place});
    } else {
      results.push_back(Error{sent.is_final ? ErrorCode::kInvalid : ErrorCode::kUnavailable,
                              "the brokers did not take a record: " + sent.failure});
    }
  }
  return results;
}

}  // namespace hookledger::kafka
