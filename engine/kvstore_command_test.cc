#include "engine/kvstore_command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

#include "engine/posix_vfs.h"
#include "engine/store_test_util.h"

namespace kv {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using namespace std::string_literals;

struct Outcome {
  int status;
  std::string out;
  std::string err;
};

Outcome kvstore(std::vector<std::string> arguments) {
  PosixVfs vfs;
  std::ostringstream out;
  std::ostringstream err;
  const int status = run_kvstore_command(std::move(arguments), vfs, out, err);
  return {status, out.str(), err.str()};
}

// A result on `out`, nothing on `err`, exit status 0.
std::string must_print(std::vector<std::string> arguments) {
  const Outcome outcome = kvstore(std::move(arguments));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  return outcome.out;
}

// The one line on `err` of a run that ends with `status` and prints no result.
std::string must_fail(int status, std::vector<std::string> arguments) {
  const Outcome outcome = kvstore(std::move(arguments));
  EXPECT_EQ(outcome.status, status) << outcome.out;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(std::ranges::count(outcome.err, '\n'), 1) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("kvstore: "));
  return outcome.err;
}

class KvstoreCommand : public testing::Test {
 protected:
  const TempDir dir_;
  const std::string store_ = dir_ / "store";
};

TEST_F(KvstoreCommand, GetPrintsWhatPutGave) {
  EXPECT_EQ(must_print({"put", store_, "name", "walbreaker"}), "");
  EXPECT_EQ(must_print({"get", store_, "name"}), "walbreaker\n");
  must_print({"put", store_, "name", "another"});
  EXPECT_EQ(must_print({"get", store_, "name"}), "another\n");
}

TEST_F(KvstoreCommand, AMissingKeyIsOneLineAndStatusOne) {
  must_print({"put", store_, "a", "1"});
  EXPECT_EQ(must_fail(1, {"get", store_, "b\n"}), "kvstore: not_found: b\\x0a\n");
  EXPECT_EQ(must_fail(1, {"del", store_, "b"}), "kvstore: not_found: b\n");
  EXPECT_EQ(must_fail(1, {"get", "--hex", store_, "00FF"}), "kvstore: not_found: 00ff\n");
}

TEST_F(KvstoreCommand, DelTakesAKeyAway) {
  must_print({"put", store_, "a", "1"});
  EXPECT_EQ(must_print({"del", store_, "a"}), "");
  must_fail(1, {"get", store_, "a"});
}

TEST_F(KvstoreCommand, ScanPrintsKeysInOrderWithinItsRangeAndLimit) {
  for (const std::string key : {"b", "a", "d", "c"}) must_print({"put", store_, key, key + key});
  EXPECT_EQ(must_print({"scan", store_}), "a\taa\nb\tbb\nc\tcc\nd\tdd\n");
  EXPECT_EQ(must_print({"scan", store_, "--from", "b", "--to", "d"}), "b\tbb\nc\tcc\n");
  EXPECT_EQ(must_print({"scan", store_, "--limit", "1"}), "a\taa\n");
  EXPECT_EQ(must_print({"scan", store_, "--limit", "0"}), "");
  EXPECT_EQ(must_print({"scan", store_, "--from", "d", "--to", "a"}), "");
  EXPECT_EQ(must_print({"scan", store_, "--to", ""}), "") << "nothing stands before the empty key";
}

TEST_F(KvstoreCommand, OutputIsOneLineAnEntryAndHarmlessToATerminal) {
  must_print({"put", store_, "key\n\x1b[31m", "tab\t\xff\\"});
  EXPECT_EQ(must_print({"scan", store_}), "key\\x0a\\x1b[31m\ttab\\x09\\xff\\\\\n");
  EXPECT_EQ(must_print({"get", store_, "key\n\x1b[31m"}), "tab\\x09\\xff\\\\\n");
}

TEST_F(KvstoreCommand, HexTakesAndPrintsDigits) {
  must_print({"put", "--hex", store_, "00fF", "6869"});
  must_print({"put", "--hex", store_, "", ""});
  EXPECT_EQ(must_print({"get", store_, "--hex", "00ff"}), "6869\n");
  EXPECT_EQ(must_print({"scan", store_, "--hex"}), "\t\n00ff\t6869\n");
  EXPECT_EQ(must_print({"scan", store_, "--hex", "--from", "00", "--to", "0100"}), "00ff\t6869\n");
  EXPECT_EQ(must_print({"scan", store_}), "\t\n\\x00\\xff\thi\n");
}

TEST_F(KvstoreCommand, TakesKeysThatLookLikeVerbsAndLikeFlags) {
  must_print({"put", store_, "del", "get"});
  EXPECT_EQ(must_print({"get", store_, "del"}), "get\n");
  must_print({"put", store_, "--", "--hex", "-5"});
  EXPECT_EQ(must_print({"get", store_, "--", "--hex"}), "-5\n");
  must_print({"put", store_, "", "empty"});
  EXPECT_EQ(must_print({"get", store_, ""}), "empty\n");
}

TEST_F(KvstoreCommand, CompactKeepsTheContents) {
  make_killed_store(store_);
  must_print({"compact", store_});
  EXPECT_EQ(must_print({"scan", store_}), "a\tvalue of a\nb\tvalue of b\nc\tvalue of c\n");
}

TEST_F(KvstoreCommand, StatsTellsHowMuchThereIs) {
  make_killed_store(store_);
  EXPECT_THAT(must_print({"stats", store_}),
              AllOf(HasSubstr("status            ok\n"), HasSubstr("keys              3\n"),
                    HasSubstr("records_replayed  3\n")));
  EXPECT_EQ(must_print({"stats", "--json", store_}),
            "{\"format\":1,\"status\":\"ok\",\"verdict\":\"clean\",\"keys\":3,\"content_bytes\":33,\"generation\":1,"
            "\"snapshot_seq\":0,\"last_seq\":3,\"records_replayed\":3}\n");
}

TEST_F(KvstoreCommand, OnlyPutCreatesAStore) {
  for (const std::string verb : {"scan", "compact", "stats", "dump", "verify", "repair"}) {
    EXPECT_THAT(must_fail(1, {verb, store_}), StartsWith("kvstore: io_error: ")) << verb;
  }
  for (const std::string verb : {"get", "del"}) must_fail(1, {verb, store_, "key"});
  EXPECT_FALSE(std::filesystem::exists(store_));
  must_print({"put", store_, "key", "value"});
  EXPECT_TRUE(std::filesystem::exists(store_));
}

TEST_F(KvstoreCommand, OnlyPutMakesAStoreOfAnEmptyDirectory) {
  std::filesystem::create_directory(store_);
  for (const std::string verb : {"get", "del"}) must_fail(1, {verb, store_, "key"});
  must_fail(1, {"compact", store_});
  EXPECT_THAT(must_print({"verify", store_}), StartsWith(store_ + ": new_store\n"));
  EXPECT_THAT(files_in(store_), IsEmpty());
  must_print({"put", store_, "key", "value"});
  EXPECT_EQ(must_print({"get", store_, "key"}), "value\n");
}

TEST_F(KvstoreCommand, LookingChangesNoByte) {
  make_killed_store(store_);
  const auto before = files_in(store_);
  kvstore({"get", store_, "a"});
  for (const std::string verb : {"scan", "stats", "dump", "verify"}) must_print({verb, store_});
  EXPECT_EQ(files_in(store_), before);
}

TEST_F(KvstoreCommand, ADamagedStoreIsShownWithAWarningAndStatusOne) {
  make_damaged_store(store_);
  const auto before = files_in(store_);
  const auto names_the_damage = AllOf(StartsWith("kvstore: warning: "), HasSubstr("wal-1.log at offset 4096"));
  const Outcome scan = kvstore({"scan", store_});
  EXPECT_EQ(scan.status, 1);
  EXPECT_EQ(scan.out, "") << "the damage hit the first record";
  EXPECT_THAT(scan.err, names_the_damage);
  const Outcome stats = kvstore({"stats", store_});
  EXPECT_EQ(stats.status, 1);
  EXPECT_THAT(stats.out, HasSubstr("status            corrupted\n"));
  EXPECT_THAT(stats.err, names_the_damage);
  const Outcome get = kvstore({"get", store_, "a"});
  EXPECT_EQ(get.status, 1);
  EXPECT_THAT(get.err, AllOf(names_the_damage, HasSubstr("\nkvstore: not_found: a\n")));
  EXPECT_EQ(files_in(store_), before);
}

TEST_F(KvstoreCommand, ADamagedStoreStillAnswersWhatIsRight) {
  make_killed_store(store_);
  std::string log = contents_of(store_ + "/wal-1.log");
  flip_bit(store_ + "/wal-1.log", log.find("value of b"));
  const Outcome get = kvstore({"get", store_, "a"});
  EXPECT_EQ(get.out, "value of a\n");
  EXPECT_EQ(get.status, 1);
}

TEST_F(KvstoreCommand, ADamagedStoreTakesNoWrite) {
  make_damaged_store(store_);
  const auto before = files_in(store_);
  const auto says_why = AllOf(StartsWith("kvstore: read_only: "), HasSubstr("wal-1.log at offset 4096"));
  EXPECT_THAT(must_fail(1, {"put", store_, "a", "1"}), says_why);
  EXPECT_THAT(must_fail(1, {"del", store_, "a"}), says_why);
  EXPECT_THAT(must_fail(1, {"compact", store_}), says_why);
  EXPECT_EQ(files_in(store_), before);
}

TEST_F(KvstoreCommand, VerifyTellsAStrangerWhatItFoundAndWhatProvesIt) {
  make_damaged_store(store_);
  overwrite(store_ + "/notes\n.txt", "");
  overwrite(store_ + "/snapshot-9.dat.tmp", "");
  const auto before = files_in(store_);
  const Outcome verify = kvstore({"verify", store_});
  EXPECT_EQ(verify.status, 1);
  EXPECT_EQ(verify.err, "");
  EXPECT_THAT(verify.out,
              AllOf(StartsWith(store_ + ": corrupted\n"),
                    HasSubstr("row C durable_record_missing: wal-1.log at offset 4096\n"), HasSubstr("the proof:     "),
                    HasSubstr("opens:     read-only"), HasSubstr("live:      snapshot-1.dat, wal-1.log\n"),
                    HasSubstr("temporary: snapshot-9.dat.tmp\n"), HasSubstr("unknown:   notes\\x0a.txt\n")));
  EXPECT_EQ(files_in(store_), before);
}

TEST_F(KvstoreCommand, VerifyOfASoundStoreIsStatusZero) {
  make_killed_store(store_);
  EXPECT_THAT(must_print({"verify", store_}), StartsWith(store_ + ": clean\n"));
  const std::string log = store_ + "/wal-1.log";
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 1);
  EXPECT_THAT(must_print({"verify", store_}), StartsWith(store_ + ": torn_tail\n"))
      << "what a crash leaves is no damage";
}

TEST_F(KvstoreCommand, DumpPrintsRecords) {
  make_killed_store(store_);
  EXPECT_THAT(must_print({"dump", store_}), HasSubstr("put \"a\" = \"value of a\"\n"));
  EXPECT_THAT(must_print({"dump", store_ + "/wal-1.log"}), HasSubstr("put \"c\" = \"value of c\"\n"));
}

TEST_F(KvstoreCommand, RepairMakesADamagedStoreWritableAndKeepsTheDamagedFiles) {
  make_damaged_store(store_);
  const std::string damaged_log = contents_of(store_ + "/wal-1.log");
  EXPECT_THAT(must_print({"repair", store_}), HasSubstr("wal-1.log.damaged"));
  EXPECT_EQ(contents_of(store_ + "/wal-1.log.damaged"), damaged_log);
  must_print({"put", store_, "a", "1"});
  EXPECT_EQ(must_print({"scan", store_}), "a\t1\n");
  EXPECT_THAT(must_print({"repair", store_}), HasSubstr("nothing to repair"));
}

TEST_F(KvstoreCommand, AStoreInUseIsLocked) {
  PosixVfs vfs;
  const auto user = must(Store::open(vfs, store_));
  for (const std::string verb : {"scan", "compact", "stats", "dump", "verify", "repair"}) {
    EXPECT_THAT(must_fail(1, {verb, store_}), StartsWith("kvstore: locked: ")) << verb;
  }
  EXPECT_THAT(must_fail(1, {"put", store_, "a", "1"}), StartsWith("kvstore: locked: "));
}

TEST_F(KvstoreCommand, APathThatIsAFileIsAnErrorAndStaysAsItIs) {
  create(store_, "a file");
  EXPECT_THAT(must_fail(1, {"put", store_, "a", "1"}), AllOf(StartsWith("kvstore: io_error: "), HasSubstr(store_)));
  EXPECT_THAT(must_fail(1, {"get", store_, "a"}), StartsWith("kvstore: io_error: "));
  EXPECT_THAT(must_fail(1, {"verify", store_}), StartsWith("kvstore: io_error: "));
  EXPECT_THAT(must_fail(1, {"dump", store_}), StartsWith("kvstore: invalid_argument: "));
  EXPECT_EQ(contents_of(store_), "a file");
}

TEST_F(KvstoreCommand, ATooLargeKeyIsInvalid) {
  EXPECT_THAT(must_fail(1, {"put", store_, std::string(kMaxKeyBytes + 1, 'k'), "v"}),
              StartsWith("kvstore: invalid_argument: "));
}

TEST_F(KvstoreCommand, WrongUsageIsOneLineAndStatusTwoAndDoesNothing) {
  EXPECT_THAT(must_fail(2, {}), HasSubstr("no verb"));
  EXPECT_THAT(must_fail(2, {"frobnicate", store_}), HasSubstr("no such verb: frobnicate"));
  EXPECT_THAT(must_fail(2, {"--frobnicate"}), HasSubstr("--frobnicate"));
  EXPECT_THAT(must_fail(2, {"put", store_, "key"}), HasSubstr("VALUE"));
  EXPECT_THAT(must_fail(2, {"put", store_, "key", "value", "more\n"}), HasSubstr("more"));
  EXPECT_THAT(must_fail(2, {"put", store_, "key", "value", "--json"}), HasSubstr("--json"));
  EXPECT_THAT(must_fail(2, {"put", store_, "--hex", "0g", "00"}), HasSubstr("KEY"));
  EXPECT_THAT(must_fail(2, {"put", store_, "--hex", "00", "000"}), HasSubstr("VALUE"));
  EXPECT_THAT(must_fail(2, {"scan", store_, "--hex", "--from", "x"}), HasSubstr("--from"));
  EXPECT_THAT(must_fail(2, {"scan", store_, "--hex", "--to", "x"}), HasSubstr("--to"));
  for (const std::string limit : {"-1", "x", "1.5", "18446744073709551616", ""}) {
    EXPECT_THAT(must_fail(2, {"scan", store_, "--limit", limit}), HasSubstr("--limit"));
  }
  EXPECT_FALSE(std::filesystem::exists(store_));
}

TEST_F(KvstoreCommand, HelpNamesEveryVerbAndEveryVerbHasHelp) {
  const std::string help = must_print({"--help"});
  for (const std::string verb : {"put", "get", "del", "scan", "compact", "stats", "dump", "verify", "repair"}) {
    EXPECT_THAT(help, HasSubstr("\n  " + verb + " "));
    EXPECT_THAT(must_print({verb, "--help"}), HasSubstr("Usage: kvstore " + verb));
  }
}

// A stream that takes nothing, as a full disk or a closed descriptor.
class FullBuffer : public std::streambuf {
 protected:
  int_type overflow(int_type) override { return traits_type::eof(); }
};

TEST_F(KvstoreCommand, OutputThatCannotBeWrittenIsAnError) {
  must_print({"put", store_, "a", "1"});
  PosixVfs vfs;
  FullBuffer full;
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"get", store_, "a"}, {"scan", store_}, {"verify", store_}, {"--help"}}) {
    std::ostream out(&full);
    std::ostringstream err;
    EXPECT_EQ(run_kvstore_command(arguments, vfs, out, err), 1) << arguments.front();
    EXPECT_EQ(err.str(), "kvstore: io_error: write the output\n");
  }
}

}  // namespace
}  // namespace kv
