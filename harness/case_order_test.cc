#include "harness/case_order.h"

#include <gtest/gtest.h>

#include <set>

namespace walbreaker {
namespace {

TEST(CaseOrder, IsAPermutation) {
  for (const std::uint64_t total : {1U, 2U, 3U, 10U, 97U, 128U, 1000U}) {
    const CaseOrder order = CaseOrder::spread(total, 7);
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < total; ++i) seen.insert(order.at(i));
    EXPECT_EQ(seen.size(), total);
    EXPECT_LT(*seen.rbegin(), total);
  }
}

TEST(CaseOrder, AnyFirstPartLeavesNoLargeGap) {
  constexpr std::uint64_t kTotal = 100'000;
  const CaseOrder order = CaseOrder::spread(kTotal, 1);
  for (const std::uint64_t count : {50U, 500U, 5'000U}) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < count; ++i) seen.insert(order.at(i));
    std::uint64_t previous = 0;
    for (const std::uint64_t place : seen) {
      EXPECT_LT(place - previous, 4 * kTotal / count);
      previous = place;
    }
  }
}

TEST(CaseOrder, DependsOnTheSeedWhereItIsSpread) {
  EXPECT_NE(CaseOrder::spread(1000, 1).at(0), CaseOrder::spread(1000, 2).at(0));
  EXPECT_EQ(CaseOrder::as_they_come(1000).at(17), 17U);
}

}  // namespace
}  // namespace walbreaker
