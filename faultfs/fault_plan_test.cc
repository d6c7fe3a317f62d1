#include "faultfs/fault_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace faultfs {
namespace {

using testing::IsEmpty;

// An amount that a fault of this kind can have.
std::uint64_t some_amount(FaultKind kind) { return info(kind).amount == Amount::none ? 0 : 4096; }

Fault some_fault(FaultKind kind) { return {.kind = kind, .amount = some_amount(kind)}; }

Op write_op(std::string path, std::uint64_t offset = 0, std::uint64_t length = 1) {
  return {.kind = OpKind::write, .path = std::move(path), .to = {}, .offset = offset, .length = length};
}

// --- the tables ---

TEST(FaultKinds, EachHasARowOfItsOwnWithAWordForItsAmount) {
  std::set<std::string_view> names;
  for (const FaultKindInfo& row : kFaultKinds) {
    EXPECT_EQ(&info(row.kind), &row);
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_THAT(row.hits, testing::Not(IsEmpty()));
    EXPECT_FALSE(row.meaning.empty());
  }
  for (const AmountInfo& row : kAmounts) EXPECT_EQ(&info(row.amount), &row);
}

TEST(FaultKinds, KillsAndWriteErrorsHitExactlyTheOperationsThatChangeTheDisk) {
  for (const OpKindInfo& row : kOpKinds) {
    EXPECT_EQ(hits(FaultKind::kill, row.kind), row.changes_disk) << row.name;
    EXPECT_EQ(hits(FaultKind::write_error, row.kind), row.changes_disk) << row.name;
  }
}

TEST(FaultKinds, NothingIsFullWhereNothingGrows) {
  EXPECT_FALSE(hits(FaultKind::no_space, OpKind::unlink));
  for (const OpKind kind :
       {OpKind::create, OpKind::write, OpKind::truncate, OpKind::allocate, OpKind::make_dir, OpKind::rename}) {
    EXPECT_TRUE(hits(FaultKind::no_space, kind)) << to_string(kind);
  }
}

// --- text ---

TEST(FaultText, IsALineThatAPersonCanRead) {
  EXPECT_EQ(to_text(Fault{.kind = FaultKind::sync_error, .op = OpKind::sync, .path = "wal-*.log", .at = 3}),
            "sync_error sync at 3 once of wal-*.log");
  EXPECT_EQ(to_text(Fault{.kind = FaultKind::no_space, .lasting = Lasting::for_ever, .amount = 100}),
            "no_space any at 0 for_ever after 100 of *");
  EXPECT_EQ(to_text(Fault{.kind = FaultKind::misdirected_write, .amount = ~std::uint64_t{0}}),
            "misdirected_write any at 0 once by -1 of *");
}

TEST(FaultText, RoundTripsForEveryKindWithEveryOperationThatItHits) {
  FaultPlan plan;
  for (const FaultKindInfo& row : kFaultKinds) {
    for (const Lasting lasting : {Lasting::once, Lasting::for_ever}) {
      Fault fault = some_fault(row.kind);
      fault.lasting = lasting;
      plan.faults.push_back(fault);
      for (const OpKind op : row.hits) {
        fault.op = op;
        fault.at = ~std::uint64_t{0};
        fault.path = "store 2/a  b [0-9] of \\* \"#é ";
        plan.faults.push_back(fault);
      }
    }
  }
  for (const Fault& fault : plan.faults) {
    ASSERT_TRUE(check(fault)) << to_text(fault);
    const auto parsed = parse_fault(to_text(fault));
    ASSERT_TRUE(parsed) << parsed.error().message();
    EXPECT_EQ(*parsed, fault);
  }
  EXPECT_EQ(parse_fault_plan(to_text(plan)), plan);
}

TEST(FaultText, KeepsAmountsThatNeedAllTheirBits) {
  for (const char* line :
       {"kill any at 0 once after 18446744073709551615 of *", "bit_flip read at 0 once bit 18446744073709551615 of *",
        "misdirected_write write at 0 once by -67108864 of *"}) {
    const auto fault = parse_fault(line);
    ASSERT_TRUE(fault) << fault.error().message();
    EXPECT_EQ(to_text(*fault), line);
  }
}

TEST(FaultText, OfAPlanMayHoldCommentsAndEmptyLines) {
  const auto plan =
      parse_fault_plan("# a disk that lies\n\nlying_sync any at 0 for_ever of *\n#\nkill any at 7 once after 3 of *");
  ASSERT_TRUE(plan) << plan.error().message();
  EXPECT_EQ(to_text(*plan), "lying_sync any at 0 for_ever of *\nkill any at 7 once after 3 of *\n");
  EXPECT_THAT(parse_fault_plan("")->faults, IsEmpty());
}

struct Junk {
  const char* line;
  const char* reason;
};

TEST(FaultText, ThatIsJunkIsRefusedWithTheReason) {
  for (const Junk& junk : {
           Junk{"", "\"\" is no kind of fault"},
           {" kill any at 0 once after 0 of *", "\"\" is no kind of fault"},
           {"sinc_error sync at 3 once of *", "\"sinc_error\" is no kind of fault"},
           {"sync_error", R"("" is no operation, and not "any")"},
           {"sync_error fsync at 3 once of *", R"("fsync" is no operation, and not "any")"},
           {"sync_error write at 3 once of *", "sync_error does not hit write"},
           {"read_error lock at 3 once of *", "read_error does not hit lock"},
           {"sync_error sync 3 once of *", R"("3" stands where "at" has to)"},
           {"sync_error  sync at 3 once of *", R"("" is no operation, and not "any")"},
           {"sync_error sync at -3 once of *", "\"-3\" is no number"},
           {"sync_error sync at 3x once of *", "\"3x\" is no number"},
           {"sync_error sync at 18446744073709551616 once of *", "\"18446744073709551616\" is no number"},
           {"sync_error sync at 03 once of *", "it is spelled \"sync_error sync at 3 once of *\""},
           {"sync_error sync at 3 twice of *", R"("twice" is neither "once" nor "for_ever")"},
           {"sync_error sync at 3 once", R"("" stands where "of" has to)"},
           {"sync_error sync at 3 once of", "an empty pattern fits no path"},
           {"sync_error sync at 3 once of wal\t", "a pattern holds no control characters: ? stands for any character"},
           {"sync_error sync at 3 once of wal\r", "a pattern holds no control characters: ? stands for any character"},
           {"sync_error sync at 3 once after 1 of *", R"("after" stands where "of" has to)"},
           {"kill any at 3 once of *", R"("of" stands where "after" has to)"},
           {"kill any at 3 once after -1 of *", "\"-1\" is no number"},
           {"short_read read at 3 once bytes 0 of *", "a read of 0 bytes is not short: it says that the file ends"},
           {"misdirected_write write at 3 once by 0 of *", "a write that lands 0 bytes further is not misdirected"},
           {"misdirected_write write at 3 once by 67108865 of *", "a distance is at most 67108864 bytes"},
           {"misdirected_write write at 3 once by -9223372036854775808 of *", "a distance is at most 67108864 bytes"},
       }) {
    const auto fault = parse_fault(junk.line);
    ASSERT_FALSE(fault) << junk.line;
    EXPECT_EQ(fault.error().code, kv::ErrorCode::invalid_argument);
    EXPECT_EQ(fault.error().context, junk.reason) << junk.line;
  }
}

TEST(FaultText, OfAPlanIsRefusedWithTheLineAndTheReason) {
  const auto plan = parse_fault_plan("# one\nkill any at 7 once after 3 of *\n\nmelt any at 0 once of *\n");
  ASSERT_FALSE(plan);
  EXPECT_EQ(plan.error().message(), "invalid_argument: line 4: \"melt\" is no kind of fault");
}

TEST(FaultCheck, RefusesAnAmountWhereTheKindHasNone) {
  EXPECT_EQ(check({.kind = FaultKind::lost_write, .amount = 1}).error().context, "lost_write has no amount");
}

// --- which operations a fault counts ---

TEST(FaultCounts, TheOperationsOfItsRowOrTheOneThatItNames) {
  for (const FaultKindInfo& row : kFaultKinds) {
    for (const OpKindInfo& op_row : kOpKinds) {
      const Op op{.kind = op_row.kind, .path = "a", .to = {}, .offset = 0, .length = 10'000};
      Fault fault = some_fault(row.kind);
      EXPECT_EQ(counts(fault, op), hits(row.kind, op.kind)) << row.name << ' ' << op_row.name;
      fault.op = row.hits.front();
      EXPECT_EQ(counts(fault, op), op.kind == row.hits.front()) << row.name << ' ' << op_row.name;
    }
  }
}

TEST(FaultCounts, PathsWhoseLastNameFitsAPatternWithoutASlash) {
  const auto fits = [](const char* pattern, const char* path) {
    return counts({.kind = FaultKind::lost_write, .path = pattern}, write_op(path));
  };
  EXPECT_TRUE(fits("wal-*.log", "/tmp/wal-x/wal-1.log"));
  EXPECT_TRUE(fits("wal-*.log", "wal-1.log"));
  EXPECT_FALSE(fits("wal-*.log", "wal-1.log/other"));
  EXPECT_FALSE(fits("wal", "wal-1.log"));
  EXPECT_TRUE(fits("wal-[0-9].log", "a/wal-7.log"));
  EXPECT_TRUE(fits("a b?", "x y/a bc"));
  EXPECT_TRUE(fits("*", ".hidden"));
  EXPECT_TRUE(fits("store", "db/store/"));
  EXPECT_TRUE(fits("\\*", "*"));
  EXPECT_FALSE(fits("\\*", "a"));
}

TEST(FaultCounts, PathsThatAsAWholeFitAPatternWithASlash) {
  const auto fits = [](const char* pattern, const char* path) {
    return counts({.kind = FaultKind::lost_write, .path = pattern}, write_op(path));
  };
  EXPECT_TRUE(fits("store/wal-*", "store/wal-1.log"));
  EXPECT_FALSE(fits("store/wal-*", "other/wal-1.log"));
  EXPECT_FALSE(fits("store/wal-*", "/tmp/store/wal-1.log"));
  EXPECT_TRUE(fits("*/wal-*", "/tmp/store/wal-1.log"));
}

TEST(FaultCounts, ARenameByEitherOfItsNames) {
  const Op rename{.kind = OpKind::rename, .path = "db/a.tmp", .to = "db/a"};
  EXPECT_TRUE(counts({.kind = FaultKind::write_error, .path = "a.tmp"}, rename));
  EXPECT_TRUE(counts({.kind = FaultKind::write_error, .path = "a"}, rename));
  EXPECT_FALSE(counts({.kind = FaultKind::write_error, .path = "b"}, rename));
}

TEST(FaultCounts, OnlyCallsToWhichItCanDoSomething) {
  const Fault short_write{.kind = FaultKind::short_write, .amount = 4};
  EXPECT_FALSE(counts(short_write, write_op("a", 0, 4)));
  EXPECT_TRUE(counts(short_write, write_op("a", 0, 5)));
  const Fault short_read{.kind = FaultKind::short_read, .amount = 4};
  EXPECT_FALSE(counts(short_read, {.kind = OpKind::read, .path = "a", .to = {}, .length = 4}));
  EXPECT_TRUE(counts(short_read, {.kind = OpKind::read, .path = "a", .to = {}, .length = 5}));
  EXPECT_FALSE(counts({.kind = FaultKind::bit_flip}, {.kind = OpKind::read, .path = "a", .to = {}}));
  EXPECT_FALSE(counts({.kind = FaultKind::lost_write}, write_op("a", 0, 0)));
  EXPECT_TRUE(counts({.kind = FaultKind::write_error}, write_op("a", 0, 0)));
}

TEST(FaultCounts, NoMisdirectedWriteThatWouldLandBeforeTheStart) {
  const Fault backwards{.kind = FaultKind::misdirected_write, .amount = std::uint64_t{0} - 10};
  EXPECT_FALSE(counts(backwards, write_op("a", 9)));
  EXPECT_TRUE(counts(backwards, write_op("a", 10)));
  const Fault forwards{.kind = FaultKind::misdirected_write, .amount = 10};
  EXPECT_TRUE(counts(forwards, write_op("a", 0)));
  EXPECT_FALSE(counts(forwards, write_op("a", 0, 0)));
}

}  // namespace
}  // namespace faultfs
