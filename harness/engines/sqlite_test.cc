// SQLite on a kv::Vfs, beside SQLite's own file layer.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cerrno>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "engine/posix_vfs.h"
#include "faultfs/faulty_vfs.h"
#include "faultfs/sim_disk.h"
#include "harness/engines/sqlite_library.h"
#include "harness/engines/sqlite_subject.h"
#include "harness/work_directory.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

std::unique_ptr<Session> must_open(kv::Vfs& vfs, const std::string& directory, const Settings& settings,
                                   std::uint64_t entropy = 1) {
  auto opened = SqliteSubject().open(vfs, directory, {.settings = settings, .entropy = entropy});
  EXPECT_TRUE(opened) << opened.error().message();
  return opened ? std::move(opened->session) : nullptr;
}

// All commands that there are.
void work(Session& session) {
  ASSERT_TRUE(session.put("a", "1"));
  ASSERT_TRUE(session.put("", std::string("\0\xff", 2)));
  ASSERT_TRUE(session.put("a", ""));
  kv::Batch batch;
  batch.put("b", std::string(9'000, 'b'));
  batch.put("c", "3");
  batch.remove("a");
  ASSERT_TRUE(session.batch(batch));
  EXPECT_EQ(session.del("c"), true);
  EXPECT_EQ(session.del("c"), false);
  ASSERT_TRUE(session.sync());
  ASSERT_TRUE(session.compact());
  ASSERT_TRUE(session.put("ab", "5"));
  EXPECT_EQ(session.get("ab").value(), "5");
  EXPECT_EQ(session.get("a").value(), std::nullopt);
}

Listing worked() { return {{"", std::string("\0\xff", 2)}, {"ab", "5"}, {"b", std::string(9'000, 'b')}}; }

class SqliteWay : public testing::TestWithParam<Settings> {};

INSTANTIATE_TEST_SUITE_P(Each, SqliteWay, testing::ValuesIn(SqliteSubject().ways()), [](const auto& way) {
  return way.param.at("journal_mode") + "_" + way.param.at("synchronous");
});

// The bytes of the store's files, by name.
std::map<std::string, std::string> files_of(kv::Vfs& vfs, const std::string& directory) {
  std::map<std::string, std::string> files;
  const std::vector<std::string> names = vfs.list(directory).value();
  for (const std::string& name : names) {
    const auto file = vfs.open(kv::join_path(directory, name), kv::OpenMode::read).value();
    files[name].resize(file->size().value());
    EXPECT_TRUE(kv::read_full(*file, 0, files[name]));
  }
  return files;
}

TEST_P(SqliteWay, WritesTheSameBytesToTheSimulatedDiskAndToARealOne) {
  faultfs::SimDisk simulated;
  kv::PosixVfs real;
  const auto directory = WorkDirectory::make("").value();
  const std::string on_real = directory->path() + "/db";
  for (int i = 0; i < 2; ++i) {  // the second time the store is there
    const auto a = must_open(simulated, "db", GetParam());
    const auto b = must_open(real, on_real, GetParam());
    work(*a);
    work(*b);
    EXPECT_EQ(a->scan(), worked());
    EXPECT_EQ(b->scan(), worked());
    EXPECT_EQ(files_of(simulated, "db"), files_of(real, on_real));
    ASSERT_TRUE(a->close());
    ASSERT_TRUE(b->close());
    EXPECT_EQ(files_of(simulated, "db"), files_of(real, on_real));
  }
}

// SQLite on its own file layer. Returns the first column of the rows as text, with blanks between.
std::string native(const std::string& path, const std::string& sql) {
  prepare_sqlite();
  sqlite3* database = nullptr;
  EXPECT_EQ(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
  std::string rows;
  const auto add = [](void* context, int, char** columns, char**) {
    *static_cast<std::string*>(context) += std::string(columns[0]) + " ";
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(database, sql.c_str(), add, &rows, nullptr), SQLITE_OK) << sqlite3_errmsg(database);
  EXPECT_EQ(sqlite3_close(database), SQLITE_OK);
  return rows;
}

TEST_P(SqliteWay, AndSqlitesOwnFileLayerReadWhatTheOtherWrote) {
  kv::PosixVfs vfs;
  const auto directory = WorkDirectory::make("").value();
  const std::string path = directory->path() + "/kv.db";
  {
    const auto session = must_open(vfs, directory->path(), GetParam());
    work(*session);
  }  // killed, so that there is a log to recover
  EXPECT_EQ(native(path, "SELECT length(value) FROM kv ORDER BY key; PRAGMA integrity_check"), "2 1 9000 ok ");
  EXPECT_EQ(native(path, "DELETE FROM kv; INSERT INTO kv VALUES(x'78', x'79')"), "");
  EXPECT_EQ(must_open(vfs, directory->path(), GetParam())->scan(), (Listing{{"x", "y"}}));
}

TEST_P(SqliteWay, AKilledSessionWritesNothingMore) {
  faultfs::SimDisk disk;
  auto session = must_open(disk, "db", GetParam());
  work(*session);
  const faultfs::Image image = disk.image();
  const std::size_t operations = disk.trace().ops.size();
  session.reset();
  EXPECT_TRUE(disk.image() == image);
  EXPECT_EQ(disk.trace().ops.size(), operations);
  EXPECT_EQ(must_open(disk, "db", GetParam())->scan(), worked());
}

TEST_P(SqliteWay, DoesTheSameOperationsWhateverOtherThreadsDo) {
  const auto trace_of = [&](std::uint64_t entropy) {
    faultfs::SimDisk disk;
    const auto session = must_open(disk, "db", GetParam(), entropy);
    work(*session);
    return faultfs::to_text(disk.trace());
  };
  const std::string alone = trace_of(1);
  std::vector<std::string> together(4);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < together.size(); ++i) {
      threads.emplace_back([&, i] {
        for (int round = 0; round < 5; ++round) together[i] = trace_of(i % 2 == 0 ? 1 : 2 + i);
      });
    }
  }
  EXPECT_EQ(together[0], alone);
  EXPECT_EQ(together[2], alone);
  EXPECT_NE(together[1], alone) << "a nonce or a salt is drawn from the entropy";
}

TEST_P(SqliteWay, PassesErrorsOfTheDiskOn) {
  faultfs::SimDisk disk;
  faultfs::FaultyVfs faulty(disk, {});
  const auto session = must_open(faulty, "db", GetParam());
  faulty.replace_plan(*faultfs::parse_fault_plan("write_error write at 0 once after 0 of *\n"));
  const auto failed = session->put("a", "1");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, ErrorCode::io_error);
  EXPECT_EQ(failed.error().os_error, EIO);
  EXPECT_THAT(failed.error().context, HasSubstr("write db/kv.db"));
  faulty.replace_plan(*faultfs::parse_fault_plan("no_space write at 0 once after 0 of *\n"));
  EXPECT_EQ(session->put("a", "1").error().code, ErrorCode::no_space);
  faulty.replace_plan({});
  kv::Batch batch;
  batch.put("a", "2");
  EXPECT_TRUE(session->batch(batch)) << "the transaction that failed is over";
  EXPECT_EQ(session->scan(), (Listing{{"a", "2"}}));
}

TEST(Sqlite, RefusesWhatIsNoDatabase) {
  faultfs::SimDisk disk;
  ASSERT_TRUE(disk.make_dir("db"));
  ASSERT_TRUE(kv::write_all(*disk.open("db/kv.db", kv::OpenMode::create).value(), 0, std::string(8'192, 'x')));
  const auto opened = SqliteSubject().open(disk, "db", {});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::corrupted);
}

TEST(Sqlite, ALogHasTheDatabaseForItself) {
  faultfs::SimDisk disk;
  const Settings settings{{"journal_mode", "wal"}};
  const auto first = must_open(disk, "db", settings);
  const auto second = SqliteSubject().open(disk, "db", {.settings = settings});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::locked);
  ASSERT_TRUE(first->close());
  EXPECT_TRUE(SqliteSubject().open(disk, "db", {.settings = settings}));
}

TEST(Sqlite, RefusesSettingsThatItDoesNotKnow) {
  faultfs::SimDisk disk;
  for (const Settings& settings : {Settings{{"colour", "red"}}, Settings{{"journal_mode", "memory"}},
                                   Settings{{"page_size", "large"}}, Settings{{"psow", "2"}}}) {
    const auto opened = SqliteSubject().open(disk, "db", {.settings = settings});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(opened.error().context, HasSubstr(settings.begin()->first));
  }
  EXPECT_TRUE(must_open(disk, "db", {{"compact_after_operations", "5"}, {"sync", "on_request"}}));
}

// What a put does, from the second one on, when a journal or log of SQLite's own.
std::vector<std::string> steps_of_a_put(const Settings& settings) {
  faultfs::SimDisk disk;
  const auto session = must_open(disk, "db", settings);
  EXPECT_TRUE(session->put("a", "1"));
  const std::size_t before = disk.trace().ops.size();
  EXPECT_TRUE(session->put("b", "2"));
  std::map<faultfs::FileId, std::string> names;
  std::vector<std::string> steps;
  for (std::size_t i = 0; i < disk.trace().ops.size(); ++i) {
    const faultfs::TraceOp& op = disk.trace().ops[i];
    if (op.kind == faultfs::OpKind::create) names[op.file] = op.path;
    if (i < before) continue;
    std::string step = std::string(to_string(op.kind)) + " " + (op.path.empty() ? names[op.file] : op.path);
    if (steps.empty() || steps.back() != step) steps.push_back(std::move(step));
  }
  return steps;
}

// As strace shows them of SQLite 3.40 on its own file layer, writes in a row as one.
TEST(Sqlite, TakesTheStepsOfItsOwnFileLayer) {
  const std::string db = "db/kv.db";
  const std::string journal = db + "-journal";
  EXPECT_THAT(steps_of_a_put({{"synchronous", "extra"}}),
              ElementsAre("create " + journal, "write " + journal, "sync " + journal, "sync_dir db", "write " + journal,
                          "sync " + journal, "write " + db, "sync " + db, "unlink " + journal, "sync_dir db"));
  EXPECT_THAT(steps_of_a_put({{"synchronous", "normal"}}),
              ElementsAre("create " + journal, "write " + journal, "sync " + journal, "sync_dir db", "write " + db,
                          "sync " + db, "unlink " + journal));
  EXPECT_THAT(steps_of_a_put({{"journal_mode", "wal"}}), ElementsAre("write " + db + "-wal", "sync " + db + "-wal"));
  EXPECT_THAT(steps_of_a_put({{"synchronous", "off"}}),
              ElementsAre("create " + journal, "write " + journal, "write " + db, "unlink " + journal));
}

}  // namespace
}  // namespace walbreaker
