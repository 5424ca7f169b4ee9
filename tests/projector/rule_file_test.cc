// Rule files, good and bad ones of tests/data/rules: every error at its line and column, in the words of the file's
// last lines.
#include "projector/rule_files/rule_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <iterator>

#include "projector/rule_files/shipped.h"
#include "projector/rule_files/tunables.h"

namespace hookledger::rules {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<RuleFile> read_folder(const std::string& name) {
  std::vector<RuleFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(HOOKLEDGER_RULES_DIR "/" + name)) {
    std::ifstream in(entry.path(), std::ios::binary);
    files.push_back({entry.path().filename().string(), {std::istreambuf_iterator<char>(in), {}}});
  }
  std::ranges::sort(files, {}, &RuleFile::name);
  return files;
}

/// After the shipped packs, as a user's file.
LoadedRules load(const RuleFile& file) {
  std::vector<RuleFile> files = shipped_packs();
  files.push_back(file);
  return load_rule_files(files);
}

LoadedRules load(const std::string& text) { return load(RuleFile{"f.yaml", text}); }

std::vector<std::string> lines_of(const LoadedRules& loaded) {
  std::vector<std::string> lines;
  for (const RuleFileError& error : loaded.errors) lines.push_back(to_string(error));
  return lines;
}

std::vector<std::string> expected_errors(const RuleFile& file) {
  std::vector<std::string> lines;
  for (std::size_t at = file.text.find("\n#! "); at != std::string::npos; at = file.text.find("\n#! ", at + 1)) {
    const std::size_t begin = at + 4;
    lines.push_back(file.name + ':' + file.text.substr(begin, file.text.find('\n', begin) - begin));
  }
  return lines;
}

const RuleSpec& rule(const LoadedRules& loaded, std::string_view name) {
  return *std::ranges::find(loaded.rules, name, &RuleSpec::name);
}

TEST(RuleFile, GoodOnesAreRead) {
  const auto files = read_folder("good");
  ASSERT_THAT(files, Not(IsEmpty()));
  for (const RuleFile& file : files) EXPECT_THAT(lines_of(load(file)), IsEmpty());
}

TEST(RuleFile, BadOnesSayWhereAndWhatWasExpected) {
  const auto files = read_folder("bad");
  ASSERT_THAT(files, SizeIs(::testing::Gt(20U)));
  for (const RuleFile& file : files) {
    EXPECT_THAT(expected_errors(file), Not(IsEmpty())) << file.name;
    EXPECT_THAT(lines_of(load(file)), ElementsAreArray(expected_errors(file))) << file.name;
  }
}

TEST(RuleFile, ValuesHaveTheTypesThatTheyLookLike) {
  const LoadedRules loaded = load(read_folder("good").front());
  std::map<std::string, Comparison> by_field;
  for (const Comparison& comparison : rule(loaded, "forbid-noted").event.where) {
    by_field[comparison.field.pointer] = comparison;
  }
  EXPECT_THAT(by_field["/text"].literals, ElementsAre(Literal("android")));
  EXPECT_THAT(by_field["/quoted"].literals, ElementsAre(Literal("5s")));
  EXPECT_THAT(by_field["/number"].literals, ElementsAre(Literal(5.0)));
  EXPECT_THAT(by_field["/flag"].literals, ElementsAre(Literal(false)));
  EXPECT_THAT(by_field["/time"].literals, ElementsAre(Literal(*parse_time("2026-02-08T10:15:30Z"))));
  EXPECT_THAT(by_field["/duration"].literals, ElementsAre(Literal(Duration(4h + 5min))));
  EXPECT_THAT(by_field["/dollar"].literals, ElementsAre(Literal("$5")));
  EXPECT_EQ(by_field["/pointers"].type, Type::kNumber);
  EXPECT_EQ(by_field["/pointers"].other, (Field{Field::kPointer, "/other"}));
  EXPECT_EQ(by_field["/equal"].type, Type::kText);
  EXPECT_EQ(by_field["/leg"].known, Known::kNoLeg);
  for (const auto& [field, comparison] : by_field) {
    for (const Literal& literal : comparison.literals) {
      if (comparison.test != rules::Test::kPresent) {
        EXPECT_EQ(static_cast<Type>(literal.index()), comparison.type) << field;
      }
    }
  }
}

TEST(RuleFile, DefaultsAreThoseOfThePage) {
  const LoadedRules loaded = load(
      "format: 1\nrules:\n- rule: a\n  kind: expect\n  when: {call: begun}\n  then: {call: ended}\n  within: 1s\n"
      "  summary: s\n  action: a\n  opens: o\n  ends: e\n");
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  const RuleSpec& read = rule(loaded, "a");
  EXPECT_EQ(read.scope, Scope::kCall);
  EXPECT_EQ(read.legs, Legs::kAll);
  EXPECT_EQ(read.severity, Severity::kWarning);
  EXPECT_TRUE(read.enabled);
  EXPECT_FALSE(read.noted);
  EXPECT_EQ(read.during, While::kAlways);
}

TEST(RuleFile, TuningChangesTheRulesBefore) {
  const LoadedRules loaded = load(
      "format: 1\ntune:\n  no-end: {within: 2h, severity: critical}\n  late-event: {lag: 5s}\n  double-answer: {max: "
      "3}\n"
      "  push-failures: {above: 12.5 %, over: 1m, at-least: 3}\n  certificate-expires: {before: 30d}\n"
      "  recording-not-saved: {enabled: true}\n");
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_EQ(rule(loaded, "no-end").within, 2h);
  EXPECT_EQ(rule(loaded, "no-end").severity, Severity::kCritical);
  EXPECT_THAT(rule(loaded, "no-end").parameters, ElementsAre(::testing::Pair("within", "2h")));
  EXPECT_EQ(limit_of(rule(loaded, "late-event")), 5s);
  EXPECT_EQ(rule(loaded, "double-answer").max, 3U);
  EXPECT_EQ(rule(loaded, "push-failures").above, 0.125);
  EXPECT_EQ(rule(loaded, "push-failures").over, 1min);
  EXPECT_EQ(rule(loaded, "push-failures").at_least, 3U);
  EXPECT_EQ(rule(loaded, "certificate-expires").before_due, 30 * 24h);
  EXPECT_TRUE(rule(loaded, "recording-not-saved").enabled);
}

TEST(RuleFile, ALaterFileTunesAnEarlierOneAndNotTheOtherWayRound) {
  const RuleFile tuning{"t.yaml", "format: 1\ntune: {a: {within: 2s}}\n"};
  const RuleFile made{"a.yaml",
                      "format: 1\nrules:\n- rule: a\n  kind: expect\n  when: {call: begun}\n  then: {call: ended}\n"
                      "  within: 1s\n  summary: s\n  action: a\n  opens: o\n  ends: e\n"};
  const LoadedRules loaded = load_rule_files({made, tuning});
  ASSERT_THAT(lines_of(loaded), IsEmpty());
  EXPECT_EQ(rule(loaded, "a").within, 2s);
  ASSERT_THAT(loaded.files, SizeIs(2));
  EXPECT_THAT(loaded.files[0].rules, ElementsAre("a"));
  EXPECT_THAT(loaded.files[1].tuned, ElementsAre("a"));
  EXPECT_THAT(lines_of(load_rule_files({tuning, made})),
              ElementsAre("t.yaml:2:8: tune: no rule 'a' (hookledger rules list shows them)"));
  EXPECT_THAT(
      lines_of(load_rule_files({made, {"b.yaml", made.text}})),
      ElementsAre(
          "b.yaml:3:3: rule: there is a rule 'a' in a.yaml already: give this one another name, or tune that one"));
}

TEST(RuleFile, ErrorsOfSeveralFilesComeTogether) {
  EXPECT_THAT(lines_of(load_rule_files({{"a.yaml", "format: 3\n"}, {"b\x1b.yaml", "[]"}})),
              ElementsAre("a.yaml:1:9: format: this program reads format 1, got '3'",
                          "b\\x1b.yaml:1:1: expected a file of rules, got an empty list"));
}

TEST(RuleFile, LimitsAreKept) {
  EXPECT_THAT(lines_of(load("format: 1\n#" + std::string(std::size_t{1} << 20U, 'x'))),
              ElementsAre("f.yaml:1:1: larger than 1 MiB: split the file"));
  std::string many = "format: 1\nrules: [";
  for (int i = 0; i < 100'001; ++i) many += "a,";
  EXPECT_THAT(lines_of(load(many + "]")), ElementsAre(::testing::HasSubstr("more than 100000 values")));
}

}  // namespace
}  // namespace hookledger::rules
