#include <gmock/gmock.h>

#include "replay/html.h"
#include "tests/replay/evil_call.h"
#include "tests/replay/example_call.h"

namespace hookledger::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

/// Every `<` begins a tag of ours, with attributes of ours, and every quote outside of tags is escaped.
void expect_only_own_markup(const std::string& page) {
  const std::size_t style = page.find("<style>"), after_style = page.find("</style>");
  ASSERT_LT(style, after_style);
  const std::string html = page.substr(0, style) + page.substr(after_style + 8);
  const ::testing::Matcher<std::string> tag = ::testing::MatchesRegex(
      "</"
      "?(!doctype|html|head|meta|title|body|main|h1|h2|h3|code|span|dl|div|dt|dd|p|article|svg|line|rect|text|g|circle|"
      "path|table|thead|tbody|tr|th|td|strong|br|a|details|summary|pre)"
      "( html| "
      "(lang|charset|http-equiv|content|name|class|colspan|rel|href|role|aria-label|width|height|viewBox|x|y|x1|"
      "x2|y1|y2|cx|cy|r|rx|d|transform|text-anchor)=\"[^\"<>]*\")*/?>");
  for (std::size_t at = html.find('<'); at != std::string::npos;) {
    const std::size_t end = html.find('>', at), next = html.find('<', end);
    ASSERT_NE(end, std::string::npos);
    ASSERT_THAT(html.substr(at, end + 1 - at), tag);
    const std::string content = html.substr(end + 1, next - end - 1);
    ASSERT_EQ(content.find_first_of("\"'>"), std::string::npos) << content;
    at = next;
  }
}

TEST(RenderHtml, IsOnePageThatNeedsNothingElse) {
  CallHistory history;
  const std::string page = render_html(tell_example(history).read().value());
  EXPECT_TRUE(page.starts_with("<!doctype html>"));
  EXPECT_THAT(page, AllOf(HasSubstr("default-src 'none'; style-src 'unsafe-inline'"), HasSubstr("<svg"),
                          HasSubstr("</html>"), HasSubstr("prefers-color-scheme:dark")));
  EXPECT_THAT(page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("<link")), Not(HasSubstr("<img")),
                          Not(HasSubstr("url(")), Not(HasSubstr("@import")), Not(HasSubstr("src="))));
  expect_only_own_markup(page);
}

TEST(RenderHtml, ShowsCallLegsRecordsBodiesAndFindings) {
  CallHistory history;
  const std::string page = render_html(tell_example(history).read().value());
  for (const char* text :
       {"call-1", "leg-a", "leg-b", "leg-c", "call.recording.saved", "originator_cancel", "+65000 ms", "LATE", "x3",
        "imported", "gap of 1m1s", "arrived +2300 ms", "legs-ring-after-hangup", "ed25519:622c407a8d376b2a",
        "&quot;event_type&quot;: &quot;call.cost&quot;", "href=\"https://example.com/a.mp3?x=1&amp;y=&lt;2&gt;\""}) {
    EXPECT_THAT(page, HasSubstr(text));
  }
}

TEST(RenderHtml, NothingFromOutsideIsMarkup) {
  const std::string page = render_html(call_full_of(kEvil));
  EXPECT_FALSE(has_control_bytes(page));
  EXPECT_THAT(
      page, AllOf(Not(HasSubstr("<script")), Not(HasSubstr("href=\"javascript:")), HasSubstr("javascript:alert(1)"),
                  HasSubstr("&lt;script&gt;alert(&quot;x&quot;)"), HasSubstr("href=\"https://example.com/&lt;script")));
  expect_only_own_markup(page);
}

TEST(RenderHtml, AnEmptyCallIsAPageToo) {
  Timeline timeline;
  timeline.call.id = "none";
  expect_only_own_markup(render_html(timeline));
}

TEST(HtmlBody, IndentsJson) {
  EXPECT_EQ(html_body(R"( {"a" :[1, {"b":"x,{"}],"c":{},"d":[ ]} )", true),
            "{\n  &quot;a&quot;: [\n    1,\n    {\n      &quot;b&quot;: &quot;x,{&quot;\n    }\n  ],\n"
            "  &quot;c&quot;: {},\n  &quot;d&quot;: []\n}\n");
  EXPECT_EQ(html_body(R"("a\"b\\")", true), "&quot;a\\&quot;b\\\\&quot;\n");
}

TEST(HtmlBody, KeepsLinesOfOtherTextAndShowsItsControlBytes) {
  EXPECT_EQ(html_body("<a>\nb\x01", false), "&lt;a&gt;\nb\\x01\n");
}

TEST(HtmlBody, DoesNotGrowWithDepth) {
  std::string body;
  for (int i = 0; i < 1000; ++i) body += "[1,";
  body += "1";
  body.append(1000, ']');
  EXPECT_LT(html_body(body, true).size(), body.size() * 40);
}

}  // namespace
}  // namespace hookledger::testing
