#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"
#include "schemas/time.h"

namespace hookledger {

/// How far a partition is published, as whoever takes it over has to know it.
struct Published {
  std::uint64_t offset = 0;  ///< One past the last record in the published states; they have all below.
  Time at;                   ///< Findings that opened as time passed are published up to here.

  friend bool operator==(const Published&, const Published&) = default;
};

/// All but the offset as text, with a format version.
std::string published_note(const Published& published);
/// Of untrusted text. What no version wrote says nothing: then what time alone changed is published again.
Published read_published(std::uint64_t offset, std::string_view note);

enum class Topic : std::uint8_t { kCalls, kFindings };

/// The latest that is known under a key.
struct Message {
  Topic topic;
  std::uint32_t partition;  ///< Of its call, in every topic.
  std::string key;
  std::optional<std::string> value;  ///< JSON; nothing: the key is gone.
};

/// Where call states and findings are published. One thread. Errors: kUnavailable and others that pass; try again.
class Publication {
 public:
  virtual ~Publication() = default;

  /// Waits for what is being committed by others. Nothing yet: `Published{}`.
  virtual Result<Published> published(std::uint32_t partition) = 0;
  /// All of it or nothing, durable when it returns. After an error it may or may not have been: `published` knows.
  /// Refuses when the partitions are not this process's any more. A message that is too large is left out.
  virtual Result<void> publish(const std::vector<Message>& messages,
                               const std::map<std::uint32_t, Published>& progress) = 0;
};

}  // namespace hookledger
