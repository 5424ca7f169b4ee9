#include <gmock/gmock.h>
#include <sstream>

#include "tests/replay/evil_call.h"
#include "tests/replay/example_call.h"
#include "tests/support/golden.h"

namespace hookledger::testing {
namespace {

void expect_plain_diagram(const std::string& diagram) {
  const std::string text = "[A-Za-z0-9 .,_+()/-]*";
  const ::testing::Matcher<std::string> allowed =
      ::testing::MatchesRegex("sequenceDiagram|  participant (A|P|L[0-9]+) as " + text +
                              "|  (A|P|L[0-9]+)--?>>A: " + text + "|  Note over A,P: " + text);
  std::istringstream lines(diagram);
  for (std::string line; std::getline(lines, line);) EXPECT_THAT(line, allowed);
}

TEST(RenderMermaid, TheExampleReadsAsItAlwaysDid) {
  CallHistory history;
  const std::string diagram = render_mermaid(tell_example(history).read().value());
  expect_golden("v1/timeline.mermaid", diagram);
  expect_plain_diagram(diagram);
}

TEST(RenderMermaid, NothingFromOutsideIsSyntax) {
  for (const std::string& text :
       {kEvil, std::string("x\nA->>P: forged"), std::string("end"), std::string(10'000, ';')}) {
    const std::string diagram = render_mermaid(call_full_of(text));
    EXPECT_TRUE(diagram.starts_with("sequenceDiagram\n"));
    expect_plain_diagram(diagram);
    EXPECT_LT(diagram.size(), 5000U);
  }
}

TEST(RenderMermaid, FindingsStandWhereTheyOpened) {
  CallHistory history;
  const std::string diagram = render_mermaid(tell_example(history).read().value());
  const std::size_t note = diagram.find("Note over A,P: +67000 ms critical resolved");
  ASSERT_NE(note, std::string::npos);
  EXPECT_LT(diagram.find("+66000 ms"), note);
  EXPECT_GT(diagram.find("+68000 ms info"), note);
}

}  // namespace
}  // namespace hookledger::testing
