// For tests on the files of a store: a look at them, and harm done to them.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <string_view>

#include "engine/bytes.h"
#include "engine/crc32c.h"
#include "engine/file_header.h"
#include "engine/posix_test_util.h"
#include "engine/store.h"

namespace kv {

inline void overwrite(const std::string& path, std::string_view bytes) {
  std::filesystem::remove(path);  // ext4 flushes a file that was truncated and written anew when it is closed
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline void flip_bit(const std::string& path, std::size_t offset) {
  std::string bytes = contents_of(path);
  bytes.at(offset) = static_cast<char>(bytes.at(offset) ^ 1);
  overwrite(path, bytes);
}

// The file as a program of the next format version would have begun it, its checksum included.
inline void raise_version(const std::string& path) {
  constexpr std::size_t kVersionAt = 8;
  constexpr std::size_t kChecksumAt = kFileHeaderBytes - 4;
  std::string bytes = contents_of(path);
  store(bytes, kVersionAt, kFormatVersion + 1);
  store(bytes, kChecksumAt, crc32c(std::string_view(bytes).substr(0, kChecksumAt)));
  overwrite(path, bytes);
}

// Every file of a directory with its contents, to show that nothing in it changed.
[[nodiscard]] inline std::map<std::string, std::string> files_in(const std::string& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    files[entry.path().filename()] = entry.is_regular_file() ? contents_of(entry.path()) : "";
  }
  return files;
}

// The name of the one file in a directory that begins with `prefix`: "wal-", "snapshot-".
[[nodiscard]] inline std::string only_name(const std::string& directory, std::string_view prefix) {
  std::string found;
  for (const auto& [name, bytes] : files_in(directory)) {
    if (!name.starts_with(prefix)) continue;
    EXPECT_EQ(found, "") << "two files " << prefix << "*";
    found = name;
  }
  EXPECT_NE(found, "") << "no file " << prefix << "*";
  return found;
}

[[nodiscard]] inline std::string only_file(const std::string& directory, std::string_view prefix) {
  return join_path(directory, only_name(directory, prefix));
}

// A store whose process was killed after it had put a, b and c, one record each in its log.
inline void make_killed_store(const std::string& path) {
  PosixVfs vfs;
  const auto store = must(Store::open(vfs, path));
  for (const std::string key : {"a", "b", "c"}) must(store->put(key, "value of " + key));
}

// The same with the first record of the log harmed, which the later ones prove to have been durable.
inline void make_damaged_store(const std::string& path) {
  make_killed_store(path);
  flip_bit(only_file(path, "wal-"), kFileHeaderBytes + 8);
}

}  // namespace kv
