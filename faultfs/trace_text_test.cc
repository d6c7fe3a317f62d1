// The text form of traces (trace.h): every kind of line, there and back, and every refusal.
#include <gtest/gtest.h>

#include "faultfs/sim_disk.h"
#include "faultfs/trace.h"

namespace faultfs {
namespace {

// Every kind of line, and each in every form.
constexpr std::string_view kEveryLine = R"(trace 1
directory "db"
directory "db/old"
file 0 "db/empty" -
file 1 "db/wal-1.log" 6f6c64+00*4096+21
mark opened 0
mark issued 0
0 create 2 "db/a \"b\"\x0a"
1 write 2 at 4096 6e6577
2 write 1 at 0 ff*16
3 truncate 1 to 0
4 allocate 1 to 65536
mark issued 17 client 3
5 sync 2
6 sync 2 failed
7 sync 1 nothing
8 sync 1 failed cleaned
9 sync 1 failed reverted thread 2
10 rename 2 "db/a \"b\"\x0a" "db/empty"
11 unlink 1 "db/wal-1.log" thread 4294967295
12 make_dir "db/old/er"
13 sync_dir "db"
14 sync_dir "" failed nothing
mark acked 0
mark failed 17 client 3
mark killed 2
)";

TEST(TraceText, EveryKindOfLineGoesThereAndBack) {
  const auto trace = parse_trace(kEveryLine);
  ASSERT_TRUE(trace) << trace.error().message();
  EXPECT_EQ(to_text(*trace), kEveryLine);
  EXPECT_EQ(parse_trace(to_text(*trace)), *trace);
}

TEST(TraceText, ALineSaysWhatTheOperationHolds) {
  const auto trace = parse_trace(kEveryLine);
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->initial.directories, (std::set<std::string>{"db", "db/old"}));
  EXPECT_EQ(trace->initial.files.at("db/wal-1.log").to_string(), "old" + std::string(4096, '\0') + "!");
  EXPECT_TRUE(trace->initial.files.at("db/empty").empty());

  ASSERT_EQ(trace->ops.size(), 15U);
  EXPECT_EQ(trace->ops[0], (TraceOp{.kind = OpKind::create, .file = FileId{2}, .path = "db/a \"b\"\n"}));
  EXPECT_EQ(trace->ops[1].offset, 4096U);
  EXPECT_EQ(trace->ops[1].data(), "new");
  EXPECT_EQ(trace->ops[2].data(), std::string(16, '\xff'));
  EXPECT_EQ(trace->ops[4], (TraceOp{.kind = OpKind::allocate, .file = FileId{1}, .length = 65'536}));
  EXPECT_EQ(trace->ops[7], (TraceOp{.kind = OpKind::sync, .file = FileId{1}, .effect = SyncEffect::nothing}));
  EXPECT_EQ(
      trace->ops[9],
      (TraceOp{.kind = OpKind::sync, .file = FileId{1}, .effect = SyncEffect::reverted, .failed = true, .thread = 2}));
  EXPECT_EQ(trace->ops[10].to, "db/empty");

  ASSERT_EQ(trace->marks.size(), 6U);
  EXPECT_EQ(trace->marks[0], (Mark{0, MarkKind::opened, 0}));
  EXPECT_EQ(trace->marks[2], (Mark{5, MarkKind::issued, 17, 3}));
  EXPECT_EQ(trace->marks[5], (Mark{15, MarkKind::killed, 2}));
}

TEST(TraceText, SixteenEqualBytesAreARunAndFifteenAreNot) {
  SimDisk disk;
  auto file = disk.open("a", kv::OpenMode::create);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->write_at(0, std::string(15, 'a') + std::string(16, 'b') + std::string(17, 'c') + "d"));
  EXPECT_EQ(to_text(disk.trace()),
            "trace 1\n0 create 0 \"a\"\n1 write 0 at 0 616161616161616161616161616161+62*16+63*17+64\n");
}

TEST(TraceText, TheLastLineNeedsNoEnd) {
  EXPECT_TRUE(parse_trace("trace 1"));
  const auto trace = parse_trace("trace 1\nmark issued 3");
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->marks.size(), 1U);
}

TEST(TraceText, RefusesATextThatIsNoTrace) {
  EXPECT_EQ(parse_trace("").error().context, R"(line 1: expected "trace 1", found the end)");
  EXPECT_EQ(parse_trace("mark issued 1\n").error().context, R"(line 1: expected "trace", found "mark")");
  EXPECT_EQ(parse_trace("trace 2\n").error().context, R"(line 1: expected "1", found "2")");
  EXPECT_EQ(parse_trace("trace 1 x\n").error().context, R"(line 1: expected the end of the line, found "x")");
}

struct Refusal {
  std::string_view line;  // the fifth, after the four of kBefore
  std::string_view reason;
};

// Files 0 and 1, and directory "d".
constexpr std::string_view kBefore = R"(trace 1
directory "d"
file 0 "a" 61
0 create 1 "d/b"
)";

void expect_refused(std::span<const Refusal> refusals) {
  for (const Refusal& refusal : refusals) {
    const auto trace = parse_trace(std::string(kBefore) + std::string(refusal.line) + "\nmark issued 1\n");
    ASSERT_FALSE(trace) << refusal.line;
    EXPECT_EQ(trace.error().code, kv::ErrorCode::invalid_argument);
    EXPECT_EQ(trace.error().context, "line 5: " + std::string(refusal.reason)) << refusal.line;
  }
}

TEST(TraceText, RefusesALineThatIsNotWellFormed) {
  constexpr Refusal kRefusals[] = {
      {"", "expected directory, file, mark or the number of an operation, found the end"},
      {"write 0 at 0 61", R"(expected directory, file, mark or the number of an operation, found "write")"},
      {"0 sync 0", R"(expected operation 1, found "0")"},
      {"2 sync 0", R"(expected operation 1, found "2")"},
      {"1", "expected an operation, found the end"},
      {"1 fsync 0", R"(expected an operation, found "fsync")"},
      {"1 read 0", R"(expected an operation that changes a disk, or a sync, found "read")"},
      {"1 sync", "expected the number of a file, found the end"},
      {"1 sync a", R"(expected the number of a file, found "a")"},
      {"1 create 2 c", R"(expected a path in quotes, found "c")"},
      {R"(1 create 2 "c)", "a path in quotes: the closing quote is missing"},
      {"1 write 0 0 61", R"(expected "at", found "0")"},
      {"1 write 0 at", "expected a number of bytes, found the end"},
      {"1 truncate 0 3", R"(expected "to", found "3")"},
      {"1 truncate 0 to -1", R"(expected a number of bytes, found "-1")"},
      {"1 truncate 0 to 1 2", R"(expected the end of the line, found "2")"},
      {"1 truncate 0 to 1 failed", R"(expected the end of the line, found "failed")"},
      {"1 sync 0 durable", R"(expected the end of the line, found "durable")"},
      {"1 sync 0 thread", "expected the number of a thread, found the end"},
      {"1 sync 0 thread 4294967296", "4294967296 is no number of a thread"},
      {"mark", "expected issued, acked, failed, opened, closed or killed, found the end"},
      {"mark died 1", R"(expected issued, acked, failed, opened, closed or killed, found "died")"},
      {"mark issued", "expected the number of a command, found the end"},
      {"mark issued 1 2", R"(expected "client", found "2")"},
      {"mark issued 1 client x", R"(expected the number of a client, found "x")"},
      {"mark issued 1 client 1 2", R"(expected the end of the line, found "2")"},
  };
  expect_refused(kRefusals);
}

TEST(TraceText, RefusesBytesThatAreNotInHex) {
  constexpr Refusal kRefusals[] = {
      {"1 write 0 at 0", "expected bytes in hex, found the end"},
      {"1 write 0 at 0 -", "a write has at least one byte"},
      {"1 write 0 at 0 00*0", "a write has at least one byte"},
      {"1 write 0 at 0 6", R"(expected bytes in hex, found "6")"},
      {"1 write 0 at 0 616", R"(expected bytes in hex, found "6")"},
      {"1 write 0 at 0 61FF", R"(expected bytes in hex, found "FF")"},
      {"1 write 0 at 0 61+", "expected bytes in hex, found the end"},
      {"1 write 0 at 0 +61", R"(expected bytes in hex, found "+61")"},
      {"1 write 0 at 0 61*", "expected a length, found the end"},
      {"1 write 0 at 0 61*x+62", R"(expected a length, found "x+62")"},
      {"1 write 0 at 0 61*1073741824", "more than 1073741824 bytes in all"},
  };
  expect_refused(kRefusals);
}

TEST(TraceText, RefusesAnOperationThatDoesNotFitThoseBeforeIt) {
  constexpr Refusal kRefusals[] = {
      {R"(directory "e")", "what the disk held first stands before its operations"},
      {R"(file 2 "e" 61)", "what the disk held first stands before its operations"},
      {"1 sync 2", "there is no file 2 yet"},
      {R"(1 create 1 "c")", "expected the number of a new file, 2, found 1"},
      {R"(1 create 3 "c")", "expected the number of a new file, 2, found 3"},
      {R"(1 create 2 "a")", R"("a" is there already)"},
      {R"(1 create 2 "d")", R"("d" is there already)"},
      {R"(1 create 2 "")", R"("" is there already)"},
      {R"(1 create 2 "/c")", "a path has no '.', no '..', no '//' and no '/' at its ends"},
      {R"(1 create 2 "d/./c")", "a path has no '.', no '..', no '//' and no '/' at its ends"},
      {R"(1 create 2 "e/c")", R"(there is no directory "e")"},
      {R"(1 create 2 "a/c")", R"(there is no directory "a")"},
      {R"(1 make_dir "d/b")", R"("d/b" is there already)"},
      {R"(1 make_dir "e/f")", R"(there is no directory "e")"},
      {R"(1 unlink 1 "a")", R"(file 1 has no name "a" there)"},
      {R"(1 unlink 0 "c")", R"(file 0 has no name "c" there)"},
      {R"(1 rename 0 "d/b" "c")", R"(file 0 has no name "d/b" there)"},
      {R"(1 rename 0 "a" "d")", R"("d" is a directory)"},
      {R"(1 rename 0 "a" "")", R"("" is a directory)"},
      {R"(1 rename 0 "a" "e/a")", R"(there is no directory "e")"},
      {R"(1 sync_dir "e")", R"(there is no directory "e")"},
      {R"(1 sync_dir "a")", R"(there is no directory "a")"},
      {"1 write 0 at 68719476737 61", "a file has at most 68719476736 bytes"},
      {"1 allocate 0 to 68719476737", "a file has at most 68719476736 bytes"},
  };
  expect_refused(kRefusals);
}

TEST(TraceText, RefusesAFirstImageThatIsOutOfOrder) {
  EXPECT_EQ(parse_trace("trace 1\nfile 1 \"a\" -\n").error().context,
            "line 2: expected the number of a new file, 0, found 1");
  EXPECT_EQ(parse_trace("trace 1\nfile 0 \"b\" -\nfile 1 \"a\" -\n").error().context,
            "line 3: files stand in the order of their paths");
  EXPECT_EQ(parse_trace("trace 1\ndirectory \"d/e\"\n").error().context, R"(line 2: there is no directory "d")");
  EXPECT_EQ(parse_trace("trace 1\ndirectory \"d\"\ndirectory \"d\"\n").error().context,
            R"(line 3: "d" is there already)");
}

// Where a name was taken away, it may be given again, and a file without a name may still be written to.
TEST(TraceText, FollowsNamesThroughRenamesAndUnlinks) {
  EXPECT_TRUE(parse_trace(std::string(kBefore) + "1 rename 1 \"d/b\" \"a\"\n2 create 2 \"d/b\"\n3 unlink 1 \"a\"\n"
                                                 "4 write 0 at 0 61\n5 make_dir \"a\"\n6 create 3 \"a/c\"\n"));
}

}  // namespace
}  // namespace faultfs
