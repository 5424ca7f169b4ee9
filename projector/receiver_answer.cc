#include "projector/receiver_answer.h"

namespace hookledger {

AttemptOutcome outcome_of(unsigned status) {
  if (status >= 200 && status < 300) return AttemptOutcome::kDelivered;
  if (status == 410) return AttemptOutcome::kGone;
  if (status == 408 || status == 425 || status == 429 || status < 200 || status >= 500) return AttemptOutcome::kFailed;
  return AttemptOutcome::kRefused;
}

const char* to_string(AttemptOutcome outcome) {
  switch (outcome) {
    case AttemptOutcome::kDelivered: return "delivered";
    case AttemptOutcome::kRefused: return "refused";
    case AttemptOutcome::kFailed: return "failed";
    case AttemptOutcome::kGone: break;
  }
  return "gone";
}

std::string describe(const ReceiverAnswer& answer) {
  return answer.status == 0 ? answer.failure : "HTTP " + std::to_string(answer.status);
}

}  // namespace hookledger
