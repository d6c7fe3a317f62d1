#include "harness/worker_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/bytes.h"

namespace walbreaker {
namespace {

using testing::ElementsAre;

std::string body_of(std::string_view frame) {
  FrameBuffer buffer;
  buffer.add(frame);
  return buffer.next().value_or("no frame");
}

Tally one_case() {
  Tally tally;
  tally.cases = 1;
  return tally;
}

TEST(WorkerMessage, AnOrderComesBackWhole) {
  const auto order = parse_order(body_of(to_frame(WorkerOrder{3, true, {128, 256}, {7, 9}, {11}})));
  ASSERT_TRUE(order);
  EXPECT_EQ(order->campaign, 3U);
  EXPECT_TRUE(order->prepare_only);
  EXPECT_EQ(order->cases.first, 128U);
  EXPECT_EQ(order->cases.last, 256U);
  EXPECT_THAT(order->skips, ElementsAre(7, 9));
  EXPECT_THAT(order->suspects, ElementsAre(11));
}

TEST(WorkerMessage, EveryAnswerComesBackAsWhatItWas) {
  const auto prepared = parse_answer(body_of(to_frame(WorkerAnswer(Prepared{17, 5, one_case()}))));
  ASSERT_TRUE(prepared && std::holds_alternative<Prepared>(*prepared));
  EXPECT_EQ(std::get<Prepared>(*prepared).total_cases, 17U);
  EXPECT_EQ(std::get<Prepared>(*prepared).cases_per_unit, 5U);
  const auto done = parse_answer(body_of(to_frame(WorkerAnswer(UnitDone{one_case()}))));
  ASSERT_TRUE(done && std::holds_alternative<UnitDone>(*done));
  EXPECT_EQ(std::get<UnitDone>(*done).tally.cases, 1U);
  const auto draft = parse_answer(body_of(to_frame(WorkerAnswer(Violation{ViolationKind::died, "here", "so", 4, {}}))));
  ASSERT_TRUE(draft && std::holds_alternative<Violation>(*draft));
  EXPECT_EQ(std::get<Violation>(*draft).where, "here");
}

TEST(WorkerMessage, ACampaignMayHaveNoEnd) {
  const auto prepared = parse_answer(body_of(to_frame(WorkerAnswer(Prepared{std::nullopt, 1, {}}))));
  ASSERT_TRUE(prepared);
  EXPECT_EQ(std::get<Prepared>(*prepared).total_cases, std::nullopt);
}

TEST(WorkerMessage, WhatIsNoMessageIsNone) {
  EXPECT_FALSE(parse_order(""));
  EXPECT_FALSE(parse_answer(""));
  EXPECT_FALSE(parse_answer(std::string(8, '\x7f')));
  EXPECT_FALSE(parse_answer(body_of(to_frame(WorkerAnswer(UnitDone{}))) + "x"));
  EXPECT_FALSE(parse_answer(body_of(to_frame(WorkerAnswer(Prepared{1, 0, {}}))))) << "units of no case have no end";
}

TEST(FrameBuffer, FramesComeWholeHoweverTheyArrive) {
  const std::string two = to_frame(WorkerOrder{1, false, {}, {}, {}}) + to_frame(WorkerOrder{2, false, {}, {}, {}});
  FrameBuffer buffer;
  std::vector<std::uint64_t> campaigns;
  for (const char byte : two) {
    buffer.add(std::string_view(&byte, 1));
    while (const auto frame = buffer.next()) campaigns.push_back(parse_order(*frame)->campaign);
  }
  EXPECT_THAT(campaigns, ElementsAre(1, 2));
  EXPECT_FALSE(buffer.is_broken());
}

TEST(FrameBuffer, BreaksAtALengthThatNoFrameHas) {
  std::string bytes;
  kv::append(bytes, kMostFrameBytes + 1);
  FrameBuffer buffer;
  buffer.add(bytes);
  EXPECT_FALSE(buffer.next());
  EXPECT_TRUE(buffer.is_broken());
}

}  // namespace
}  // namespace walbreaker
