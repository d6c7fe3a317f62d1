#include "engine/kvstore.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <climits>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/bytes.h"
#include "engine/options.h"
#include "engine/result.h"
#include "engine/store_test_util.h"

extern "C" int kvstore_c_test(const char* path);

namespace kv {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::StartsWith;
using namespace std::string_literals;

using Handle = std::unique_ptr<kvstore, decltype(&kvstore_destroy)>;
Handle open_handle(const std::string& path) { return {kvstore_create(path.c_str()), &kvstore_destroy}; }

using Entries = std::vector<std::pair<std::string, std::string>>;

int collect(void* entries, const void* key, size_t key_size, const void* value, size_t value_size) {
  static_cast<Entries*>(entries)->emplace_back(std::string(static_cast<const char*>(key), key_size),
                                               std::string(static_cast<const char*>(value), value_size));
  return 1;
}

int stop_at_once(void* count, const void*, size_t, const void*, size_t) {
  ++*static_cast<int*>(count);
  return 0;
}

Entries all_entries(kvstore* store) {
  Entries entries;
  EXPECT_EQ(kvstore_scan_bytes(store, nullptr, 0, nullptr, 0, collect, &entries), KVSTORE_OK);
  return entries;
}

// The value of an integer key; fails the test where there is none.
long value_of(kvstore* store, int key) {
  long value = -1;
  EXPECT_EQ(kvstore_search(store, key, &value), KVSTORE_OK) << key << ": " << kvstore_message(store);
  return value;
}

TEST(KvstoreC, WorksFromC90) {
  const TempDir dir;
  EXPECT_EQ(kvstore_c_test((dir / "store").c_str()), KVSTORE_OK);
}

TEST(KvstoreC, FindsWhatWasPutAndNotWhatWasDeleted) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  EXPECT_EQ(kvstore_insert(store.get(), 1, 10), KVSTORE_OK);
  EXPECT_EQ(kvstore_put(store.get(), 2, 20), KVSTORE_OK);
  EXPECT_EQ(value_of(store.get(), 1), 10);
  EXPECT_EQ(value_of(store.get(), 2), 20);
  EXPECT_EQ(kvstore_delete(store.get(), 1), KVSTORE_OK);
  EXPECT_EQ(kvstore_del(store.get(), 2), KVSTORE_OK);
  long value = 77;
  EXPECT_EQ(kvstore_search(store.get(), 1, &value), KVSTORE_NOT_FOUND);
  EXPECT_EQ(kvstore_search(store.get(), 2, &value), KVSTORE_NOT_FOUND);
  EXPECT_EQ(value, 77) << "an error leaves the value as it was";
}

TEST(KvstoreC, InsertAndPutBothOverwrite) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  kvstore_insert(store.get(), 1, 10);
  EXPECT_EQ(kvstore_insert(store.get(), 1, 11), KVSTORE_OK);
  EXPECT_EQ(value_of(store.get(), 1), 11);
  EXPECT_EQ(kvstore_put(store.get(), 1, 12), KVSTORE_OK);
  EXPECT_EQ(value_of(store.get(), 1), 12);
}

TEST(KvstoreC, ExtremeKeysAndValuesRoundTripThroughAReopen) {
  const TempDir dir;
  const std::vector<std::pair<int, long>> entries = {{INT_MIN, LONG_MAX}, {INT_MIN + 1, 1},       {-1, -1}, {0, 0},
                                                     {1, LONG_MIN},       {INT_MAX, LONG_MIN + 1}};
  {
    const Handle store = open_handle(dir / "store");
    for (const auto& [key, value] : entries) EXPECT_EQ(kvstore_put(store.get(), key, value), KVSTORE_OK);
    for (const auto& [key, value] : entries) EXPECT_EQ(value_of(store.get(), key), value);
  }
  const Handle store = open_handle(dir / "store");
  for (const auto& [key, value] : entries) EXPECT_EQ(value_of(store.get(), key), value);
}

std::uint32_t load_big_endian(std::string_view bytes) { return __builtin_bswap32(load<std::uint32_t>(bytes, 0)); }

TEST(KvstoreC, AScanMeetsIntegerKeysInNumericOrder) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  for (const int key : {256, INT_MAX, -1, 0, INT_MIN, 255, -256, 1}) kvstore_put(store.get(), key, key);
  std::vector<int> keys;
  for (const auto& [key, value] : all_entries(store.get())) {
    keys.push_back(static_cast<int>(load_big_endian(key) - 0x8000'0000U));
  }
  EXPECT_THAT(keys, ElementsAre(INT_MIN, -256, -1, 0, 1, 255, 256, INT_MAX));
}

TEST(KvstoreC, StoresIntegersAsTheManualSays) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  kvstore_put(store.get(), INT_MIN, -2);
  kvstore_put(store.get(), 0, 258);
  kvstore_put(store.get(), INT_MAX, LONG_MIN);
  EXPECT_THAT(all_entries(store.get()), ElementsAre(Pair("\x00\x00\x00\x00"s, "\xff\xff\xff\xff\xff\xff\xff\xfe"s),
                                                    Pair("\x80\x00\x00\x00"s, "\x00\x00\x00\x00\x00\x00\x01\x02"s),
                                                    Pair("\xff\xff\xff\xff"s, "\x80\x00\x00\x00\x00\x00\x00\x00"s)));
}

TEST(KvstoreC, SearchRefusesAValueThatIsNoInteger) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  ASSERT_EQ(kvstore_put_bytes(store.get(), "\x80\0\0\x05", 4, "abc", 3), KVSTORE_OK);
  long value = 77;
  EXPECT_EQ(kvstore_search(store.get(), 5, &value), KVSTORE_INVALID_ARGUMENT);
  EXPECT_THAT(kvstore_message(store.get()), HasSubstr("3 bytes"));
  EXPECT_EQ(value, 77);
}

TEST(KvstoreC, ByteStringsHoldAnyByteAndMayBeEmpty) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  ASSERT_EQ(kvstore_put_bytes(store.get(), "k\0\xff", 3, "\0v", 2), KVSTORE_OK);
  ASSERT_EQ(kvstore_put_bytes(store.get(), nullptr, 0, nullptr, 0), KVSTORE_OK);
  char* value = nullptr;
  size_t size = 99;
  ASSERT_EQ(kvstore_get_bytes(store.get(), "k\0\xff", 3, &value, &size), KVSTORE_OK);
  EXPECT_EQ(std::string(value, size), "\0v"s);
  kvstore_free(value);
  ASSERT_EQ(kvstore_get_bytes(store.get(), "", 0, &value, &size), KVSTORE_OK);
  EXPECT_EQ(size, 0U);
  EXPECT_STREQ(value, "") << "an empty value is still a string to free";
  kvstore_free(value);
  EXPECT_EQ(kvstore_delete_bytes(store.get(), nullptr, 0), KVSTORE_OK);
  EXPECT_EQ(kvstore_delete_bytes(store.get(), nullptr, 0), KVSTORE_NOT_FOUND);
}

TEST(KvstoreC, AScanKeepsToItsRangeAndToItsVisitor) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  for (const char* key : {"a", "b", "c"}) kvstore_put_bytes(store.get(), key, 1, key, 1);
  Entries entries;
  EXPECT_EQ(kvstore_scan_bytes(store.get(), "a", 1, "c", 1, collect, &entries), KVSTORE_OK);
  EXPECT_THAT(entries, ElementsAre(Pair("a", "a"), Pair("b", "b")));
  entries.clear();
  EXPECT_EQ(kvstore_scan_bytes(store.get(), "b", 1, nullptr, 0, collect, &entries), KVSTORE_OK);
  EXPECT_THAT(entries, ElementsAre(Pair("b", "b"), Pair("c", "c")));
  entries.clear();
  EXPECT_EQ(kvstore_scan_bytes(store.get(), "c", 1, "a", 1, collect, &entries), KVSTORE_OK);
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 0, "", 0, collect, &entries), KVSTORE_OK);
  EXPECT_THAT(entries, ElementsAre()) << "nothing stands before the empty key";
  int calls = 0;
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 0, nullptr, 0, stop_at_once, &calls), KVSTORE_OK);
  EXPECT_EQ(calls, 1);
}

TEST(KvstoreC, SyncAndCompactKeepTheContents) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  kvstore_put(store.get(), 1, 10);
  EXPECT_EQ(kvstore_sync(store.get()), KVSTORE_OK);
  EXPECT_EQ(kvstore_compact(store.get()), KVSTORE_OK);
  EXPECT_EQ(value_of(store.get(), 1), 10);
}

TEST(KvstoreC, CloseReleasesTheStoreAndLeavesTheHandleUseless) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  kvstore_put(store.get(), 1, 10);
  EXPECT_EQ(kvstore_close(store.get()), KVSTORE_OK);
  EXPECT_EQ(value_of(open_handle(dir / "store").get(), 1), 10);
  EXPECT_EQ(kvstore_put(store.get(), 1, 11), KVSTORE_INVALID_ARGUMENT);
  long value = 0;
  EXPECT_EQ(kvstore_search(store.get(), 1, &value), KVSTORE_INVALID_ARGUMENT);
  EXPECT_EQ(kvstore_close(store.get()), KVSTORE_OK) << "a second close does nothing";
}

TEST(KvstoreC, ANullArgumentIsRefused) {
  long value = 0;
  size_t size = 0;
  char* bytes = nullptr;
  EXPECT_EQ(kvstore_create(nullptr), nullptr);
  kvstore_destroy(nullptr);
  kvstore_free(nullptr);
  EXPECT_EQ(kvstore_insert(nullptr, 1, 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_put(nullptr, 1, 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_search(nullptr, 1, &value), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_delete(nullptr, 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_del(nullptr, 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_put_bytes(nullptr, "k", 1, "v", 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_get_bytes(nullptr, "k", 1, &bytes, &size), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_delete_bytes(nullptr, "k", 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_scan_bytes(nullptr, nullptr, 0, nullptr, 0, collect, nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_sync(nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_compact(nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_close(nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_status(nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_THAT(kvstore_message(nullptr), StartsWith("null_argument"));
}

TEST(KvstoreC, ANullPointerBehindAHandleIsRefusedByName) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  kvstore_put(store.get(), 1, 1);
  size_t size = 0;
  char* bytes = nullptr;
  EXPECT_EQ(kvstore_search(store.get(), 1, nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_STREQ(kvstore_message(store.get()), "null_argument: out_value");
  EXPECT_EQ(kvstore_get_bytes(store.get(), "k", 1, nullptr, &size), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_get_bytes(store.get(), "k", 1, &bytes, nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_put_bytes(store.get(), nullptr, 1, "v", 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_put_bytes(store.get(), "k", 1, nullptr, 1), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 1, nullptr, 0, collect, nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 0, nullptr, 0, nullptr, nullptr), KVSTORE_NULL_ARGUMENT);
  EXPECT_STREQ(kvstore_message(store.get()), "null_argument: visit");
}

TEST(KvstoreC, AKeyOrValueBeyondItsLimitIsInvalid) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  const std::string large(kMaxValueBytes + 1, 'x');
  EXPECT_EQ(kvstore_put_bytes(store.get(), large.data(), kMaxKeyBytes, "", 0), KVSTORE_OK);
  EXPECT_EQ(kvstore_put_bytes(store.get(), large.data(), kMaxKeyBytes + 1, "", 0), KVSTORE_INVALID_ARGUMENT);
  EXPECT_EQ(kvstore_put_bytes(store.get(), "k", 1, large.data(), kMaxValueBytes), KVSTORE_OK);
  EXPECT_EQ(kvstore_put_bytes(store.get(), "k", 1, large.data(), kMaxValueBytes + 1), KVSTORE_INVALID_ARGUMENT);
}

TEST(KvstoreC, ASecondHandleOnTheSameDirectoryIsLocked) {
  const TempDir dir;
  const Handle first = open_handle(dir / "store");
  ASSERT_EQ(kvstore_status(first.get()), KVSTORE_OK);
  const Handle second = open_handle(dir / "store");
  EXPECT_EQ(kvstore_status(second.get()), KVSTORE_LOCKED);
  EXPECT_EQ(kvstore_put(first.get(), 1, 1), KVSTORE_OK) << "the first one goes on";
}

TEST(KvstoreC, AHandleWhoseOpenFailedAnswersWithThatErrorToEveryCall) {
  const TempDir dir;
  create(dir / "file", "not a directory");
  const Handle store = open_handle(dir / "file");
  ASSERT_NE(store, nullptr);
  long value = 0;
  size_t size = 0;
  char* bytes = nullptr;
  EXPECT_EQ(kvstore_status(store.get()), KVSTORE_IO_ERROR);
  EXPECT_THAT(kvstore_message(store.get()), AllOf(StartsWith("io_error: "), HasSubstr(dir / "file")));
  EXPECT_EQ(kvstore_insert(store.get(), 1, 1), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_put(store.get(), 1, 1), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_search(store.get(), 1, &value), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_delete(store.get(), 1), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_del(store.get(), 1), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_put_bytes(store.get(), "k", 1, "v", 1), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_get_bytes(store.get(), "k", 1, &bytes, &size), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_delete_bytes(store.get(), "k", 1), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 0, nullptr, 0, collect, nullptr), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_sync(store.get()), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_compact(store.get()), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_close(store.get()), KVSTORE_IO_ERROR);
  EXPECT_EQ(contents_of(dir / "file"), "not a directory");
}

TEST(KvstoreC, AStoreWithoutItsParentDirectoryIsAnIoError) {
  const TempDir dir;
  EXPECT_EQ(kvstore_status(open_handle(dir / "missing/store").get()), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_status(open_handle("").get()), KVSTORE_IO_ERROR);
}

TEST(KvstoreC, AStoreWithADamagedSnapshotDoesNotOpenAndStaysAsItIs) {
  const TempDir dir;
  kvstore_put(open_handle(dir / "store").get(), 1, 10);
  flip_bit(only_file(dir / "store", "snapshot-"), kFileHeaderBytes + 8);
  const auto before = files_in(dir / "store");
  const Handle store = open_handle(dir / "store");
  EXPECT_EQ(kvstore_status(store.get()), KVSTORE_CORRUPTED);
  EXPECT_THAT(kvstore_message(store.get()), AllOf(StartsWith("corrupted: "), HasSubstr("snapshot-")));
  long value = 0;
  EXPECT_EQ(kvstore_search(store.get(), 1, &value), KVSTORE_CORRUPTED);
  EXPECT_EQ(kvstore_put(store.get(), 1, 1), KVSTORE_CORRUPTED);
  EXPECT_EQ(files_in(dir / "store"), before);
}

TEST(KvstoreC, ADamagedStoreWithAValidPrefixServesItReadOnly) {
  const TempDir dir;
  make_damaged_store(dir / "store");
  const auto before = files_in(dir / "store");
  Handle store = open_handle(dir / "store");
  EXPECT_EQ(kvstore_status(store.get()), KVSTORE_CORRUPTED);
  EXPECT_THAT(kvstore_message(store.get()), AllOf(HasSubstr("wal-"), HasSubstr("4096"))) << "tells file and offset";
  EXPECT_EQ(kvstore_put(store.get(), 1, 1), KVSTORE_READ_ONLY);
  EXPECT_EQ(kvstore_put_bytes(store.get(), "k", 1, "v", 1), KVSTORE_READ_ONLY);
  EXPECT_EQ(kvstore_delete_bytes(store.get(), "a", 1), KVSTORE_READ_ONLY);
  EXPECT_EQ(kvstore_compact(store.get()), KVSTORE_READ_ONLY);
  EXPECT_THAT(all_entries(store.get()), ElementsAre());
  EXPECT_EQ(kvstore_status(store.get()), KVSTORE_CORRUPTED);
  store.reset();
  EXPECT_EQ(files_in(dir / "store"), before);
}

TEST(KvstoreC, AStoreOfANewerVersionDoesNotOpen) {
  const TempDir dir;
  kvstore_put(open_handle(dir / "store").get(), 1, 10);
  raise_version(only_file(dir / "store", "snapshot-"));
  EXPECT_EQ(kvstore_status(open_handle(dir / "store").get()), KVSTORE_UNSUPPORTED_VERSION);
}

// Mechanism: a write fails for good, here by the process's limit on file sizes. What the log then holds is unknown, so
// every later write must fail as well, though the disk has recovered.
TEST(KvstoreC, AfterAFailedWriteEveryWriteFailsAndReadsGoOn) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  ASSERT_EQ(kvstore_put(store.get(), 1, 10), KVSTORE_OK);
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlim_t before = std::exchange(limit.rlim_cur, 0);
  setrlimit(RLIMIT_FSIZE, &limit);
  const int failed = kvstore_put(store.get(), 2, 20);
  limit.rlim_cur = before;
  setrlimit(RLIMIT_FSIZE, &limit);

  EXPECT_EQ(failed, KVSTORE_IO_ERROR);
  EXPECT_THAT(kvstore_message(store.get()), HasSubstr("wal-"));
  EXPECT_EQ(kvstore_status(store.get()), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_put(store.get(), 3, 30), KVSTORE_IO_ERROR);
  EXPECT_EQ(kvstore_sync(store.get()), KVSTORE_IO_ERROR);
  EXPECT_EQ(value_of(store.get(), 1), 10);
  long value = 0;
  EXPECT_EQ(kvstore_search(store.get(), 2, &value), KVSTORE_NOT_FOUND);
  EXPECT_EQ(kvstore_close(store.get()), KVSTORE_IO_ERROR) << "an explicit close tells what destroy cannot";
}

int throw_bad_alloc(void*, const void*, size_t, const void*, size_t) { throw std::bad_alloc(); }
int throw_anything(void*, const void*, size_t, const void*, size_t) { throw std::runtime_error("from a visitor"); }

TEST(KvstoreC, NoExceptionLeavesACall) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  kvstore_put(store.get(), 1, 10);
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 0, nullptr, 0, throw_bad_alloc, nullptr), KVSTORE_NO_MEMORY);
  EXPECT_STREQ(kvstore_message(store.get()), "no_memory: out of memory");
  EXPECT_EQ(kvstore_scan_bytes(store.get(), nullptr, 0, nullptr, 0, throw_anything, nullptr), KVSTORE_INTERNAL);
  EXPECT_EQ(value_of(store.get(), 1), 10);
}

TEST(KvstoreC, MessageTellsOfTheLastCallOnly) {
  const TempDir dir;
  const Handle store = open_handle(dir / "store");
  EXPECT_STREQ(kvstore_message(store.get()), "");
  long value = 0;
  kvstore_search(store.get(), 1, &value);
  EXPECT_THAT(kvstore_message(store.get()), StartsWith("not_found"));
  kvstore_put(store.get(), 1, 1);
  EXPECT_STREQ(kvstore_message(store.get()), "");
}

TEST(KvstoreC, StrerrorNamesEveryCodeAndNeverReturnsNull) {
  std::set<std::string> texts;
  for (int number = -100; number <= 100; ++number) {
    const char* const text = kvstore_strerror(number);
    ASSERT_NE(text, nullptr);
    EXPECT_THAT(text, StartsWith(std::string(to_string(static_cast<ErrorCode>(number))))) << number;
    texts.insert(text);
  }
  EXPECT_EQ(texts.size(), 14U) << "13 codes, and one text for everything else";
  EXPECT_STREQ(kvstore_strerror(INT_MIN), kvstore_strerror(INT_MAX));
}

}  // namespace
}  // namespace kv
