// Damages each thing that BPlusTree::verify promises to check, and expects it to say so. The other tests of the tree
// rest on verify; this is the test of that tester.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>

#include "engine/bplus_tree.h"
#include "engine/bplus_tree_node.h"

namespace kv {

// Opens a tree to a test that damages it.
struct BPlusTreePeer {
  static bplus::Node& root(BPlusTree& tree) { return *tree.root_; }
  static std::size_t& size(BPlusTree& tree) { return tree.size_; }
  static std::uint64_t& content_bytes(BPlusTree& tree) { return tree.content_bytes_; }
};

namespace {

using bplus::as_inner;
using bplus::as_leaf;
using bplus::Node;
using testing::HasSubstr;
using testing::Optional;

// A tree of fan-out 4 and three levels, whose keys "00" to "17" came in ascending order.
class BPlusTreeVerify : public testing::Test {
 protected:
  BPlusTreeVerify() {
    for (int i = 0; i < 18; ++i)
      tree_.put(std::string{static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)}, "v");
    EXPECT_EQ(tree_.verify(), std::nullopt);
    EXPECT_EQ(root().level, 2u);
  }

  // Puts another value in place of one field, expects verify to complain in these words, and puts the old value back.
  template <class T>
  void expect_found(T& field, T damaged, const std::string& complaint) {
    const T sound = std::exchange(field, damaged);
    ASSERT_NE(sound, damaged);
    EXPECT_THAT(tree_.verify(), Optional(HasSubstr(complaint)));
    field = sound;
    EXPECT_EQ(tree_.verify(), std::nullopt);
  }

  Node& root() { return BPlusTreePeer::root(tree_); }
  Node& inner(std::size_t i) { return *as_inner(root()).children[i]; }
  Node& leaf(std::size_t i, std::size_t j) { return *as_inner(inner(i)).children[j]; }

  BPlusTree tree_{4};
};

TEST_F(BPlusTreeVerify, FindsALeafThatIsNotAtLevelZero) {
  expect_found(leaf(0, 1).level, std::size_t{1}, "root/0/1: is of level 1, not 0");
}

TEST_F(BPlusTreeVerify, FindsASubtreeOfAnotherDepth) {
  expect_found(as_inner(root()).children[1], &leaf(1, 0), "root/1: is of level 0, not 1");
}

TEST_F(BPlusTreeVerify, FindsANodeThatIsLessThanHalfFull) {
  expect_found(leaf(0, 0).count, std::size_t{1}, "root/0/0: holds 1 slots, not 2 to 4");
  expect_found(inner(0).count, std::size_t{1}, "root/0: holds 1 slots, not 2 to 4");
  expect_found(root().count, std::size_t{1}, "root: holds 1 slots, not 2 to 4");
}

TEST_F(BPlusTreeVerify, FindsANodeThatHoldsMoreThanTheFanout) {
  expect_found(leaf(0, 0).count, std::size_t{5}, "root/0/0: holds 5 slots, not 2 to 4");
  expect_found(inner(0).count, std::size_t{5}, "root/0: holds 5 slots, not 2 to 4");
  expect_found(root().count, std::size_t{5}, "root: holds 5 slots, not 2 to 4");
}

TEST_F(BPlusTreeVerify, FindsAPrefixThatIsNotOfItsKey) {
  expect_found(leaf(1, 0).prefixes[1], bplus::prefix_of("x"), "root/1/0: the prefix of slot 1");
  expect_found(inner(1).prefixes[1], bplus::prefix_of("x"), "root/1: the prefix of slot 1");
  expect_found(root().prefixes[1], bplus::prefix_of("x"), "root: the prefix of slot 1");
}

TEST_F(BPlusTreeVerify, FindsASeparatorThatIsNotTheFirstEntryOfItsChild) {
  for (Node* node : {&root(), &inner(1)}) {
    const auto sound = bplus::slot_at(*node, 1);
    Node& other = leaf(0, 0);
    bplus::set_slot(*node, 1, {other.prefixes[1], other.entries[1], sound.child});
    EXPECT_THAT(tree_.verify(), Optional(HasSubstr("slot 1 does not name the first entry of its child")));
    bplus::set_slot(*node, 1, sound);
    EXPECT_EQ(tree_.verify(), std::nullopt);
  }
}

TEST_F(BPlusTreeVerify, FindsKeysOutOfOrderWithinALeaf) {
  Node& damaged = leaf(0, 1);
  const auto swap_keys = [&] {
    std::swap(damaged.entries[0], damaged.entries[1]);
    std::swap(damaged.prefixes[0], damaged.prefixes[1]);
  };
  swap_keys();
  EXPECT_THAT(tree_.verify(), Optional(HasSubstr("root/0/1: the key of slot 1 is not above the one before it")));
  swap_keys();
}

TEST_F(BPlusTreeVerify, FindsKeysOutOfOrderFromOneLeafToTheNext) {
  std::string last_key(leaf(0, 0).entries[leaf(0, 0).count - 1]->key());
  bplus::Entry& first = *leaf(0, 1).entries[0];
  const std::string sound(first.key());
  const auto rename = [&](const std::string& key) {
    key.copy(first.bytes(), key.size());
    for (Node* node : {&leaf(0, 1), &inner(0)}) node->prefixes[node->level] = bplus::prefix_of(key);
  };
  rename(last_key);
  EXPECT_THAT(tree_.verify(), Optional(HasSubstr("root/0/1: the key of slot 0 is not above the one before it")));
  rename(sound);
  EXPECT_EQ(tree_.verify(), std::nullopt);
}

TEST_F(BPlusTreeVerify, FindsALeafLinkThatSkipsALeaf) {
  expect_found(as_leaf(leaf(0, 0)).next, &as_leaf(leaf(1, 0)), "root/0/1: the leaf before it does not link to it");
}

TEST_F(BPlusTreeVerify, FindsALeafLinkThatEndsTooEarlyBetweenTwoSubtrees) {
  auto& last = as_leaf(leaf(0, inner(0).count - 1));
  expect_found(last.next, static_cast<bplus::Leaf*>(nullptr), "root/1/0: the leaf before it does not link to it");
}

TEST_F(BPlusTreeVerify, FindsALastLeafThatLinksOn) {
  Node& last_inner = inner(root().count - 1);
  auto& last = as_leaf(*as_inner(last_inner).children[last_inner.count - 1]);
  expect_found(last.next, &as_leaf(leaf(0, 0)), "the last leaf links to another one");
}

TEST_F(BPlusTreeVerify, FindsAWrongSize) {
  expect_found(BPlusTreePeer::size(tree_), std::size_t{17}, "size is 17, but the leaves hold 18 entries");
}

TEST_F(BPlusTreeVerify, FindsWrongContentBytes) {
  expect_found(BPlusTreePeer::content_bytes(tree_), std::uint64_t{55},
               "content_bytes is 55, but the leaves hold 54 bytes");
}

}  // namespace
}  // namespace kv
