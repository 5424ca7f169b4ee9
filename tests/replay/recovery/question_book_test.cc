#include "replay/recovery/question_book.h"

#include <gmock/gmock.h>

namespace hookledger {
namespace {

using namespace std::chrono_literals;
using Instant = QuestionBook::Instant;

constexpr Instant kNow{std::chrono::hours(5)};
constexpr Time kSince{std::chrono::hours(1)};

TEST(QuestionBook, AsksTheOneThatIsDueLongest) {
  QuestionBook book(1);
  book.add("b", kSince + 1s, kNow);
  book.add("a", kSince, kNow + 1s, false);
  EXPECT_EQ(book.due(kNow - 1us), std::nullopt);
  EXPECT_EQ(book.due(kNow + 1s)->call_id, "b");
  EXPECT_TRUE(book.due(kNow + 1s)->of_finding);
  book.answered("b");
  EXPECT_EQ(book.due(kNow), std::nullopt);
  EXPECT_EQ(book.due(kNow + 1s)->call_id, "a");
  EXPECT_FALSE(book.due(kNow + 1s)->of_finding);
}

TEST(QuestionBook, AsksAgainWithGrowingPausesUpToABound) {
  QuestionBook book(7);
  book.add("a", kSince, kNow);
  Instant now = kNow;
  Duration longest = QuestionBook::kFirstPause;
  for (int asked = 0; asked < 20; ++asked) {
    book.put_off("a", now);
    EXPECT_FALSE(book.due(now + longest / 2 - 1us));
    ASSERT_TRUE(book.due(now + longest));
    now += longest;
    longest = std::min(longest * 2, Duration(QuestionBook::kLongestPause));
  }
  book.add("a", kSince, now - 1h);
  EXPECT_FALSE(book.has("b"));
  EXPECT_EQ(book.size(), 1u) << "a known one stays as it is";
}

TEST(QuestionBook, KnowsTheOldest) {
  QuestionBook book(1);
  EXPECT_EQ(book.oldest(), std::nullopt);
  book.add("a", kSince + 1s, kNow);
  book.add("b", kSince, kNow);
  book.put_off("b", kNow);
  EXPECT_EQ(book.oldest(), kSince);
  book.answered("b");
  book.answered("b");
  EXPECT_EQ(book.oldest(), kSince + 1s);
}

TEST(QuestionBook, IsBounded) {
  QuestionBook book(1, 3);
  for (int i = 0; i < 10; ++i) book.add(std::to_string(i), kSince, kNow);
  EXPECT_EQ(book.size(), 3u);
  EXPECT_TRUE(book.has("2"));
  EXPECT_FALSE(book.has("3"));
  book.put_off("9", kNow);
  book.answered("9");
  EXPECT_EQ(book.size(), 3u);
}

}  // namespace
}  // namespace hookledger
