#include "replay/redelivery/plan.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

namespace hookledger {

namespace {

class Count {
 public:
  void add(const RecordView& record) {
    ++plan_.records;
    plan_.body_bytes += record.body.size();
    plan_.first = std::min(plan_.first.value_or(record.received_at), record.received_at);
    plan_.last = std::max(plan_.last.value_or(record.received_at), record.received_at);
    add_type(record.type);
    if (record.in_call) add_call(record.key);
  }

  RedeliveryPlan take() { return std::move(plan_); }

 private:
  void add_type(std::string_view type) {
    if (const auto known = plan_.types.find(type); known != plan_.types.end()) {
      ++known->second;
    } else if (plan_.types.size() < RedeliveryPlan::kTypesMax) {
      plan_.types.emplace(type, 1);
    } else {
      ++plan_.other_types;
    }
  }

  void add_call(std::string_view id) {
    const std::size_t call = std::hash<std::string_view>()(id);
    if (calls_.size() < RedeliveryPlan::kCallsMax) {
      calls_.insert(call);
    } else if (!calls_.contains(call)) {
      plan_.more_calls = true;
    }
    plan_.calls = calls_.size();
  }

  RedeliveryPlan plan_;
  std::unordered_set<std::size_t> calls_;  ///< Hashes of ids.
};

std::uint64_t records_at_most(const std::vector<RecordWalk::Part>& what) {
  std::uint64_t records = 0;
  for (const RecordWalk::Part& part : what) {
    const std::uint64_t position = std::min(part.done.next_missing(0), part.end);
    records += part.offsets ? part.offsets->size() : part.end - position;
  }
  return records;
}

}  // namespace

Result<RedeliveryPlan> make_plan(const LogReader& log, std::vector<RecordWalk::Part> what, const Selection& selection,
                                 const std::function<void(const FoldProgress&)>& progress, std::stop_token stop) {
  FoldProgress looked{.done = 0, .total = records_at_most(what)};
  const auto looks_at = [&](const RecordView& record) {
    ++looked.done;
    if (progress) progress(looked);
    return selects(selection, record);
  };
  RecordWalk walk(log, std::move(what), looks_at, {}, std::move(stop));
  Count count;
  while (true) {
    const auto more = walk.next();
    if (!more) return more.error();
    if (!*more) return count.take();
    count.add(walk.record());
  }
}

std::optional<Duration> time_needed(const RedeliveryPlan& plan, const RedeliveryPace& pace) {
  if (plan.records == 0) return Duration(0);
  double seconds = 0;
  if (pace.speed) {
    seconds = std::chrono::duration<double>(*plan.last - *plan.first).count() / *pace.speed;
  } else if (pace.rate > 0) {
    seconds = static_cast<double>(plan.records) / pace.rate;
  } else {
    return std::nullopt;
  }
  constexpr double kSecondsMax = 1e12;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::min(seconds, kSecondsMax)));
}

}  // namespace hookledger
