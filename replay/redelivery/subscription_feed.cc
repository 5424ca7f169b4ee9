#include "replay/redelivery/subscription_feed.h"

#include <algorithm>
#include <utility>

#include "projector/fold.h"
#include "replay/presentation.h"
#include "replay/redelivery/lag_note.h"

namespace hookledger {
namespace {

/// Bounds of what is read at once.
constexpr std::size_t kRecordsMax = 256, kBytesMax = 4 << 20;
/// Room is used once there is so much of it: to read one record costs as much as to read many.
constexpr std::size_t kRoomShare = 4;
/// A partition that could not be read is left alone for so long.
constexpr std::chrono::seconds kTroubleWait{1};

}  // namespace

struct SubscriptionFeed::Course {
  std::uint32_t partition;
  Lanes lanes;
  std::uint64_t end = 0;           ///< Of the log, when it was last asked for.
  std::optional<Error> trouble{};  ///< Since the last attempt, and when there is another:
  std::chrono::steady_clock::time_point retry_at{};
  std::optional<std::uint64_t> oldest_at{};  ///< The position that `oldest` is of.
  std::optional<Time> oldest{};
};

struct SubscriptionFeed::Batch {
  struct Record {
    std::uint64_t offset;
    std::string bytes;
  };
  std::vector<Record> records;
  OffsetRange range;  ///< That was read, or more: what is missing in it does not exist.
};

SubscriptionFeed::SubscriptionFeed(Options options, Parts parts, const std::vector<std::uint32_t>& partitions,
                                   std::unique_ptr<SubscriptionBook> book)
    : options_(std::move(options)),
      parts_(parts),
      book_(std::move(book)),
      letters_({parts.log, parts.dispatcher, parts.clock, *book_}, partitions),
      returns_(parts.dispatcher.health().returns) {}

SubscriptionFeed::~SubscriptionFeed() = default;

Result<std::unique_ptr<SubscriptionFeed>> SubscriptionFeed::open(Options options, Parts parts,
                                                                 const std::vector<std::uint32_t>& partitions,
                                                                 std::unique_ptr<SubscriptionBook> book,
                                                                 const SubscriptionPlaces::ByPartition& known) {
  std::unique_ptr<SubscriptionFeed> feed(new SubscriptionFeed(std::move(options), parts, partitions, std::move(book)));
  for (const std::uint32_t partition : partitions) {
    const auto at = known.find(partition);
    if (auto begun = feed->begin(partition, at == known.end() ? nullptr : &at->second); !begun) return begun.error();
  }
  if (auto saved = feed->save(); !saved) return saved.error();
  return feed;
}

Result<void> SubscriptionFeed::begin(std::uint32_t partition, const OffsetSet* known) {
  auto done = book_->done(partition);
  if (!done) return done.error();
  const auto end = parts_.log.ask_end(partition);
  if (!end) return end.error();
  OffsetSet set = *done ? std::move(**done) : OffsetSet();
  if (known != nullptr) {
    for (const auto& [first, last] : known->ranges()) set.add({first, last});
  } else if (!*done && !options_.from_start) {
    set.add({0, *end});
  }
  set.cut(*end);               // Of a log that is older than the book, what comes is new.
  if (set.ranges().empty()) {  // That it has begun is to be known.
    book_->note(partition, set.take_changes());
    book_->note(partition, {{0, 0}});
  }
  auto course = std::make_unique<Course>(Course{partition, Lanes(std::move(set)), *end});
  if (*end - std::min(*end, course->lanes.live()) > options_.behind_max) course->lanes.jump(*end);
  courses_[partition] = std::move(course);
  return {};
}

Result<bool> SubscriptionFeed::step(bool look) {
  leave_behind_what_waited();
  bool busy = false;
  std::optional<Error> failure;
  for (auto& [partition, course] : courses_) {
    busy = step_or_rest(*course, look) || busy;
    if (course->trouble && !failure) failure = course->trouble;
  }
  if (auto fed = letters_.step(); !fed && !failure) failure = fed.error();
  if (failure) return *failure;
  return busy;
}

bool SubscriptionFeed::step_or_rest(Course& course, bool look) {
  if (course.trouble && parts_.clock.monotonic() < course.retry_at) return false;
  const auto stepped = step(course, look || course.trouble);
  course.trouble = stepped ? std::nullopt : std::optional(stepped.error());
  course.retry_at = parts_.clock.monotonic() + kTroubleWait;  // A step that fails may take long.
  return stepped && *stepped;
}

Result<bool> SubscriptionFeed::step(Course& course, bool look) {
  if (look) {
    const auto end = parts_.log.ask_end(course.partition);
    if (!end) return end.error();
    const std::lock_guard lock(mutex_);
    course.end = *end;
  }
  bool busy = false;
  for (const Urgency lane : {Urgency::kUrgent, Urgency::kUsual}) {
    const auto fed = feed(course, lane);
    if (!fed) return fed.error();
    busy = *fed || busy;
  }
  return busy;
}

void SubscriptionFeed::leave_behind_what_waited() {
  const std::uint64_t returns = parts_.dispatcher.health().returns;
  const std::lock_guard lock(mutex_);
  if (std::exchange(returns_, returns) == returns) return;
  for (auto& [partition, course] : courses_) course->lanes.jump(course->end);
}

Result<bool> SubscriptionFeed::feed(Course& course, Urgency lane) {
  const auto range = plan(course, lane);
  if (!range) return false;
  const auto limit = folded(course);
  if (!limit) return limit.error();
  OffsetRange readable = *range;
  if (*limit) readable.last = std::min(readable.last, **limit);
  if (readable.first >= readable.last) return false;
  const auto batch = read(course, readable);
  if (!batch) return batch.error();
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  if (auto taken = take(course, lane, *batch); !taken) return taken.error();
  return true;
}

/// What the lane is to read now; nothing: there is no more, or no room.
std::optional<OffsetRange> SubscriptionFeed::plan(Course& course, Urgency lane) {
  const std::lock_guard lock(mutex_);
  if (closed_) return std::nullopt;
  Lanes& lanes = course.lanes;
  const bool live = lane == Urgency::kUrgent;
  const std::size_t room = parts_.dispatcher.room(lane), room_max = live ? options_.live_max : options_.backlog_max;
  const std::size_t enough = std::max<std::size_t>(room_max / kRoomShare, 1);
  if (live && parts_.dispatcher.health().returns != returns_) return std::nullopt;  // What waited is not live.
  const OffsetRange all =
      live ? OffsetRange{lanes.live(), course.end} : OffsetRange{lanes.backlog(), lanes.backlog_end()};
  if (all.first >= all.last) return std::nullopt;
  const std::uint64_t left = all.last - all.first;
  if (room < std::min<std::uint64_t>({left, enough, kRecordsMax})) {
    if (live && left > options_.behind_max) lanes.jump(course.end);
    return std::nullopt;
  }
  return OffsetRange{all.first, std::min<std::uint64_t>(all.last, all.first + std::min(room, kRecordsMax))};
}

/// Up to where what is asked of the state can be answered; nothing: nothing is asked.
Result<std::optional<std::uint64_t>> SubscriptionFeed::folded(const Course& course) const {
  const std::lock_guard lock(mutex_);
  if (closed_) return std::optional<std::uint64_t>(0);
  const bool by_call = !options_.filter.organization.empty();
  if (!by_call && !course.lanes.has_backlog()) return std::optional<std::uint64_t>();
  const auto covered = parts_.store.covered(course.partition);
  if (!covered) return covered.error();
  if (by_call) return std::optional(*covered);
  return *covered < course.lanes.backlog_end() ? std::optional<std::uint64_t>(course.lanes.backlog_end())
                                               : std::optional<std::uint64_t>();
}

Result<SubscriptionFeed::Batch> SubscriptionFeed::read(const Course& course, OffsetRange range) const {
  Batch batch{{}, range};
  std::size_t bytes = 0;
  const auto cursor = parts_.log.scan(course.partition, range.first);
  while (bytes < kBytesMax) {
    const auto more = cursor->next();
    if (!more) return more.error();
    if (!*more) return batch;
    if (cursor->place().offset >= range.last) {
      batch.range.last = cursor->place().offset;
      return batch;
    }
    batch.records.push_back({cursor->place().offset, std::string(cursor->bytes())});
    bytes += cursor->bytes().size();
  }
  batch.range.last = batch.records.back().offset + 1;
  return batch;
}

Result<void> SubscriptionFeed::take(Course& course, Urgency lane, const Batch& batch) {
  Lanes& lanes = course.lanes;
  std::uint64_t next = batch.range.first, last = batch.range.last;
  for (const Batch::Record& record : batch.records) {
    lanes.skip({next, record.offset});
    next = record.offset + 1;
    if (!lanes.needs(record.offset)) continue;
    const Place place{course.partition, record.offset};
    const auto view = decode_record(record.bytes);
    if (!view) {  // Nobody can tell whose it is: it becomes a dead letter.
      lanes.begin(record.offset);
      parts_.dispatcher.add({place, format_place(place), record.bytes, lane, 0});
      continue;
    }
    const auto organization = organization_of(*view);
    if (!organization) return organization.error();
    if (is_lag_note(view->type) || !passes(options_.filter, subject_of(*view, *organization))) {
      lanes.skip({record.offset, next});
      continue;
    }
    if (lane == Urgency::kUrgent && lanes.has_backlog()) {
      const auto taken = take_along(course, *view);
      if (!taken) return taken.error();
      if (!*taken) {
        last = record.offset;
        break;
      }
    }
    lanes.begin(record.offset);
    parts_.dispatcher.add({place, std::string(view->key),
                           parts_.dispatcher.has_room_for_bytes() ? record.bytes : std::string(), lane, 0});
  }
  lanes.skip({next, last});
  if (lane == Urgency::kUrgent) {
    lanes.live_read(last);
  } else {
    lanes.backlog_read(last);
  }
  return {};
}

/// The records of the same key in the backlog come first. False: there is no room for all of them and this one.
Result<bool> SubscriptionFeed::take_along(Course& course, const RecordView& record) {
  Lanes& lanes = course.lanes;
  const auto has_room = [this] { return parts_.dispatcher.has_room(Urgency::kUrgent); };
  const auto facts = record.in_call ? parts_.store.find(record.key) : parts_.store.find_device(record.key);
  if (!facts) return facts.error();
  if (!*facts) return has_room();
  const std::string organization = options_.filter.organization.empty() ? "" : derive_call(**facts).organization_id;
  for (const EventFact& event : (*facts)->events()) {
    if (event.offset < lanes.backlog() || event.offset >= lanes.backlog_end() || !lanes.needs(event.offset)) continue;
    const FilterSubject subject{(*facts)->text(event.type), (*facts)->text(event.source), record.call_id(),
                                event.organization != 0 ? (*facts)->text(event.organization) : organization};
    if (!passes(options_.filter, subject)) {
      lanes.skip({event.offset, event.offset + 1});
      continue;
    }
    if (!has_room()) return false;
    lanes.begin(event.offset);
    parts_.dispatcher.add({{course.partition, event.offset}, std::string(record.key), {}, Urgency::kUrgent, 0});
  }
  return has_room();
}

/// Its own, else that of its call as far as it is known; asked for only when the filter names one.
Result<std::string> SubscriptionFeed::organization_of(const RecordView& record) {
  if (options_.filter.organization.empty()) return std::string();
  const std::string own = readers_.of(record.kind).detail(body_of(record), record.type).organization_id;
  if (!own.empty() || !record.in_call) return own;
  const auto facts = parts_.store.find(record.key);
  if (!facts) return facts.error();
  return *facts ? derive_call(**facts).organization_id : std::string();
}

void SubscriptionFeed::finished(const DeliveryResult& result) {
  if (keep(result)) return;
  const std::lock_guard lock(mutex_);
  unkept_.push_back(result);
}

/// What could not be kept is not done: after a restart it is delivered again.
Result<void> SubscriptionFeed::keep(const DeliveryResult& result) {
  return letters_.finished(result, [&] {
    const std::lock_guard lock(mutex_);
    const auto course = courses_.find(result.place.partition);
    if (course != courses_.end()) course->second->lanes.finish(result.place.offset);
  });
}

Result<void> SubscriptionFeed::keep_again() {
  std::vector<DeliveryResult> again;
  {
    const std::lock_guard lock(mutex_);
    again.swap(unkept_);
  }
  Result<void> all;
  for (const DeliveryResult& result : again) {
    if (all) all = keep(result);
    if (all) continue;
    const std::lock_guard lock(mutex_);
    unkept_.push_back(result);
  }
  return all;
}

bool SubscriptionFeed::has_more() const {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(courses_, [](const auto& at) {
    return at.second->lanes.has_backlog() || at.second->lanes.live() < at.second->end;
  });
}

Result<void> SubscriptionFeed::save() {
  auto kept = keep_again();
  const std::lock_guard lock(mutex_);
  if (closed_) return {};
  for (auto& [partition, course] : courses_) book_->note(partition, course->lanes.done().take_changes());
  auto saved = book_->save();
  return kept ? saved : kept;
}

void SubscriptionFeed::close() {
  (void)save();
  letters_.close();
  (void)save();  // What was finished meanwhile.
  const std::lock_guard lock(mutex_);
  (void)book_->flush();
  closed_ = true;
}

Result<SubscriptionFeed::Figures> SubscriptionFeed::figures() {
  Figures figures;
  for (auto& [partition, course] : courses_) {
    std::uint64_t position = 0, undelivered = 0;
    {
      const std::lock_guard lock(mutex_);
      position = course->lanes.position();
      undelivered = course->lanes.undelivered(course->end);
    }
    figures.undelivered += undelivered;
    if (undelivered == 0) continue;
    if (!course->trouble && (!course->oldest_at || *course->oldest_at != position)) {
      const auto stored = parts_.log.read({partition, position});
      const auto record = stored ? decode_record(stored->bytes) : Result<RecordView>(stored.error());
      if (record || !retryable(record.error().code)) {
        course->oldest = record ? std::optional(record->received_at) : std::nullopt;
        course->oldest_at = position;
      }
    }
    if (course->oldest && (!figures.oldest || *course->oldest < *figures.oldest)) figures.oldest = course->oldest;
  }
  const std::lock_guard lock(mutex_);
  figures.dead_letters = book_->letter_count();
  return figures;
}

Result<SubscriptionPlaces::ByPartition> SubscriptionFeed::places() {
  const std::lock_guard lock(mutex_);
  if (auto flushed = book_->flush_letters(); !flushed) return flushed.error();
  SubscriptionPlaces::ByPartition places;
  for (const auto& [partition, course] : courses_) places[partition] = course->lanes.done();
  return places;
}

}  // namespace hookledger
