#include "engine/file_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kv {
namespace {

const std::vector<Generation> kGenerations = {1, 2, 9, 10, 11, 99, 100, 4294967296, kMaxGeneration - 1, kMaxGeneration};

TEST(FileName, IsSpelledAsTheFormatSays) {
  EXPECT_EQ(log_name(7), "wal-7.log");
  EXPECT_EQ(snapshot_name(12), "snapshot-12.dat");
  EXPECT_EQ(temporary_name(12), "snapshot-12.dat.tmp");
  EXPECT_EQ(set_aside_name("wal-7.log"), "wal-7.log.damaged");
  EXPECT_EQ(kLockName, "LOCK");
}

TEST(FileName, EveryNameThatWeWriteIsReadBackWithItsKindAndGeneration) {
  for (const Generation generation : kGenerations) {
    EXPECT_EQ(parse_file_name(log_name(generation)), (FileName{FileKind::log, generation}));
    EXPECT_EQ(parse_file_name(snapshot_name(generation)), (FileName{FileKind::snapshot, generation}));
    EXPECT_EQ(parse_file_name(temporary_name(generation)), (FileName{FileKind::temporary, generation}));
    EXPECT_EQ(parse_file_name(set_aside_name(log_name(generation))), (FileName{FileKind::set_aside, generation}));
    EXPECT_EQ(parse_file_name(set_aside_name(snapshot_name(generation))), (FileName{FileKind::set_aside, generation}));
  }
  EXPECT_EQ(parse_file_name(kLockName), (FileName{FileKind::lock, 0}));
}

TEST(FileName, AGenerationIsANumberAndNotAString) {
  EXPECT_LT(parse_file_name("wal-9.log").generation, parse_file_name("wal-10.log").generation);
  EXPECT_LT(parse_file_name("snapshot-99.dat").generation, parse_file_name("snapshot-100.dat").generation);
}

// A number spelled in two ways would be two files of one generation.
TEST(FileName, ANumberThatWeWouldSpellOtherwiseIsNotOurs) {
  const std::vector<std::string> numbers = {
      "",
      "0",
      "00",
      "01",
      "007",
      "+1",
      "-1",
      "--1",
      " 1",
      "1 ",
      "1.0",
      "1e3",
      "0x1",
      "a",
      "1a",
      "a1",
      "1-2",
      "1,000",
      "¹",
      "\t1",
      "9223372036854775808",   // one above kMaxGeneration
      "18446744073709551615",  // 2^64 - 1
      "18446744073709551616",  // 2^64, which must not wrap to 0
      "18446744073709551617",  // nor this to 1
      "340282366920938463463374607431768211457",
      "1" + std::string(300, '0'),
      std::string("1\0", 2),
  };
  for (const std::string& number : numbers) {
    EXPECT_EQ(parse_file_name("wal-" + number + ".log"), FileName{}) << number;
    EXPECT_EQ(parse_file_name("snapshot-" + number + ".dat"), FileName{}) << number;
    EXPECT_EQ(parse_file_name("wal-" + number + ".log.damaged"), FileName{}) << number;
    EXPECT_EQ(parse_file_name("snapshot-" + number + ".dat.damaged"), FileName{}) << number;
    EXPECT_EQ(parse_file_name("snapshot-" + number + ".dat.tmp"), (FileName{FileKind::temporary, 0})) << number;
  }
}

TEST(FileName, AnythingButTheWholeNameIsNotOurs) {
  const std::vector<std::string> names = {
      "",
      "LOCK ",
      "lock",
      "LOCK.damaged",
      "wal-1",
      "wal-1.LOG",
      "WAL-1.log",
      "xwal-1.log",
      "wal-1.logx",
      "wal-1.log.log",
      "wal1.log",
      "wal_1.log",
      "wal-1.dat",
      "snapshot-1.log",
      "snapshot-1",
      "snapshot-1.dat~",
      " snapshot-1.dat",
      "dir/wal-1.log",
      "wal-.log",
      "wal.log",
      "snapshot.dat",
      "1",
      ".log",
      "wal-",
      "wal-1.log.damaged.damaged",
      "snapshot-1.dat.tmp.damaged",
      "notes.damaged",
      ".damaged",
  };
  for (const std::string& name : names) EXPECT_EQ(parse_file_name(name), FileName{}) << name;
}

// Somebody else's unfinished file: ignored like ours, but with no generation, so that nothing removes it.
TEST(FileName, AForeignTemporaryFileIsTemporaryAndHasNoGeneration) {
  for (const std::string name : {".tmp", "notes.tmp", "wal-3.log.tmp", "snapshot-3.tmp", "LOCK.tmp",
                                 "wal-3.log.damaged.tmp", "snapshot-3.dat.tmp.tmp"}) {
    EXPECT_EQ(parse_file_name(name), (FileName{FileKind::temporary, 0})) << name;
  }
}

}  // namespace
}  // namespace kv
