#pragma once

#include <functional>
#include <string>
#include <vector>

#include "replay/recovery/api_client.h"
#include "tests/support/manual_clock.h"

namespace hookledger::testing {

/// An API that answers as the test says, on a clock that pauses move.
class ScriptedApi : public ApiTransport {
 public:
  using Answer = std::function<ApiAnswer(const std::string& target)>;

  explicit ScriptedApi(ManualClock& clock) : clock_(clock) {}

  ApiAnswer get(const std::string& target, std::stop_token) override {
    asked.push_back(target);
    return answer(target);
  }

  ApiClient::Parts parts(Metrics& metrics) {
    return {*this, clock_, metrics, [this](Duration time, const std::stop_token& stop) {
              paused += time;
              clock_.advance(time);
              return !stop.stop_requested();
            }};
  }

  Answer answer = [](const std::string&) { return ApiAnswer{.status = 200, .body = R"({"data":[]})"}; };
  std::vector<std::string> asked;
  Duration paused{};

 private:
  ManualClock& clock_;
};

}  // namespace hookledger::testing
