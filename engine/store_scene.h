// For tests: short verbs for a store on a disk in memory.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/crafted_files.h"
#include "engine/memory_vfs.h"
#include "engine/posix_test_util.h"
#include "engine/scripted_vfs.h"
#include "engine/store.h"

namespace kv {

inline constexpr auto kDirectory = "store";

[[nodiscard]] inline std::string in_store(std::string_view name) { return join_path(kDirectory, name); }

// A disk with a store's directory: the names in it, and their bytes.
[[nodiscard]] inline Image disk_with(const Image& files, bool with_lock = true) {
  Image image{{in_store(""), ""}};
  if (with_lock) image[in_store("LOCK")] = "";
  for (const auto& [name, bytes] : files) image[in_store(name)] = bytes;
  return image;
}

// A seed that no other call in this process has got.
[[nodiscard]] inline std::uint64_t another_seed() {
  static std::uint64_t seed = 1'000;
  return ++seed;
}

// Options under which the store draws numbers from a seed. With the same one, a run repeats to the byte.
[[nodiscard]] inline Options seeded(Options options = {}, std::uint64_t seed = another_seed()) {
  options.entropy = [state = seed * 0xbf58476d1ce4e5b9]() mutable {
    state += 0x9e3779b97f4a7c15;  // SplitMix64, which needs no memory of its own
    std::uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  };
  return options;
}

[[nodiscard]] inline Options read_only() { return seeded({.access = Access::read_only}); }

[[nodiscard]] inline Contents contents_of(const Store& store) {
  Contents contents;
  must(store.scan("", std::nullopt, [&](std::string_view key, std::string_view value) {
    EXPECT_EQ(must(store.get(key)), value);
    return contents.emplace(key, value).second;
  }));
  EXPECT_EQ(store.stats().keys, contents.size());
  return contents;
}

[[nodiscard]] inline Result<std::unique_ptr<Store>> open_store(Vfs& vfs, const Options& options = seeded()) {
  return Store::open(vfs, kDirectory, options);
}

// What a read-write open of a disk serves, and what it found.
struct Reopened {
  Contents contents;
  Report report;
};

[[nodiscard]] inline Reopened reopened(const Image& image) {
  MemoryVfs disk(image);
  const auto store = open_store(disk);
  if (!store) {
    ADD_FAILURE() << "does not open: " << store.error().message();
    return {};
  }
  return {contents_of(**store), (*store)->report()};
}

}  // namespace kv
