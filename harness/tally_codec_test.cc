#include "harness/tally_codec.h"

#include <gtest/gtest.h>

#include "harness/random.h"

namespace walbreaker {
namespace {

Violation example_violation() {
  Violation violation{ViolationKind::hung, "mid_flight: record", "line\nline", 41, {}};
  violation.case_text = std::string("\0\1bytes", 7);
  return violation;
}

Tally example_tally() {
  Tally tally;
  tally.cases = 128;
  tally.fired = 127;
  tally.distinct_images = 100;
  tally.follow_ups = 9;
  tally.counts[{"fresh", "full"}] = 3;
  tally.counts[{"", ""}] = 0;
  tally.add(example_violation());
  tally.add(Violation{ViolationKind::baseline, "", "", 0, {}});
  tally.trouble = "no space";
  return tally;
}

std::string bytes_of(const Tally& tally) {
  std::string bytes;
  append_tally(bytes, tally);
  return bytes;
}

TEST(TallyCodec, ATallyComesBackWhole) {
  const std::string bytes = bytes_of(example_tally());
  ByteReader reader(bytes);
  const Tally tally = read_tally(reader);
  EXPECT_TRUE(reader.at_end());
  EXPECT_EQ(tally.cases, 128U);
  EXPECT_EQ(tally.fired, 127U);
  EXPECT_EQ(tally.distinct_images, 100U);
  EXPECT_EQ(tally.follow_ups, 9U);
  EXPECT_EQ(tally.violating_cases, 2U);
  EXPECT_EQ(tally.counts, example_tally().counts);
  EXPECT_EQ(tally.trouble, "no space");
  ASSERT_EQ(tally.violations.size(), 2U);
  EXPECT_EQ(tally.violations[0].kind, ViolationKind::hung);
  EXPECT_EQ(tally.violations[0].where, "mid_flight: record");
  EXPECT_EQ(tally.violations[0].summary, "line\nline");
  EXPECT_EQ(tally.violations[0].case_index, 41U);
  EXPECT_EQ(tally.violations[0].case_text, example_violation().case_text);
}

TEST(TallyCodec, EveryKindOfViolationComesBack) {
  for (const ViolationInfo& row : kViolations) {
    std::string bytes;
    append_violation(bytes, {row.kind, {}, {}, 0, {}});
    ByteReader reader(bytes);
    EXPECT_EQ(read_violation(reader).kind, row.kind);
    EXPECT_TRUE(reader.at_end());
  }
}

TEST(TallyCodec, NoPartOfATallyIsATally) {
  const std::string bytes = bytes_of(example_tally());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    ByteReader reader(std::string_view(bytes).substr(0, length));
    read_tally(reader);
    EXPECT_FALSE(reader.at_end()) << length;
  }
}

TEST(TallyCodec, BytesThatAreLeftOverAreNotTheEnd) {
  const std::string bytes = bytes_of(example_tally()) + 'x';
  ByteReader reader(bytes);
  read_tally(reader);
  EXPECT_TRUE(reader.good());
  EXPECT_FALSE(reader.at_end());
}

TEST(TallyCodec, RefusesAKindThatThereIsNotAndAFlagThatIsNone) {
  std::string bytes;
  append_violation(bytes, {ViolationKind::baseline, {}, {}, 0, {}});
  bytes[0] = static_cast<char>(kViolations.size());
  ByteReader kind(bytes);
  read_violation(kind);
  EXPECT_FALSE(kind.good());

  ByteReader flag("\2");
  EXPECT_FALSE(flag.flag());
  EXPECT_FALSE(flag.good());
}

TEST(TallyCodec, HostileBytesCostNoMoreThanTheirLength) {
  Random random(1);
  const std::string good = bytes_of(example_tally());
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (std::uint64_t flips = random.between(1, 4); flips > 0; --flips) {
      bytes[random.below(bytes.size())] = static_cast<char>(random.next());
    }
    ByteReader reader(bytes);
    const Tally tally = read_tally(reader);
    EXPECT_LE(tally.violations.size() + tally.counts.size(), bytes.size());
  }
}

}  // namespace
}  // namespace walbreaker
