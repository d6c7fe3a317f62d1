#include "properties/fuzz/packed_store.h"

#include <gtest/gtest.h>

#include "engine/file_header.h"

namespace walbreaker::fuzz {
namespace {

std::string a_log() { return kv::encode(kv::FileHeader{.link = kv::LogLink::void_until_snapshot, .generation = 3}); }

TEST(PackedFile, LeavesTheZerosOfAHeaderOut) {
  const std::string file = a_log() + "behind";
  EXPECT_EQ(pack_file(file).size(), 1 + 64 + 4 + 6U);
  EXPECT_EQ(unpack_file(pack_file(file)), file);
}

TEST(PackedFile, KeepsWhatStandsAmongTheZeros) {
  std::string file = a_log();
  file[100] = 'x';
  EXPECT_EQ(unpack_file(pack_file(file)), file);
}

TEST(PackedFile, KeepsAFileThatEndsInItsHeader) {
  const std::string file = a_log();
  for (const std::size_t size : {0U, 1U, 67U, 68U, 69U, 4095U}) {
    EXPECT_EQ(unpack_file(pack_file(file.substr(0, size))), file.substr(0, size)) << size;
  }
}

TEST(PackedStore, ReadsBack) {
  const std::vector<PackedFile> files{{PackedKind::lock, 0, ""},
                                      {PackedKind::log, 3, a_log() + "r"},
                                      {PackedKind::snapshot, 2, "cut"},
                                      {PackedKind::foreign, 255, std::string(300, 'x')}};
  EXPECT_EQ(unpack_store(pack_store(files)), files);
}

TEST(PackedStore, TakesAnyBytes) {
  const std::string packed = pack_store({{PackedKind::log, 3, a_log()}});
  for (std::size_t size = 0; size <= packed.size(); ++size) {
    EXPECT_EQ(unpack_store(std::string_view(packed).substr(0, size)).size(), size < 4 ? 0U : 1U);
  }
}

TEST(PackedStore, KnowsItsFilesInAnImageAgain) {
  const std::vector<PackedFile> files{
      {PackedKind::lock, 0, ""}, {PackedKind::snapshot, 254, "s"}, {PackedKind::log, 12, "w"}};
  EXPECT_EQ(files_of(image_of(files, "db"), "db"), files);
}

TEST(PackedStore, CountsHighNumbersFromTheHighestGeneration) {
  EXPECT_EQ(name_of({PackedKind::log, 255, ""}), "wal-9223372036854775807.log");
  EXPECT_EQ(name_of({PackedKind::snapshot, 239, ""}), "snapshot-239.dat");
}

}  // namespace
}  // namespace walbreaker::fuzz
