#include "replay/redelivery/letter_box.h"

#include <gmock/gmock.h>
#include <map>

#include "tests/support/seeded.h"

namespace hookledger {
namespace {

class Box : public LetterBox {
 public:
  explicit Box(std::string name) : name_(std::move(name)) {}
  void put(Place place) { letters_.emplace(place, DeadLetter{.place = place, .id = "event"}); }

  const std::string& name() const override { return name_; }
  Result<std::vector<DeadLetter>> letters(Place from, std::size_t max) const override {
    std::vector<DeadLetter> found;
    for (auto at = letters_.lower_bound(from); at != letters_.end() && found.size() < max; ++at) {
      found.push_back(at->second);
    }
    return found;
  }
  Result<bool> retry(Place place) override {
    const auto found = letters_.find(place);
    return found != letters_.end() && (found->second.retry = true);
  }
  Result<bool> drop(Place place) override { return letters_.erase(place) > 0; }

 private:
  const std::string name_;
  std::map<Place, DeadLetter> letters_;
};

TEST(LetterBox, PagesAreTheWholeInOrderWhoeverHasAPartition) {
  auto random = seeded_generator();
  for (int round = 0; round < 100; ++round) {
    const auto first = std::make_shared<Box>("a"), second = std::make_shared<Box>("b"),
               third = std::make_shared<Box>("a"), empty = std::make_shared<Box>("c");
    std::vector<std::pair<std::string, Place>> all;
    for (std::size_t i = random_below(random, 60); i > 0; --i) {
      const Place place{static_cast<std::uint32_t>(random_below(random, 6)), i};
      Box& box = *(random_below(random, 2) == 0 ? second : place.partition % 2 == 0 ? first : third);
      box.put(place);
      all.emplace_back(box.name(), place);
    }
    std::ranges::sort(all);
    std::vector<std::pair<std::string, Place>> read;
    PageRequest request{.limit = 1 + random_below(random, 9), .cursor = {}};
    do {
      const auto page = list_letters({second, third, empty, first}, {}, request).value();
      EXPECT_LE(page.items.size(), request.limit);
      for (const auto& [name, letter] : page.items) read.emplace_back(name, letter.place);
      request.cursor = page.next;
    } while (!request.cursor.empty());
    ASSERT_EQ(read, all);
  }
}

TEST(LetterBox, OneOrAllAreChanged) {
  const auto a = std::make_shared<Box>("a"), b = std::make_shared<Box>("b");
  for (std::uint64_t offset = 0; offset < 1'200; ++offset) a->put({0, offset});
  b->put({0, 7});
  EXPECT_EQ(change_letters({a, b}, {"a", Place{0, 7}}, LetterAction::kDrop).value(), 1U);
  EXPECT_EQ(change_letters({a, b}, {"", Place{0, 7}}, LetterAction::kRetry).value(), 1U) << "b's";
  EXPECT_EQ(change_letters({a, b}, {"a", {}}, LetterAction::kRetry).value(), 1'199U);
  EXPECT_EQ(change_letters({a, b}, {}, LetterAction::kDrop).value(), 1'200U);
  EXPECT_EQ(change_letters({a, b}, {}, LetterAction::kDrop).value(), 0U);
  EXPECT_EQ(change_letters({a, b}, {"a", Place{0, 7}}, LetterAction::kDrop).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(change_letters({a, b}, {"c", {}}, LetterAction::kDrop).error().code, ErrorCode::kNotFound);
}

TEST(LetterBox, WhatIsWrittenIsRead) {
  const NamedLetter letter{"crm",
                           {{3, 1'742},
                            "evt\"1",
                            "telnyx",
                            "call.hangup",
                            "call-1",
                            4,
                            "HTTP 500",
                            Time(std::chrono::seconds(1'700'000'000)),
                            true}};
  const auto page = parse_letter_list(to_json(Page<NamedLetter>{{letter}, "crm/3/1743"})).value();
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_EQ(page.next, "crm/3/1743");
  EXPECT_EQ(to_json(page.items.front()), to_json(letter));
  EXPECT_EQ(decode_dead_letter({3, 1'742}, encode(letter.letter))->answer, "HTTP 500");
  const std::string bytes = encode(letter.letter);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(decode_dead_letter({}, std::string_view(bytes).substr(0, size)));
  }
  EXPECT_FALSE(parse_letter_list("[]"));
  EXPECT_FALSE(parse_letter_count("{}"));
  for (const char* text : {"", "3", "3/", "/3", "3/x", "4294967296/1", "3/4/5", "-1/2"})
    EXPECT_FALSE(parse_place(text)) << text;
  EXPECT_EQ(parse_place("3/1742"), (Place{3, 1'742}));
}

}  // namespace
}  // namespace hookledger
