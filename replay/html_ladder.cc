#include <algorithm>
#include <cmath>
#include <map>

#include "replay/html.h"
#include "schemas/text.h"

namespace hookledger {
namespace {

constexpr int kApplicationX = 170, kProviderX = 500, kFirstLegX = 630, kLegStep = 124;
constexpr int kBoxTop = 14, kBoxHeight = 44, kBoxWidth = 116;
constexpr int kFirstRowY = 104, kRowStepMin = 34, kRowStepMax = 78, kFooter = 36;
constexpr std::size_t kTypeColumnsMax = 40, kNumberColumnsMax = 16;

/// Time downwards: rows keep a readable distance, longer silences get more of it, up to a bound.
class TimeAxis {
 public:
  explicit TimeAxis(const std::vector<TimelineEntry>& entries) {
    for (const TimelineEntry& entry : entries) {
      rows_.push_back({entry.occurred_at,
                       rows_.empty() ? kFirstRowY : rows_.back().y + step(rows_.back().time, entry.occurred_at)});
    }
  }

  int row(std::size_t index) const { return rows_[index].y; }
  int last() const { return rows_.empty() ? kFirstRowY : rows_.back().y; }
  int bottom() const { return last() + kFooter; }

  /// Between the rows it lies between; past the last one, just below it.
  int at(Time time) const {
    const auto after =
        std::upper_bound(rows_.begin(), rows_.end(), time, [](Time t, const Row& row) { return t < row.time; });
    if (after == rows_.begin()) return kFirstRowY;
    const Row& before = *(after - 1);
    if (after == rows_.end()) return before.y + (time > before.time ? kFooter / 2 : 0);
    const double share =
        static_cast<double>((time - before.time).count()) / static_cast<double>((after->time - before.time).count());
    return before.y + static_cast<int>(share * (after->y - before.y));
  }

 private:
  struct Row {
    Time time;
    int y;
  };

  static int step(Time from, Time to) {
    const double seconds = std::chrono::duration<double>(to - from).count();
    return std::min(kRowStepMax, kRowStepMin + static_cast<int>(12 * std::log1p(std::max(0.0, seconds))));
  }

  std::vector<Row> rows_;
};

std::string number(int value) { return std::to_string(value); }

std::string line(int x1, int y1, int x2, int y2, std::string_view css_class) {
  return "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
         "\" class=\"" + std::string(css_class) + "\"/>";
}

std::string label(int x, int y, std::string_view anchor, std::string_view css_class, std::string_view text) {
  return "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" text-anchor=\"" + std::string(anchor) + "\" class=\"" +
         std::string(css_class) + "\">" + html_text(text) + "</text>";
}

class Ladder {
 public:
  explicit Ladder(const Timeline& timeline) : timeline_(timeline), labels_(timeline.call), axis_(timeline.entries) {
    for (const Leg& leg : timeline.call.legs) {
      leg_x_.try_emplace(leg.id, kFirstLegX + kLegStep * static_cast<int>(leg_x_.size()));
    }
  }

  std::string render() {
    const int right = leg_x_.empty() ? kProviderX : kFirstLegX + kLegStep * (static_cast<int>(leg_x_.size()) - 1);
    const int width = right + kBoxWidth / 2 + 20;
    out_ = "<svg role=\"img\" aria-label=\"Ladder diagram\" width=\"" + number(width) + "\" height=\"" +
           number(axis_.bottom() + 10) + "\" viewBox=\"0 0 " + number(width) + " " + number(axis_.bottom() + 10) +
           "\">\n";
    for (std::size_t i = 0; i < timeline_.entries.size(); ++i) {
      out_ += line(kApplicationX, axis_.row(i), right, axis_.row(i), "guide");
    }
    column(kApplicationX, "application", "");
    column(kProviderX, "provider", timeline_.call.source);
    for (const Leg& leg : timeline_.call.legs) leg_column(leg);
    for (std::size_t i = 0; i < timeline_.entries.size(); ++i) {
      if (i > 0) gap(i);
      event(i);
    }
    for (std::size_t i = 0; i < timeline_.entries.size(); ++i) event_labels(i);
    out_ += "</svg>\n";
    return std::move(out_);
  }

 private:
  void column(int x, std::string_view name, std::string_view detail) {
    out_ += line(x, kBoxTop + kBoxHeight, x, axis_.bottom(), "life");
    out_ += "<rect x=\"" + number(x - kBoxWidth / 2) + "\" y=\"" + number(kBoxTop) + "\" width=\"" + number(kBoxWidth) +
            "\" height=\"" + number(kBoxHeight) + "\" rx=\"8\" class=\"box\"/>";
    out_ += label(x, kBoxTop + (detail.empty() ? 27 : 19), "middle", "name", name);
    if (!detail.empty()) out_ += label(x, kBoxTop + 35, "middle", "small", cut(printable(detail), kNumberColumnsMax));
    out_ += "\n";
  }

  void leg_column(const Leg& leg) {
    const int x = leg_x_.at(leg.id);
    const std::string& party = leg.direction == "outgoing" ? leg.to : leg.from;
    column(x, "leg " + labels_.of(leg.id), party.empty() ? leg.direction : party);
    std::optional<Time> begin;
    Tone tone = Tone::kInitiated;
    for (const auto& [time, next] :
         {std::pair{leg.initiated_at, Tone::kInitiated}, std::pair{leg.answered_at, Tone::kAnswered},
          std::pair{leg.bridged_at, Tone::kBridged}, std::pair{leg.ended_at, Tone::kEnded}}) {
      if (!time) continue;
      if (begin) bar(x, axis_.at(*begin), axis_.at(*time), tone);
      begin = time;
      tone = next;
    }
    if (begin && !leg.ended_at) bar(x, axis_.at(*begin), axis_.bottom(), tone);
    out_ += "\n";
  }

  /// A leg's life in one status.
  void bar(int x, int from, int to, Tone tone) {
    if (to <= from) return;
    out_ += "<rect x=\"" + number(x - 4) + "\" y=\"" + number(from) + "\" width=\"8\" height=\"" + number(to - from) +
            "\" rx=\"3\" class=\"bar " + std::string(html_class(tone)) + "\"/>";
  }

  void gap(std::size_t index) {
    const Duration silence = timeline_.entries[index].occurred_at - timeline_.entries[index - 1].occurred_at;
    if (silence <= kGapMin) return;
    const int y = (axis_.row(index - 1) + axis_.row(index)) / 2;
    out_ += line(20, y, kApplicationX - 12, y, "silence");
    out_ += label((8 + kApplicationX) / 2, y - 4, "middle", "note", "gap " + format_duration(silence));
  }

  /// What an application or a device says has not come from the provider.
  void telemetry(int y, std::string_view css_class) {
    out_ += "<g class=\"" + std::string(css_class) + "\"><circle cx=\"" + number(kApplicationX) + "\" cy=\"" +
            number(y) + "\" r=\"5\" class=\"tip\"/></g>\n";
  }

  /// From the leg through the provider to the application; a late one reaches the application further down,
  /// where it arrived.
  void event(std::size_t index) {
    const TimelineEntry& entry = timeline_.entries[index];
    const int y = axis_.row(index);
    if (entry.telemetry) return telemetry(y, html_class(tone_of(entry.type)));
    const int arrival = arrival_y(index);
    const auto leg = leg_x_.find(entry.leg_id);
    const std::string arrow = entry.late ? "arrow slow" : "arrow";

    out_ += "<g class=\"" + std::string(html_class(tone_of(entry.type))) + "\">";
    if (leg != leg_x_.end()) {
      out_ += line(leg->second, y, kProviderX, y, "arrow");
      out_ += "<circle cx=\"" + number(leg->second) + "\" cy=\"" + number(y) + "\" r=\"5\" class=\"tip\"/>";
    }
    out_ += "<circle cx=\"" + number(kProviderX) + "\" cy=\"" + number(y) + "\" r=\"3\" class=\"tip\"/>";
    out_ += line(kProviderX, y, kApplicationX + 6, arrival, arrow);
    const double degrees = std::atan2(y - arrival, kProviderX - kApplicationX) * 180 / 3.14159265358979;
    out_ += "<path d=\"M0 0l10 -5v10z\" class=\"tip\" transform=\"translate(" + number(kApplicationX + 1) + " " +
            number(arrival) + ") rotate(" + number(static_cast<int>(std::lround(degrees))) + ")\"/></g>";
    out_ += "\n";
  }

  void event_labels(std::size_t index) {
    const TimelineEntry& entry = timeline_.entries[index];
    const int y = axis_.row(index);
    out_ += label(kApplicationX - 14, y + 4, "end", "when", format_offset(entry.occurred_at, timeline_.call.first_at));
    std::string text = cut(printable(entry.type), kTypeColumnsMax);
    if (!entry.leg_id.empty()) text += " · " + labels_.of(entry.leg_id);
    if (entry.telemetry) {
      out_ += label(kApplicationX + 14, y - 6, "start", "what", text + " · " + speaker_of(entry)) + "\n";
      return;
    }
    out_ += label(kProviderX - 14, y - 6, "end", "what", text);
    if (entry.late) {
      out_ += label(kApplicationX + 16, arrival_y(index) + 14, "start", "note",
                    "arrived " + format_offset(entry.received_at, timeline_.call.first_at));
    }
    out_ += "\n";
  }

  int arrival_y(std::size_t index) const {
    const TimelineEntry& entry = timeline_.entries[index];
    return entry.late ? std::max(axis_.row(index), axis_.at(entry.received_at)) : axis_.row(index);
  }

  const Timeline& timeline_;
  const LegLabels labels_;
  const TimeAxis axis_;
  std::map<std::string, int, std::less<>> leg_x_;
  std::string out_;
};

}  // namespace

std::string html_ladder(const Timeline& timeline) { return Ladder(timeline).render(); }

}  // namespace hookledger
