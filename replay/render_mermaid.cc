#include <algorithm>
#include <map>

#include "replay/presentation.h"
#include "replay/timeline.h"

namespace hookledger {
namespace {

constexpr std::size_t kTextMax = 120;

/// Letters, digits and marks that mean nothing to Mermaid; everything else becomes `_`. The cut keeps a
/// hostile name from filling the diagram.
std::string safe(std::string_view text) {
  constexpr std::string_view kHarmless = " .,_+-/()";
  std::string out(text.substr(0, kTextMax));
  for (char& c : out) {
    const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!alphanumeric && kHarmless.find(c) == std::string_view::npos) c = '_';
  }
  return out;
}

/// Aliases are ours alone: A the application, P the provider, L1, L2, … the legs.
class Diagram {
 public:
  explicit Diagram(const Timeline& timeline) : timeline_(timeline), labels_(timeline.call) {
    for (const Leg& leg : timeline.call.legs) aliases_.try_emplace(leg.id, "L" + std::to_string(aliases_.size() + 1));
  }

  std::string render() {
    out_ = "sequenceDiagram\n  participant A as application\n";
    out_ += "  participant P as provider " + safe(timeline_.call.source) + "\n";
    for (const Leg& leg : timeline_.call.legs) participant(leg);
    auto finding = timeline_.findings.begin();
    for (const TimelineEntry& entry : timeline_.entries) {
      for (; finding != timeline_.findings.end() && finding->opened_at < entry.occurred_at; ++finding) note(*finding);
      arrow(entry);
    }
    for (; finding != timeline_.findings.end(); ++finding) note(*finding);
    return std::move(out_);
  }

 private:
  void participant(const Leg& leg) {
    const std::string& number = leg.direction == "outgoing" ? leg.to : leg.from;
    out_ += "  participant " + aliases_.at(leg.id) + " as leg " + labels_.of(leg.id);
    if (!number.empty()) out_ += " " + safe(number);
    out_ += "\n";
  }

  void arrow(const TimelineEntry& entry) {
    const auto leg = aliases_.find(entry.leg_id);
    out_ += "  " +
            (entry.telemetry         ? "A"
             : leg == aliases_.end() ? "P"
                                     : leg->second) +
            (entry.late ? "-->>" : "->>") + "A: ";
    out_ += format_offset(entry.occurred_at, timeline_.call.first_at) + " " + safe(entry.type);
    if (!entry.leg_id.empty()) out_ += " (" + safe(labels_.of(entry.leg_id)) + ")";
    if (entry.late) out_ += " arrived " + format_offset(entry.received_at, timeline_.call.first_at);
    for (const Mark& mark : marks(entry)) out_ += " " + safe(mark.text);
    out_ += "\n";
  }

  void note(const Finding& finding) {
    out_ += "  Note over A,P: " + format_offset(finding.opened_at, timeline_.call.first_at) + " ";
    out_ += std::string(to_string(finding.severity)) + " " + std::string(to_string(finding.status)) + " ";
    out_ += safe(finding.rule) + " - " + safe(finding.summary) + "\n";
  }

  const Timeline& timeline_;
  const LegLabels labels_;
  std::map<std::string, std::string, std::less<>> aliases_;
  std::string out_;
};

}  // namespace

std::string render_mermaid(const Timeline& timeline) { return Diagram(timeline).render(); }

}  // namespace hookledger
