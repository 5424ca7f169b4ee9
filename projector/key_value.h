#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/error.h"

namespace hookledger {

/// Changes that become visible, and last, together. Each key at most once.
class Writes {
 public:
  struct Entry {
    std::uint64_t head;  ///< Bytes of the key as a number, so that sorting seldom looks at keys.
    std::string_view key, value;
    bool erased;
  };

  void put(std::string_view key, std::string_view value) { add(key, value, false); }
  void erase(std::string_view key) { add(key, {}, true); }
  void clear();
  bool empty() const { return parts_.empty(); }
  std::size_t bytes() const { return bytes_.size(); }

  /// In order of key. Views into this object, until it changes.
  const std::vector<Entry>& sorted();

 private:
  struct Part {
    std::size_t at;
    std::uint32_t key_size, value_size;
    bool erased;
  };
  void add(std::string_view key, std::string_view value, bool erased);

  std::string bytes_;
  std::vector<Part> parts_;
  std::vector<Entry> sorted_;
};

/// An ordered map from byte strings to byte strings. Errors everywhere: kCorruption, kUnavailable.
/// Threads: reads from any; `write` from any when live, from one, without reads meanwhile, when overlaid.
class KeyValue {
 public:
  /// Moves forward over keys as they were when it was made.
  class Scan {
   public:
    virtual ~Scan() = default;
    /// False at the end. The views below stay valid until the next call.
    virtual Result<bool> next() = 0;
    /// Goes on with the first key at or after `key`, backwards too.
    virtual void seek(std::string_view key) = 0;
    virtual std::string_view key() const = 0;
    virtual std::string_view value() const = 0;
  };

  virtual ~KeyValue() = default;
  /// False when there is no such key. `value` keeps its capacity from call to call.
  virtual Result<bool> get(std::string_view key, std::string& value) const = 0;
  /// Keys in [first, last).
  virtual std::unique_ptr<Scan> scan(std::string_view first, std::string_view last) const = 0;
  /// Atomic, but not always durable before `flush`: what a crash loses is a suffix of the writes.
  virtual Result<void> write(Writes& writes) = 0;
  virtual Result<void> flush() = 0;
};

/// kBulk: for a store that is filled from nothing; leaves it unsorted until it is opened as kLive. kJournaled: what was
/// written outlives the process whatever ends it, and needs a flush only against a power cut.
enum class KeyValueUse { kLive, kBulk, kJournaled };

/// What the stores of a process share where it has many: one cache of what was read, one bound on what is written and
/// not yet on disk. Without it each store has its own.
struct KeyValueMemory;
std::shared_ptr<const KeyValueMemory> make_key_value_memory();

/// Owns the folder, which is made when absent. Errors: kCorruption, kUnavailable (in use too).
Result<std::unique_ptr<KeyValue>> open_key_value(const std::string& folder, KeyValueUse use = KeyValueUse::kLive,
                                                 const std::shared_ptr<const KeyValueMemory>& memory = {});

/// What was last flushed there, possibly by another process that goes on writing; `write` changes an
/// overlay in memory alone. Errors: kNotFound, kCorruption, kUnavailable.
Result<std::unique_ptr<KeyValue>> open_key_value_overlay(const std::string& folder);

}  // namespace hookledger
