#include "replay/redelivery/job.h"

#include <set>

#include "schemas/json.h"
#include "schemas/json_members.h"

namespace hookledger {
namespace {

constexpr std::uint64_t kFormat = 1;

Error unreadable(const std::string& what, const std::string& where) {
  return {ErrorCode::kCorruption, what + " cannot be read at `" + where + "`: begin anew with --restart"};
}

void write_counts(JsonWriter& json, std::string_view name, const std::vector<std::uint64_t>& counts) {
  json.key(name);
  json.begin_array();
  for (const std::uint64_t count : counts) json.number(count);
  json.end_array();
}

/// `[first, last, first, last, …]`
std::vector<std::uint64_t> flat(const OffsetSet& done) {
  std::vector<std::uint64_t> bounds;
  for (const auto& [first, last] : done.ranges()) {
    bounds.push_back(first);
    bounds.push_back(last);
  }
  return bounds;
}

std::optional<OffsetSet> from_flat(const std::vector<std::uint64_t>& bounds) {
  OffsetSet done;
  if (bounds.size() % 2 != 0) return std::nullopt;
  for (std::size_t i = 0; i < bounds.size(); i += 2) {
    if (bounds[i] >= bounds[i + 1]) return std::nullopt;
    done.add({bounds[i], bounds[i + 1]});
  }
  return done;
}

void check_format(Members& from, Fault& fault) {
  if (from.count("format") != kFormat) fault.note("format");
}

}  // namespace

std::vector<RecordWalk::Part> parts_left(const Job& job, const JobProgress& progress,
                                         const std::optional<PlacesByPartition>& places) {
  const auto count = static_cast<std::uint32_t>(job.ends.size());
  std::set<std::uint32_t> of_calls;
  for (const std::string& call : job.calls.value_or(std::vector<std::string>())) {
    of_calls.insert(partition_of(call, count));
  }
  std::vector<RecordWalk::Part> parts;
  for (std::uint32_t partition = 0; partition < count; ++partition) {
    if (job.calls && !of_calls.contains(partition)) continue;
    RecordWalk::Part part{partition, job.ends[partition], progress.done[partition]};
    if (places) {
      const auto found = places->find(partition);
      part.offsets.emplace(found == places->end() ? std::vector<std::uint64_t>() : found->second);
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string encode(const Job& job) {
  JsonWriter json;
  json.begin_object();
  json.key("format");
  json.number(kFormat);
  json.member("began_at", std::optional(job.began_at));
  json.member("since", job.since);
  json.member("until", job.until);
  json.key("records");
  json.number(job.records);
  write_counts(json, "ends", job.ends);
  json.key("by_call");
  json.boolean(job.calls.has_value());
  json.key("calls");
  json.begin_array();
  for (const std::string& call : job.calls.value_or(std::vector<std::string>())) json.string(call);
  json.end_array();
  json.end_object();
  return std::string(json.view());
}

Result<Job> decode_job(std::string_view json) {
  Job job;
  Fault fault;
  const bool read = read_json_object(json, fault, [&](Members from) {
    check_format(from, fault);
    job.began_at = from.time("began_at");
    job.since = from.time_or_null("since");
    job.until = from.time_or_null("until");
    job.records = from.count("records");
    job.ends = from.counts("ends");
    const bool by_call = from.boolean("by_call");
    auto calls = from.texts("calls");
    if (by_call) job.calls = std::move(calls);
  });
  if (!read || !fault.where.empty()) return unreadable("the redelivery that was interrupted", fault.where);
  return job;
}

std::string encode(const JobProgress& progress) {
  JsonWriter json;
  json.begin_object();
  json.key("format");
  json.number(kFormat);
  json.key("delivered");
  json.number(progress.delivered);
  json.key("partitions");
  json.begin_array();
  for (const OffsetSet& done : progress.done) {
    json.begin_object();
    write_counts(json, "done", flat(done));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::string(json.view());
}

Result<JobProgress> decode_job_progress(std::string_view json, std::size_t partitions) {
  JobProgress progress;
  Fault fault;
  const bool read = read_json_object(json, fault, [&](Members from) {
    check_format(from, fault);
    progress.delivered = from.count("delivered");
    from.objects("partitions", [&](Members part) {
      const auto done = from_flat(part.counts("done"));
      if (!done) return fault.note("done");
      progress.done.push_back(*done);
    });
  });
  if (read && fault.where.empty() && progress.done.size() != partitions) fault.note("partitions");
  if (!read || !fault.where.empty()) return unreadable("the progress of the redelivery", fault.where);
  return progress;
}

}  // namespace hookledger
