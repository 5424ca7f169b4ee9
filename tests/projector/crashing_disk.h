#pragma once

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "projector/key_value.h"
#include "tests/support/seeded.h"

namespace hookledger::testing {

/// What is on a disk below an ordered map: it survives whoever has it open, but for a suffix of the writes that were
/// not flushed. One thread.
class CrashingDisk {
 public:
  /// One at a time.
  std::unique_ptr<KeyValue> open() { return std::make_unique<Handle>(*this); }
  /// Forgets some of what was not flushed, the last first.
  void crash(std::mt19937_64& random) {
    versions_.resize(1 + random_below(random, versions_.size()));
    versions_ = {versions_.back()};
  }
  /// Writes and flushes fail, without effect.
  void fail(bool failing) { failing_ = failing; }
  std::size_t keys() const { return versions_.back().size(); }

 private:
  using Content = std::map<std::string, std::string, std::less<>>;

  class Scan : public KeyValue::Scan {
   public:
    Scan(Content content, std::string first, std::string last) : content_(std::move(content)), last_(std::move(last)) {
      seek(first);
    }
    Result<bool> next() override {
      if (!fresh_) ++at_;
      fresh_ = false;
      return at_ != content_.end() && at_->first < last_;
    }
    void seek(std::string_view key) override {
      at_ = content_.lower_bound(key);
      fresh_ = true;
    }
    std::string_view key() const override { return at_->first; }
    std::string_view value() const override { return at_->second; }

   private:
    const Content content_;
    const std::string last_;
    Content::const_iterator at_;
    bool fresh_ = true;
  };

  class Handle : public KeyValue {
   public:
    explicit Handle(CrashingDisk& disk) : disk_(disk) {}

    Result<bool> get(std::string_view key, std::string& value) const override {
      const auto found = disk_.versions_.back().find(key);
      if (found == disk_.versions_.back().end()) return false;
      value = found->second;
      return true;
    }
    std::unique_ptr<KeyValue::Scan> scan(std::string_view first, std::string_view last) const override {
      return std::make_unique<CrashingDisk::Scan>(disk_.versions_.back(), std::string(first), std::string(last));
    }
    Result<void> write(Writes& writes) override {
      if (disk_.failing_) return failed();
      Content content = disk_.versions_.back();
      for (const Writes::Entry& entry : writes.sorted()) {
        if (entry.erased) {
          content.erase(std::string(entry.key));
        } else {
          content[std::string(entry.key)] = entry.value;
        }
      }
      disk_.versions_.push_back(std::move(content));
      return {};
    }
    Result<void> flush() override {
      if (disk_.failing_) return failed();
      disk_.versions_ = {disk_.versions_.back()};
      return {};
    }

   private:
    static Result<void> failed() { return Error{ErrorCode::kUnavailable, "told to fail"}; }
    CrashingDisk& disk_;
  };

  std::vector<Content> versions_{{}};  ///< The first is what was flushed.
  bool failing_ = false;
};

}  // namespace hookledger::testing
