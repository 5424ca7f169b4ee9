#include "projector/projection.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kProgressStep = 1 << 17;

}  // namespace

Result<std::unique_ptr<Projection>> Projection::open(Options options, Parts parts) {
  auto folder = ProjectionFolder::own(options.data_dir, options.memory);
  if (!folder) return folder.error();
  const auto show = [&](const FoldProgress& progress) {
    if (progress.done % kProgressStep != 0) return;
    parts.logger.info("evaluating the past by changed rules",
                      {{"done", std::to_string(progress.done)}, {"total", std::to_string(progress.total)}});
  };
  auto live = (*folder)->open_live(parts.log, parts.rules, {.progress = show, .give_up = parts.give_up});
  if (!live) return live.error();
  if (!live->discarded.empty()) {
    parts.logger.warning("the projection is folded anew from the log",
                         {{"folder", options.data_dir}, {"reason", live->discarded}});
  }
  if (live->other_rules) {
    parts.logger.info("the projection was made with other rules: the past was evaluated by these",
                      {{"folder", options.data_dir}});
  }
  std::unique_ptr<Projection> projection(
      new Projection(std::move(*folder), std::move(live->store), parts, std::move(options)));
  if (auto started = projection->projector_.start(); !started) return started.error();
  return projection;
}

Projection::Projection(std::unique_ptr<ProjectionFolder> folder, std::unique_ptr<CallStore> store, Parts parts,
                       Options options)
    : folder_(std::move(folder)),
      store_(std::move(store)),
      queries_(*store_, parts.rules,
               parts.subjects == nullptr
                   ? SubjectSource{*store_, parts.rules}
                   : SubjectSource{parts.subjects->store(), parts.subjects->queries().rules(), options.partitions}),
      projector_({*store_, parts.log, parts.rules, parts.clock, parts.logger}, options.threads,
                 std::move(options.partitions)) {}

}  // namespace hookledger
