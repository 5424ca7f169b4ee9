#pragma once

#include <gmock/gmock.h>
#include <string>

#include "replay/recovery/recovery.h"
#include "tests/replay/recovery/recovery_scene.h"

namespace hookledger::testing {

class Recoveries : public ::testing::Test {
 protected:
  Recoveries() {
    api_.answer = [this](const std::string& target) { return tale_(target); };
  }

  CallRecovery ask(const std::string& call, bool dry_run = false) {
    const auto found = recovery_.ask(call, {}, {.reason = "no-end", .dry_run = dry_run}, {});
    EXPECT_TRUE(found) << found.error().detail;
    return found ? *found : CallRecovery{};
  }
  static std::string ended_at(Time time) { return R"({"is_alive":false,"end_time":")" + format_time(time) + R"("})"; }

  ManualClock clock_{kStart + 1h};
  RecoveryScene<ManualClock> scene_{clock_};
  ProviderTale tale_;
  ScriptedApi api_{clock_};
  ApiClient client_{"telnyx", api_.parts(scene_.metrics()), 1};
  TelnyxApi telnyx_{"/v2", client_};
  Recovery recovery_{
      "telnyx",
      scene_.log().log().partitions(),
      {telnyx_, appends_to(scene_.log().log()), scene_.states(), clock_, scene_.logger(), scene_.metrics()}};
};

}  // namespace hookledger::testing
