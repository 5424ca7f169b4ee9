#include <algorithm>
#include <array>

#include "schemas/sources/telnyx.h"

namespace hookledger {
namespace {

/// Names with an underscore of their own; in all others every underscore of v1 is a dot.
constexpr std::array kUnderscored = std::to_array<std::string_view>({
    "call.ai_gather.ended",
    "call.ai_gather.message_history_updated",
    "call.ai_gather.partial_results",
    "call.conversation_insights.generated",
    "call.deepfake_detection.error",
    "call.deepfake_detection.result",
    "call.sip_info.received",
    "messaging_hosted_numbers_orders.created",
    "messaging_hosted_numbers_orders.deleted",
    "messaging_hosted_numbers_orders.internal_transfer_approval_requested",
    "messaging_hosted_numbers_orders.internal_transfer_approved",
    "messaging_hosted_numbers_orders.internal_transfer_auto_approved",
    "messaging_hosted_numbers_orders.internal_transfer_detected",
    "messaging_hosted_numbers_orders.internal_transfer_rejected",
    "messaging_hosted_numbers_orders.updated",
    "number_order.complete",
    "session.status_changed",
});

}  // namespace

std::string telnyx_dotted_name(std::string_view v1_name) {
  const auto as_v1 = [](std::string name) {
    std::replace(name.begin(), name.end(), '.', '_');
    return name;
  };
  for (const auto name : kUnderscored) {
    if (as_v1(std::string(name)) == v1_name) return std::string(name);
  }
  std::string name(v1_name);
  std::replace(name.begin(), name.end(), '_', '.');
  return name;
}

}  // namespace hookledger
