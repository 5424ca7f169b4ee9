#include <gmock/gmock.h>

#include "replay/presentation.h"
#include "schemas/text.h"
#include "tests/replay/evil_call.h"
#include "tests/replay/example_call.h"
#include "tests/support/golden.h"

namespace hookledger::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string without_colour(std::string text) {
  for (std::size_t at = text.find('\x1b'); at != std::string::npos; at = text.find('\x1b', at)) {
    text.erase(at, text.find('m', at) + 1 - at);
  }
  return text;
}

TEST(RenderText, TheExampleReadsAsItAlwaysDid) {
  CallHistory history;
  expect_golden("v1/timeline.txt", render_text(tell_example(history).read().value(), false, 100));
}

TEST(RenderText, ColourIsAddedOnlyWhenAsked) {
  CallHistory history;
  const Timeline timeline = tell_example(history).read().value();
  const std::string coloured = render_text(timeline, true, 100);
  EXPECT_THAT(coloured, HasSubstr("\x1b[33mLATE\x1b[0m"));
  EXPECT_EQ(without_colour(coloured), render_text(timeline, false, 100));
}

TEST(RenderText, EveryLineFitsTheWidthButForIds) {
  CallHistory history(std::string(150, 'c'));
  tell_example(history);
  history.tell({"long", "call." + std::string(200, 'x'), "leg-a", 80s, {}, {{"from", std::string(300, '1')}}});
  history.rules.found[0].summary = std::string(400, 's') + " " + std::string(30, 'w');
  const Timeline timeline = history.read().value();
  for (const unsigned width : {60U, 80U, 100U, 140U, 250U}) {
    for (const std::string& line : lines_of(render_text(timeline, false, width))) {
      if (line.find(history.call_id) != std::string::npos || line.find("https://") != std::string::npos) continue;
      EXPECT_LE(width_of(line), width) << line;
    }
  }
  EXPECT_THAT(render_text(timeline, false, 60), HasSubstr(history.call_id));
}

TEST(RenderText, MarksSayWhatIsUnusual) {
  CallHistory history;
  history.tell({"fine", "call.cost", "leg", 1s});
  const Place forged = history.tell({"forged", "call.cost", "leg", 2s});
  history.change(forged, [](RecordView& record) { record.signed_at = "1"; });
  const Place unsigned_one = history.tell({"unsigned", "call.cost", "leg", 3s});
  history.change(unsigned_one, [](RecordView& record) { record.signature = {}; });
  history.tell({"fine", "call.cost", "leg", 4s, 90h});
  const auto lines = lines_of(render_text(history.read(100h).value(), false, 120));
  const auto line_at = [&](const std::string& offset) {
    for (const std::string& line : lines) {
      if (line.find(offset) != std::string::npos && line.find("call.cost") != std::string::npos) return line;
    }
    return std::string();
  };
  EXPECT_THAT(line_at("+0 ms"),
              AllOf(Not(HasSubstr("SIGNATURE")), Not(HasSubstr("unsigned")), Not(HasSubstr("REPEAT"))));
  EXPECT_THAT(line_at("+1000 ms"), HasSubstr("SIGNATURE INVALID"));
  EXPECT_THAT(line_at("+2000 ms"), HasSubstr("unsigned"));
  EXPECT_THAT(line_at("+3000 ms"), HasSubstr("REPEAT"));
}

TEST(RenderText, MissingEventsAreNamed) {
  CallHistory history;
  history.tell({"b", "call.bridged", "leg", 1s});
  EXPECT_THAT(
      render_text(history.read().value(), false, 100),
      AllOf(HasSubstr("Missing events"), HasSubstr("call.initiated  of leg A"), HasSubstr("call.answered  of leg A")));
}

TEST(RenderText, NothingFromOutsideActsOnATerminal) {
  const std::string text = render_text(call_full_of(kEvil), false, 400);
  EXPECT_FALSE(has_control_bytes(text));
  EXPECT_THAT(text, HasSubstr("<script>"));
  for (const std::string& line : lines_of(text)) EXPECT_FALSE(line.starts_with("Forged")) << line;
  const std::size_t lines = lines_of(render_text(call_full_of("benign"), false, 4000)).size();
  EXPECT_EQ(lines_of(render_text(call_full_of(kEvil), false, 4000)).size(), lines) << "no line is forged";
}

TEST(RenderText, AHugeCallStaysBounded) {
  CallHistory history;
  for (int leg = 0; leg < 300; ++leg) {
    history.tell({"i" + std::to_string(leg), "call.initiated", "leg" + std::to_string(leg), leg * 1ms});
    history.tell({"h" + std::to_string(leg), "call.hangup", "leg" + std::to_string(leg), 60s + leg * 1ms});
  }
  const Timeline timeline = history.read().value();
  EXPECT_LT(render_text(timeline, false, 100).size(), 200'000U);
  EXPECT_LT(render_mermaid(timeline).size(), 200'000U);
  EXPECT_LT(render_html(timeline).size(), 2'000'000U);
}

}  // namespace
}  // namespace hookledger::testing
