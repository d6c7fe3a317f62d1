#include "harness/plugin_subject.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>

#include "faultfs/sim_disk.h"
#include "harness/fake_plugin_test_util.h"
#include "harness/plugin_error.h"

namespace walbreaker {
namespace {

using kv::ErrorCode;
using testing::HasSubstr;

kv::Result<Opened> open(const walbreaker_plugin& plugin, kv::Vfs& disk) {
  return PluginSubject(plugin, "./fake.so").open(disk, "/", {.settings = {{"sync", "on_commit"}}, .entropy = 7});
}

// The session of a plugin, and the disk that it is on.
struct Scene {
  explicit Scene(const walbreaker_plugin& given) : plugin(given), session(std::move(open(plugin, disk)->session)) {}
  Session* operator->() const { return session.get(); }

  faultfs::SimDisk disk;
  walbreaker_plugin plugin;
  std::unique_ptr<Session> session;
};

template <class T>
void expect_defect(const kv::Result<T>& result, const std::string& mention) {
  ASSERT_FALSE(result) << mention;
  EXPECT_EQ(result.error().code, ErrorCode::internal);
  EXPECT_THAT(result.error().context, HasSubstr(mention));
}

TEST(PluginSubject, GivesEveryCommandAndTakesEveryAnswer) {
  const Scene scene(fake_plugin());
  EXPECT_TRUE(scene->put("a", "1"));
  kv::Batch batch;
  batch.put("b", std::string("\0x", 2));
  batch.put("c", "");
  batch.remove("a");
  EXPECT_TRUE(scene->batch(batch));
  EXPECT_EQ(scene->del("c"), true);
  EXPECT_EQ(scene->del("c"), false);
  EXPECT_EQ(scene->get("a").value(), std::nullopt);
  EXPECT_EQ(scene->get("b").value(), std::string("\0x", 2));
  EXPECT_EQ(scene->scan(), (Listing{{"b", std::string("\0x", 2)}}));
  EXPECT_TRUE(scene->sync());
  EXPECT_TRUE(scene->compact());
  EXPECT_TRUE(scene->close());
}

TEST(PluginSubject, PassesTheRequestOnAndTheAnswerBack) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.open = [](const walbreaker_vfs* vfs, const char* directory, const walbreaker_open_request* request,
                   walbreaker_opened* opened, walbreaker_error* error) {
    EXPECT_EQ(vfs->struct_size, sizeof(walbreaker_vfs));
    EXPECT_EQ(vfs->abi_version, WALBREAKER_ABI_VERSION);
    EXPECT_EQ(request->struct_size, sizeof(walbreaker_open_request));
    EXPECT_EQ(opened->struct_size, sizeof(walbreaker_opened));
    EXPECT_STREQ(directory, "/");
    EXPECT_EQ(request->entropy, 7U);
    EXPECT_EQ(request->read_only, 0);
    EXPECT_EQ(request->setting_count, 1U);
    EXPECT_STREQ(request->settings[0].name, "sync");
    EXPECT_STREQ(request->settings[0].value, "on_commit");
    opened->answer = WALBREAKER_TORN;
    copy_text("the end is torn", opened->text);
    return fake_plugin().open(vfs, directory, request, opened, error);
  };
  faultfs::SimDisk disk;
  const auto opened = open(plugin, disk);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->answer, OpenAnswer::torn);
  EXPECT_EQ(opened->text, "the end is torn");
}

TEST(PluginSubject, AnErrorIsOneWithItsCodeItsErrnoAndItsText) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.open = [](const walbreaker_vfs*, const char*, const walbreaker_open_request*, walbreaker_opened*,
                   walbreaker_error* error) {
    return to_plugin_error({ErrorCode::io_error, EIO, "read the log"}, error);
  };
  faultfs::SimDisk disk;
  const auto opened = open(plugin, disk);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, ErrorCode::io_error);
  EXPECT_EQ(opened.error().os_error, EIO);
  EXPECT_EQ(opened.error().context, "read the log");
}

TEST(PluginSubject, AnAnswerThatIsNoneIsADefectOfThePlugin) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.put = [](auto*, auto, auto, auto*) { return 17; };
  plugin.sync = [](auto*, auto*) -> int { return WALBREAKER_MISSING; };
  plugin.close = [](auto*, auto*) { return -99; };
  const Scene scene(plugin);
  expect_defect(scene->put("a", "1"), "put answered 17, which is no error");
  expect_defect(scene->sync(), "sync answered missing");
  expect_defect(scene->close(), "close answered -99");
}

TEST(PluginSubject, AnOpenThatContradictsItselfIsADefectAndLeavesNoSession) {
  faultfs::SimDisk disk;
  walbreaker_plugin plugin = fake_plugin();
  plugin.open = [](auto*, auto*, auto*, auto*, auto*) -> int { return WALBREAKER_OK; };
  expect_defect(open(plugin, disk), "gave no session");
  plugin.open = [](auto* vfs, auto* directory, auto* request, auto* opened, auto* error) -> int {
    fake_plugin().open(vfs, directory, request, opened, error);
    return WALBREAKER_LOCKED;
  };
  expect_defect(open(plugin, disk), "gave a session");
  plugin.open = [](auto* vfs, auto* directory, auto* request, auto* opened, auto* error) -> int {
    opened->answer = 3;
    return fake_plugin().open(vfs, directory, request, opened, error);
  };
  expect_defect(open(plugin, disk), "open answered 3");
  EXPECT_EQ(open_fake_sessions(), 0);
}

TEST(PluginSubject, AGetThatContradictsItselfIsADefect) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.get = [](auto*, auto key, auto visit, void* context, auto*) -> int {
    const std::string_view what(key.data, key.size);
    if (what == "twice") visit(context, key, key);
    if (what == "twice" || what == "missing") visit(context, key, key);
    if (what == "other") visit(context, {"another", 7}, key);
    if (what == "null") visit(context, key, {nullptr, 1});
    return what == "missing" ? WALBREAKER_MISSING : WALBREAKER_OK;
  };
  const Scene scene(plugin);
  expect_defect(scene->get("nothing"), "answered ok, and visited 0 keys");
  expect_defect(scene->get("twice"), "answered ok, and visited 2 keys");
  expect_defect(scene->get("missing"), "answered missing, and visited 1 keys");
  expect_defect(scene->get("other"), "another key");
  expect_defect(scene->get("null"), "a null pointer with a size");
}

TEST(PluginSubject, AScanWithoutAnEndIsADefect) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.scan = [](auto*, auto visit, void* context, auto*) -> int {
    // Values that are never read: their sizes alone tell that this is no store.
    while (visit(context, {"key", 3}, {"", kMostVisitedBytes + 1}) != 0) continue;
    return WALBREAKER_OK;
  };
  const Scene scene(plugin);
  expect_defect(scene->scan(), "scan does not come to an end");
}

TEST(PluginSubject, WaitsForThePluginsThreadsAfterEachCommand) {
  static int waits = 0;
  waits = 0;
  walbreaker_plugin plugin = fake_plugin();
  plugin.quiesce = [](auto*, auto*) -> int { return ++waits == 4 ? WALBREAKER_INTERNAL : WALBREAKER_OK; };
  const Scene scene(plugin);
  EXPECT_EQ(waits, 1);
  EXPECT_TRUE(scene->put("a", "1"));
  EXPECT_TRUE(scene->sync());
  EXPECT_EQ(waits, 3);
  expect_defect(scene->scan(), "quiesce");
}

TEST(PluginSubject, AnAbandonedStoreWritesNoMoreAndLosesItsLocks) {
  walbreaker_plugin plugin = fake_plugin();
  plugin.open = [](auto* vfs, auto* directory, auto* request, auto* opened, auto* error) -> int {
    walbreaker_lock* lock = nullptr;
    walbreaker_file* file = nullptr;
    EXPECT_EQ(vfs->lock(vfs, "/LOCK", WALBREAKER_LOCK_EXCLUSIVE, &lock, error), WALBREAKER_OK);
    EXPECT_EQ(vfs->open(vfs, "/left-open", WALBREAKER_OPEN_CREATE, &file, error), WALBREAKER_OK);
    return fake_plugin().open(vfs, directory, request, opened, error);
  };
  plugin.abandon = [](walbreaker_session* session) {
    walbreaker_error error{};
    walbreaker_file* file = nullptr;
    const auto* vfs = session->vfs;
    EXPECT_EQ(vfs->open(vfs, "/late", WALBREAKER_OPEN_CREATE, &file, &error), WALBREAKER_IO_ERROR);
    EXPECT_EQ(error.os_error, EBADF);
    fake_plugin().abandon(session);
  };
  faultfs::SimDisk disk;
  {
    const auto first = open(plugin, disk);
  }
  EXPECT_FALSE(disk.image().files.contains("late"));
  EXPECT_TRUE(disk.lock("/LOCK", kv::LockMode::exclusive));
  EXPECT_EQ(open_fake_sessions(), 0);
}

TEST(PluginSubject, TellsWhatThePluginTells) {
  static const walbreaker_setting kSetting{"sync", "on_request"};
  static const walbreaker_way kWays[] = {{nullptr, 0}, {&kSetting, 1}};
  walbreaker_plugin plugin = fake_plugin();
  plugin.ways = kWays;
  plugin.way_count = 2;
  plugin.role_of = [](const char* name) -> int {
    if (std::string_view(name) == "manifest") return WALBREAKER_ROLE_UNKNOWN;
    return std::string_view(name) == "log" ? WALBREAKER_ROLE_LOG : 99;
  };
  const PluginSubject subject(plugin, "./fake.so");
  EXPECT_EQ(subject.name(), "fake");
  EXPECT_EQ(subject.found_by(), "./fake.so");
  EXPECT_EQ(subject.capabilities(), (Capabilities{.read_only = false}));
  EXPECT_EQ(subject.ways(), (std::vector<Settings>{{}, {{"sync", "on_request"}}}));
  EXPECT_EQ(promised(subject, {}, "power"), "never");
  EXPECT_EQ(subject.role_of("log"), FileRole::log);
  EXPECT_EQ(subject.role_of("manifest"), FileRole::unknown);
  EXPECT_EQ(subject.role_of("99"), FileRole::other);
}

TEST(PluginError, EveryCodeOfTheAbiComesBackAsItself) {
  for (const ErrorCode code :
       {ErrorCode::internal, ErrorCode::io_error, ErrorCode::invalid_argument, ErrorCode::read_only, ErrorCode::locked,
        ErrorCode::corrupted, ErrorCode::unsupported_version, ErrorCode::no_memory, ErrorCode::no_space}) {
    walbreaker_error error{};
    const int number = to_plugin_error({code, EIO, "a text"}, &error);
    const kv::Error back = from_plugin_error(number, error, "put");
    EXPECT_EQ(back.code, code);
    EXPECT_EQ(back.os_error, EIO);
    EXPECT_EQ(back.context, "a text");
  }
}

TEST(PluginError, CodesThatOneSideLacksBecomeTheNearest) {
  const walbreaker_error error{};
  EXPECT_EQ(from_plugin_error(WALBREAKER_UNSUPPORTED, error, "compact").message(),
            "invalid_argument: unsupported: compact");
  EXPECT_EQ(from_plugin_error(WALBREAKER_NOT_OPEN, error, "put").message(), "invalid_argument: not_open: put");
  EXPECT_EQ(to_plugin_error({ErrorCode::null_argument, 0, {}}, nullptr), WALBREAKER_INVALID_ARGUMENT);
  EXPECT_EQ(to_plugin_error({ErrorCode::recovering, 0, {}}, nullptr), WALBREAKER_INTERNAL);
  EXPECT_EQ(to_plugin_error({ErrorCode::not_found, 0, {}}, nullptr), WALBREAKER_INTERNAL);
}

TEST(PluginError, ATextThatIsTooLongOrHasNoEndIsCut) {
  walbreaker_error error{};
  to_plugin_error({ErrorCode::io_error, 0, std::string(2'000, 'x')}, &error);
  EXPECT_EQ(text_of(error.text).size(), std::size_t{WALBREAKER_TEXT_BYTES - 1});
  std::fill(std::begin(error.text), std::end(error.text), 'y');
  EXPECT_EQ(text_of(error.text).size(), std::size_t{WALBREAKER_TEXT_BYTES});
}

}  // namespace
}  // namespace walbreaker
