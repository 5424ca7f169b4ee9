#pragma once

#include <cstdint>
#include <unordered_set>

#include "replay/redelivery/offset_set.h"

namespace hookledger {

/// What of a partition is delivered, and what is read next. Two lanes read it: the live one keeps to the end, so that
/// new records do not wait for old ones; when it cannot keep up, or an application is back, it jumps to the end, and
/// what it leaves behind is the backlog of the other. Every record in front of `live` and not in the backlog is done or
/// under way. Pure.
class Lanes {
 public:
  /// `done`: what need not be delivered any more.
  explicit Lanes(OffsetSet done) : done_(std::move(done)) { live_ = backlog_ = backlog_end_ = done_.next_missing(0); }

  /// Where the lanes read next.
  std::uint64_t live() const { return done_.next_missing(live_); }
  std::uint64_t backlog() const { return std::min(done_.next_missing(backlog_), backlog_end_); }
  std::uint64_t backlog_end() const { return backlog_end_; }
  bool has_backlog() const { return backlog() < backlog_end_; }

  /// A lane has read [from, next): what is there and not under way is done.
  void live_read(std::uint64_t next) { live_ = std::max(live_, next); }
  void backlog_read(std::uint64_t next) { backlog_ = std::max(backlog_, next); }
  /// The live lane leaves all below `end` behind.
  void jump(std::uint64_t end) {
    if (!has_backlog()) backlog_ = live_;
    backlog_end_ = live_ = std::max(live_, end);
  }

  /// Is the record neither done nor under way?
  bool needs(std::uint64_t offset) const { return !under_way_.contains(offset) && !done_.contains(offset); }
  void begin(std::uint64_t offset) { under_way_.insert(offset); }
  void finish(std::uint64_t offset) {
    under_way_.erase(offset);
    done_.add(offset);
  }
  /// There is nothing to deliver in the range.
  void skip(OffsetRange range) { done_.add(range); }

  /// One past the last record below which all is done.
  std::uint64_t position() const { return done_.next_missing(0); }
  std::uint64_t undelivered(std::uint64_t end) const { return end - std::min(end, done_.size()); }
  OffsetSet& done() { return done_; }
  const OffsetSet& done() const { return done_; }

 private:
  OffsetSet done_;
  std::unordered_set<std::uint64_t> under_way_;
  std::uint64_t live_ = 0, backlog_ = 0, backlog_end_ = 0;
};

}  // namespace hookledger
