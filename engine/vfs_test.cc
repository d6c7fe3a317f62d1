#include "engine/vfs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <string>

namespace kv {
namespace {

constexpr int kNever = std::numeric_limits<int>::max();

// A file in memory that moves a few bytes a call, and fails or stalls at the call it is told to (from 0).
class SmallStepFile final : public File {
 public:
  std::string contents;
  std::size_t bytes_per_call = 1;
  int fail_at = kNever;
  int stall_at = kNever;
  int calls = 0;

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) override {
    const std::size_t count = TRY(step(into.size()));
    if (offset >= contents.size()) return 0;
    return contents.copy(into.data(), count, offset);
  }

  Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) override {
    const std::size_t count = TRY(step(bytes.size()));
    contents.resize(std::max<std::size_t>(contents.size(), offset + count));
    contents.replace(offset, count, bytes.substr(0, count));
    return count;
  }

  Result<void> truncate(std::uint64_t) override { return unused(); }
  Result<void> allocate(std::uint64_t) override { return unused(); }
  Result<void> sync() override { return unused(); }
  Result<std::uint64_t> size() override { return unused(); }

 private:
  Result<std::size_t> step(std::size_t wanted) {
    const int call = calls++;
    if (call == fail_at) return fail_errno(EIO, "call " + std::to_string(call));
    if (call == stall_at) return 0;
    return std::min(wanted, bytes_per_call);
  }

  static std::unexpected<Error> unused() { return fail(ErrorCode::internal, "not part of these tests"); }
};

const std::string kText = "abcdefghij";

TEST(ReadFull, ContinuesShortReads) {
  for (std::size_t bytes_per_call = 1; bytes_per_call <= kText.size(); ++bytes_per_call) {
    SmallStepFile file;
    file.contents = "__" + kText + "__";
    file.bytes_per_call = bytes_per_call;
    std::string into(kText.size(), '?');
    EXPECT_EQ(read_full(file, 2, into).value(), kText.size());
    EXPECT_EQ(into, kText);
  }
}

TEST(ReadFull, ReturnsFewerBytesOnlyWhereTheFileEnds) {
  SmallStepFile file;
  file.contents = kText;
  file.bytes_per_call = 4;
  std::string into(20, '?');
  EXPECT_EQ(read_full(file, 3, into).value(), 7U);
  EXPECT_EQ(into, "defghij" + std::string(13, '?'));
  EXPECT_EQ(read_full(file, 10, into).value(), 0U);
  EXPECT_EQ(read_full(file, 99, into).value(), 0U);
}

TEST(ReadFull, ReturnsTheErrorOfWhicheverCallFails) {
  int failures = 0;
  for (int call = 0;; ++call) {
    SmallStepFile file;
    file.contents = kText;
    file.bytes_per_call = 3;
    file.fail_at = call;
    std::string into(kText.size(), '?');
    const Result<std::size_t> result = read_full(file, 0, into);
    if (result) break;
    ++failures;
    EXPECT_EQ(result.error().os_error, EIO);
    EXPECT_EQ(result.error().context, "call " + std::to_string(call));
    EXPECT_EQ(file.calls, call + 1) << "read on after an error";
  }
  EXPECT_EQ(failures, 4) << "ten bytes, three a call";
}

TEST(ReadFull, AsksNothingOfTheFileForAnEmptyBuffer) {
  SmallStepFile file;
  file.fail_at = 0;
  EXPECT_EQ(read_full(file, 0, {}).value(), 0U);
  EXPECT_EQ(file.calls, 0);
}

TEST(WriteAll, ContinuesShortWrites) {
  for (std::size_t bytes_per_call = 1; bytes_per_call <= kText.size(); ++bytes_per_call) {
    SmallStepFile file;
    file.contents = "__??????????__";
    file.bytes_per_call = bytes_per_call;
    EXPECT_TRUE(write_all(file, 2, kText).has_value());
    EXPECT_EQ(file.contents, "__" + kText + "__");
  }
}

TEST(WriteAll, ReturnsTheErrorOfWhicheverCallFails) {
  int failures = 0;
  for (int call = 0;; ++call) {
    SmallStepFile file;
    file.bytes_per_call = 3;
    file.fail_at = call;
    const Result<void> result = write_all(file, 0, kText);
    if (result) break;
    ++failures;
    EXPECT_EQ(result.error().os_error, EIO);
    EXPECT_EQ(result.error().context, "call " + std::to_string(call));
    EXPECT_EQ(file.calls, call + 1) << "wrote on after an error";
    EXPECT_EQ(file.contents, kText.substr(0, file.contents.size()));
  }
  EXPECT_EQ(failures, 4) << "ten bytes, three a call";
}

TEST(WriteAll, AWriteWithoutProgressIsNoSpace) {
  int failures = 0;
  for (int call = 0;; ++call) {
    SmallStepFile file;
    file.bytes_per_call = 3;
    file.stall_at = call;
    const Result<void> result = write_all(file, 0, kText);
    if (result) break;
    ++failures;
    EXPECT_EQ(result.error().code, ErrorCode::no_space);
    EXPECT_EQ(file.calls, call + 1) << "wrote on without progress";
  }
  EXPECT_EQ(failures, 4) << "ten bytes, three a call";
}

TEST(WriteAll, AsksNothingOfTheFileForNoBytes) {
  SmallStepFile file;
  file.fail_at = 0;
  EXPECT_TRUE(write_all(file, 0, "").has_value());
  EXPECT_EQ(file.calls, 0);
}

TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(join_path("dir", "name"), "dir/name");
  EXPECT_EQ(join_path("dir/", "name"), "dir/name");
  EXPECT_EQ(join_path("/", "name"), "/name");
  EXPECT_EQ(join_path(".", "name"), "./name");
  EXPECT_EQ(join_path("", "name"), "name");
}

TEST(ParentPath, IsTheDirectoryThatHoldsThePath) {
  EXPECT_EQ(parent_path("a/b"), "a");
  EXPECT_EQ(parent_path("a/b/c"), "a/b");
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("b"), ".");
  EXPECT_EQ(parent_path(""), ".");
  EXPECT_EQ(parent_path("/b"), "/");
  EXPECT_EQ(parent_path("/"), "/");
}

TEST(ParentPath, TrailingSlashesDoNotCount) {
  EXPECT_EQ(parent_path("a/b/"), "a");
  EXPECT_EQ(parent_path("b//"), ".");
  EXPECT_EQ(parent_path("/b/"), "/");
  EXPECT_EQ(parent_path("//"), "/");
}

TEST(ParentPath, UndoesJoinPath) {
  for (const std::string directory : {"a", "a/b", "/a", "/", "."}) {
    EXPECT_EQ(parent_path(join_path(directory, "name")), directory);
  }
}

}  // namespace
}  // namespace kv
