#pragma once

#include <string>

#include "replay/redelivery/job.h"
#include "replay/redelivery/plan.h"
#include "replay/redelivery/redelivery.h"

namespace hookledger {

/// What there is to say of a redelivery. Of `resumed` (null: it is a new one) what was delivered before.
struct RedeliveryText {
  std::string where;  ///< Scheme and authority of the URL: the rest may hold a secret.
  RedeliveryPlan plan;
  RedeliveryPace pace;
  const JobFolder::Stored* resumed = nullptr;
};

/// Before anything is sent.
std::string render_plan(const RedeliveryText& text);
/// What became of it.
std::string render_report(const RedeliveryText& text, const RedeliveryReport& report);
/// All of it as one JSON document. `report` is null when nothing was sent.
std::string redelivery_json(const RedeliveryText& text, const RedeliveryReport* report);

/// Why a redelivery did not end with everything delivered, and what to do; empty when it did.
std::string shortcoming(const RedeliveryReport& report, std::uint64_t records);

}  // namespace hookledger
