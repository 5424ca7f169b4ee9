#include "projector/published_findings.h"

#include <gmock/gmock.h>

#include "schemas/place.h"

namespace hookledger {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint32_t kPartitions = 4;
const std::string kPhone("\0device\0phone", 13), kTablet("\0device\0tablet", 14);

Finding finding(const std::string& id, FindingStatus status) {
  Finding made;
  made.id = id;
  made.rule = "rule";
  made.status = status;
  return made;
}

class PublishedFindingsTest : public ::testing::Test {
 protected:
  /// What is published of it: `id`, or `id gone`.
  std::vector<std::string> observe(const std::string& subject, const std::vector<Finding>& findings) {
    book_.observe(subject, findings, [](const Finding&) { return false; }, {}).value();
    std::vector<std::string> said;
    for (const Message& message : book_.messages()) said.push_back(message.key + (message.value ? "" : " gone"));
    return said;
  }

  PublishedFindings book_{kPartitions};
};

TEST_F(PublishedFindingsTest, AllOfASubjectThatChangedToItsPartition) {
  EXPECT_THAT(observe(kPhone, {finding("a", FindingStatus::kOpen), finding("b", FindingStatus::kNoted)}),
              ElementsAre("a", "b"));
  EXPECT_EQ(book_.messages().front().partition, partition_of("phone", kPartitions));
  EXPECT_TRUE(book_.full());
  book_.take();
  EXPECT_THAT(observe(kPhone, {finding("a", FindingStatus::kResolved), finding("b", FindingStatus::kNoted)}),
              ElementsAre("a"))
      << "the other is as it was";
}

TEST_F(PublishedFindingsTest, WhatIsOpenIsNotPublishedAgain) {
  observe(kPhone, {finding("a", FindingStatus::kOpen)});
  book_.take();
  EXPECT_THAT(observe(kPhone, {finding("a", FindingStatus::kOpen)}), IsEmpty());
  EXPECT_FALSE(book_.full());
}

TEST_F(PublishedFindingsTest, WhatWasOpenAndNeverWasOneIsTakenBack) {
  observe(kPhone, {finding("a", FindingStatus::kOpen)});
  observe(kTablet, {finding("b", FindingStatus::kOpen)});
  book_.take();
  EXPECT_THAT(observe(kPhone, {}), ElementsAre("a gone"));
  book_.take();
  EXPECT_THAT(observe(kPhone, {}), IsEmpty()) << "once";
}

TEST_F(PublishedFindingsTest, OfAPartitionThatWentNothingIsLeft) {
  ASSERT_NE(partition_of("phone", kPartitions), partition_of("tablet", kPartitions));
  observe(kPhone, {finding("a", FindingStatus::kOpen)});
  observe(kTablet, {finding("b", FindingStatus::kOpen)});
  book_.let_go(partition_of("phone", kPartitions));
  EXPECT_THAT(observe(kPhone, {finding("a", FindingStatus::kOpen)}), ElementsAre("b", "a"));
}

}  // namespace
}  // namespace hookledger
