#include "replay/redelivery/record_walk.h"

#include <algorithm>
#include <tuple>

#include "replay/presentation.h"

namespace hookledger {

/// One partition's part of the walk.
class RecordWalk::Lane {
 public:
  Lane(const LogReader& log, Part part) : log_(log), part_(std::move(part)), at_(part_.done.next_missing(0)) {}

  /// To the next selected record; false at the end.
  Result<bool> next(const Selects& selects, const Passed& passed, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto more = part_.offsets ? read_next() : scan_next();
      if (!more) return Error{more.error().code, where(more.error().detail)};
      if (!*more) {
        pass(passed, part_.end);
        return false;
      }
      if (part_.done.contains(place_.offset)) continue;
      auto record = decode_record(bytes());
      if (!record) return Error{record.error().code, "record " + format_place(place_) + ": " + record.error().detail};
      if (!selects(*record)) continue;
      record_ = *record;
      pass(passed, place_.offset);
      at_ = place_.offset + 1;
      return true;
    }
    return false;
  }

  Place place() const { return place_; }
  const RecordView& record() const { return record_; }
  std::string_view bytes() const { return part_.offsets ? std::string_view(stored_.bytes) : cursor_->bytes(); }

  bool comes_before(const Lane& other) const {
    return std::tie(record_.received_at, place_) < std::tie(other.record_.received_at, other.place_);
  }

 private:
  std::string where(const std::string& detail) const {
    return "partition " + std::to_string(part_.partition) + ": " + detail;
  }

  Result<bool> scan_next() {
    if (!cursor_) cursor_ = log_.scan(part_.partition, at_);
    const auto more = cursor_->next();
    if (!more || !*more || cursor_->place().offset >= part_.end) return more ? Result<bool>(false) : more;
    place_ = cursor_->place();
    return true;
  }

  /// What retention removed meanwhile is passed over.
  Result<bool> read_next() {
    while (next_offset_ < part_.offsets->size()) {
      const Place place{part_.partition, (*part_.offsets)[next_offset_++]};
      if (place.offset >= part_.end) return false;
      auto stored = log_.read(place);
      if (!stored && stored.error().code == ErrorCode::kNotFound) continue;
      if (!stored) return stored.error();
      stored_ = std::move(*stored);
      place_ = place;
      return true;
    }
    return false;
  }

  void pass(const Passed& passed, std::uint64_t up_to) const {
    if (passed && at_ < up_to) passed(part_.partition, {at_, up_to});
  }

  const LogReader& log_;
  const Part part_;
  std::uint64_t at_;  ///< What stands below is done, selected or passed.
  std::unique_ptr<LogCursor> cursor_;
  std::size_t next_offset_ = 0;
  StoredRecord stored_;
  Place place_;
  RecordView record_;
};

RecordWalk::RecordWalk(const LogReader& log, std::vector<Part> parts, Selects selects, Passed passed,
                       std::stop_token stop)
    : selects_(std::move(selects)), passed_(std::move(passed)), stop_(std::move(stop)) {
  for (Part& part : parts) lanes_.push_back(std::make_unique<Lane>(log, std::move(part)));
}

RecordWalk::~RecordWalk() = default;

Result<bool> RecordWalk::next() {
  const auto later = [](const auto& a, const auto& b) { return b->comes_before(*a); };
  std::vector<std::unique_ptr<Lane>> moving;
  if (!begun_) {
    moving.swap(lanes_);
  } else if (!lanes_.empty()) {
    std::pop_heap(lanes_.begin(), lanes_.end(), later);
    moving.push_back(std::move(lanes_.back()));
    lanes_.pop_back();
  }
  begun_ = true;
  for (auto& lane : moving) {
    const auto more = lane->next(selects_, passed_, stop_);
    if (!more) return more.error();
    if (!*more) continue;
    lanes_.push_back(std::move(lane));
    std::push_heap(lanes_.begin(), lanes_.end(), later);
  }
  return !lanes_.empty() && !stop_.stop_requested();
}

Place RecordWalk::place() const { return lanes_.front()->place(); }
const RecordView& RecordWalk::record() const { return lanes_.front()->record(); }
std::string_view RecordWalk::bytes() const { return lanes_.front()->bytes(); }

}  // namespace hookledger
