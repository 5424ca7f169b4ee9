#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/finding.h"
#include "schemas/time.h"

namespace hookledger {

/// Of devices and ratios whose id belongs to a partition: what was over by then is not told.
struct SubjectsPast {
  Time at;
  bool told = false;  ///< Another told what was open by then.

  friend bool operator==(const SubjectsPast&, const SubjectsPast&) = default;
};

/// How far the findings of some partitions were looked at.
struct AlertProgress {
  using Offsets = std::map<std::uint32_t, std::uint64_t>;  ///< By partition: one past the last record.

  Offsets offsets;
  Time at;  ///< What opened as time passed was seen up to here.
  /// What was over by then is not told.
  Offsets past_offsets;
  Time past_at;
  bool told_then = false;      ///< What was open by then was told by another.
  std::uint64_t openings = 0;  ///< How often at most others may have told of a finding that it opened.

  /// Of those partitions whose devices and ratios are looked at apart from calls.
  std::map<std::uint32_t, SubjectsPast> subjects{};

  /// What is open already is being gathered: the past is not told one by one.
  bool beginning() const { return at < past_at; }
  /// Another, who may have gone on from the past for a while, is being followed up.
  bool catching_up() const { return told_then && at == past_at; }
  friend bool operator==(const AlertProgress&, const AlertProgress&) = default;
};

/// What was told of one finding.
struct ToldFinding {
  bool open = false;           ///< Else nothing more is expected of it.
  std::uint64_t openings = 0;  ///< How often it was told to have opened, by others too: at most.
  std::uint64_t number = 0;    ///< Of the last message that tells of it.
  std::string rule{};
  Severity severity = Severity::kWarning;
  std::string taken_back{};  ///< While open: the finding as JSON, should it turn out never to have been.
};

/// Keys of what is kept for one alert. Layout: schemas/state.md.
namespace alert_key {
std::string format();
std::string progress();
std::string messages();
std::string message(std::uint64_t number);
std::string told();
/// What all findings told of the subject begin with.
std::string told_of(std::string_view subject);
}  // namespace alert_key

std::optional<std::uint64_t> parse_message_key(std::string_view key);

struct ToldKey {
  std::string_view subject, finding_id;
};
std::optional<ToldKey> parse_told_key(std::string_view key);

std::string encode(const ToldFinding& told);
std::optional<ToldFinding> decode_told(std::string_view bytes);

struct StoredProgress {
  AlertProgress progress;
  std::uint64_t last = 0;  ///< The highest number of a message so far.
};
std::string encode(const StoredProgress& stored);
std::optional<StoredProgress> decode_progress(std::string_view bytes);

}  // namespace hookledger
