#include "projector/subject_publisher.h"

namespace hookledger {
namespace {

/// How long nothing is looked for when there was nothing: each look asks for the end of every partition.
constexpr std::chrono::milliseconds kIdleWait{500};

std::vector<std::uint32_t> all_partitions(std::uint32_t count) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t partition = 0; partition < count; ++partition) all.push_back(partition);
  return all;
}

}  // namespace

SubjectPublisher::SubjectPublisher(Parts parts, Ours ours)
    : ours_(std::move(ours)),
      book_(parts.log.partitions()),
      owners_{[this] {
                std::set<std::uint32_t> here;
                for (const auto& [partition, published] : ours_()) here.insert(partition);
                return here;
              },
              [this](std::uint32_t partition) -> Result<std::optional<AlertPlace>> {
                const auto published = ours_();
                const auto found = published.find(partition);
                if (found == published.end()) return std::optional<AlertPlace>();
                return std::optional(AlertPlace{found->second.offset, found->second.at, {}});
              },
              {}},
      watch_({parts.store, parts.log, parts.rules}, all_partitions(parts.log.partitions()), book_,
             {.calls = false, .subjects = true, .owners = &owners_}) {}

void SubjectPublisher::let_go(std::uint32_t partition) {
  watch_.let_go(partition);
  book_.let_go(partition);
  again_at_ = AlertQueue::Instant::min();
}

Result<void> SubjectPublisher::step(FindingBook::Now now) {
  if (now.monotonic < again_at_) return {};
  const auto more = watch_.step(now);
  if (!more) return more.error();
  if (!*more) again_at_ = now.monotonic + kIdleWait;
  return {};
}

}  // namespace hookledger
