// Fails the first allocation of a put, then the second, and so on until the put needs no more of them, and expects the
// tree to be what it was each time.
#include <gtest/gtest.h>

#include <algorithm>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/bplus_tree.h"
#include "engine/failing_allocation.h"

namespace kv {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs scan(const BPlusTree& tree) {
  Pairs pairs;
  for (auto cursor = tree.begin(); cursor.valid(); cursor.next()) pairs.emplace_back(cursor.key(), cursor.value());
  return pairs;
}

// Puts with the n-th allocation failing. Returns false where it failed.
bool put_with_allocations(BPlusTree& tree, std::string_view key, std::string_view value, std::size_t allocations) {
  const FailingAllocation failing(allocations);
  try {
    tree.put(key, value);
    return true;
  } catch (const std::bad_alloc&) {
    return false;
  }
}

// Returns how many allocations the put took.
std::size_t put_through_every_failure(BPlusTree& tree, std::string_view key, std::string_view value) {
  const Pairs before = scan(tree);
  const auto bytes_before = tree.content_bytes();
  for (std::size_t allocations = 0;; ++allocations) {
    if (put_with_allocations(tree, key, value, allocations)) return allocations;
    EXPECT_EQ(tree.verify(), std::nullopt);
    EXPECT_EQ(scan(tree), before);
    EXPECT_EQ(tree.size(), before.size());
    EXPECT_EQ(tree.content_bytes(), bytes_before);
  }
}

TEST(BPlusTreeWithoutMemory, IsUnchangedByAPutOfANewKeyThatFails) {
  for (const bool ascending : {true, false}) {
    BPlusTree tree(4);
    std::size_t most_allocations = 0;
    for (int i = 0; i < 150; ++i) {
      const std::string key(1, static_cast<char>(ascending ? i : 200 - i));
      most_allocations = std::max(most_allocations, put_through_every_failure(tree, key, "v"));
      ASSERT_EQ(tree.find(key), "v");
      ASSERT_EQ(tree.verify(), std::nullopt);
    }
    EXPECT_EQ(tree.size(), 150u);
    // An entry, a leaf, the list of new inner nodes, and several of those: roots have split.
    EXPECT_GE(most_allocations, 6u);
  }
}

TEST(BPlusTreeWithoutMemory, IsUnchangedByAnOverwriteThatFails) {
  BPlusTree tree(4);
  for (char c = 'a'; c <= 'z'; ++c) tree.put(std::string(1, c), "value");
  for (char c = 'a'; c <= 'z'; ++c) {
    const std::string key(1, c);
    EXPECT_EQ(put_through_every_failure(tree, key, "a longer value"), 1u);
    EXPECT_EQ(tree.find(key), "a longer value");
  }
  EXPECT_EQ(tree.verify(), std::nullopt);
}

TEST(BPlusTreeWithoutMemory, OverwritesWithAValueOfTheSameSize) {
  BPlusTree tree;
  tree.put("a", "one");
  EXPECT_TRUE(put_with_allocations(tree, "a", "two", 0));
  EXPECT_EQ(tree.find("a"), "two");
}

TEST(BPlusTreeWithoutMemory, RemovesEveryKey) {
  BPlusTree tree(4);
  for (char c = 'a'; c <= 'z'; ++c) tree.put(std::string(1, c), "value");
  for (char c = 'a'; c <= 'z'; ++c) {
    const char key[] = {c};
    bool removed = false;
    {
      const FailingAllocation failing(0);
      removed = tree.remove({key, 1});
    }
    EXPECT_TRUE(removed);
    EXPECT_EQ(tree.verify(), std::nullopt);
  }
  EXPECT_TRUE(tree.empty());
}

}  // namespace
}  // namespace kv
