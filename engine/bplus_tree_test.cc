#include "engine/bplus_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace kv {
namespace {

using Model = std::map<std::string, std::string, std::less<>>;
using Pairs = std::vector<std::pair<std::string, std::string>>;

// No fault; a failure prints the sentence that verify returned.
void expect_sound(const BPlusTree& tree) { ASSERT_EQ(tree.verify().value_or("sound"), "sound"); }

Pairs scan(BPlusTree::Cursor cursor) {
  Pairs pairs;
  for (; cursor.valid(); cursor.next()) pairs.emplace_back(cursor.key(), cursor.value());
  return pairs;
}

Pairs scan(const BPlusTree& tree) { return scan(tree.begin()); }

void expect_same(const BPlusTree& tree, const Model& model) {
  ASSERT_EQ(tree.size(), model.size());
  ASSERT_EQ(scan(tree), Pairs(model.begin(), model.end()));
  std::uint64_t bytes = 0;
  for (const auto& [key, value] : model) bytes += key.size() + value.size();
  ASSERT_EQ(tree.content_bytes(), bytes);
}

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text.push_back(static_cast<char>(value));
  return text;
}

// Keys in ascending order that are hard to tell apart by their first 8 bytes.
std::vector<std::string> edge_keys() {
  std::vector<std::string> keys = {"", "a", "abcdefg", "abcdefgh", "abcdefghi", "abcdefgi", "\x7f", "\x80"};
  for (std::size_t zeros = 1; zeros <= 9; ++zeros) {
    keys.emplace_back(zeros, '\0');
    keys.push_back(std::string(1, 'a').append(zeros, '\0'));
    keys.emplace_back(zeros, '\xff');
    keys.push_back(std::string(zeros, '\xff') + '\0');
  }
  keys.push_back(bytes({'a', 0, 'b'}));
  keys.push_back(bytes({'a', 0, 0, 'b'}));
  std::ranges::sort(keys);
  return keys;
}

std::string numbered_key(std::size_t number) {
  std::string digits = std::to_string(number);
  return "key-" + std::string(8 - digits.size(), '0') + digits;
}

std::vector<std::string> numbered_keys(std::size_t count) {
  std::vector<std::string> keys;
  keys.reserve(count);
  for (std::size_t i = 0; i < count; ++i) keys.push_back(numbered_key(i));
  return keys;
}

// Short keys over few bytes, so that they repeat, tie in their prefixes and differ in length alone.
std::string random_key(std::mt19937_64& random) {
  static constexpr char kBytes[] = {'\0', 'a', '\x7f', '\x80', '\xff'};
  std::string key = random() % 2 == 0 ? "" : "a shared prefix";
  const std::size_t length = random() % 5;
  for (std::size_t i = 0; i < length; ++i) key.push_back(kBytes[random() % std::size(kBytes)]);
  return key;
}

// Grows and shrinks by turns, so that splits, borrowing, merges and changes of height all happen many times.
void one_random_command(BPlusTree& tree, Model& model, std::mt19937_64& random, bool growing) {
  const std::string key = random_key(random);
  if (random() % 4 < (growing ? 3 : 1)) {
    const std::string value(random() % 4, static_cast<char>('a' + random() % 26));
    ASSERT_EQ(tree.put(key, value), model.insert_or_assign(key, value).second);
  } else {
    ASSERT_EQ(tree.remove(key), model.erase(key) == 1);
  }
  const std::string other = random_key(random);
  const auto found = model.find(other);
  ASSERT_EQ(tree.find(other), found == model.end() ? std::nullopt : std::optional<std::string_view>(found->second));
  const auto expected = model.lower_bound(other);
  const auto cursor = tree.lower_bound(other);
  ASSERT_EQ(cursor.valid(), expected != model.end());
  if (cursor.valid()) {
    ASSERT_EQ(cursor.key(), expected->first);
  }
}

class BPlusTreeOfFanout : public testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Fanouts, BPlusTreeOfFanout, testing::Values(4, 5, 6, 7, 64),
                         testing::PrintToStringParamName());

TEST_P(BPlusTreeOfFanout, AgreesWithASortedMapOverRandomCommands) {
  std::mt19937_64 random(20240229 + GetParam());
  BPlusTree tree(GetParam());
  Model model;
  for (int step = 0; step < 12'000; ++step) {
    ASSERT_NO_FATAL_FAILURE(one_random_command(tree, model, random, step / 2'000 % 2 == 0)) << "step " << step;
    if (GetParam() <= 7 || step % 50 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_sound(tree)) << "step " << step;
    }
    if (step % 50 == 0) {
      ASSERT_NO_FATAL_FAILURE(expect_same(tree, model)) << "step " << step;
    }
  }
}

TEST_P(BPlusTreeOfFanout, StaysSoundWhileItFillsAndEmptiesInEveryOrder) {
  const std::vector<std::string> ascending = numbered_keys(400);
  const std::vector<std::string> descending(ascending.rbegin(), ascending.rend());
  std::vector<std::string> shuffled = ascending;
  std::ranges::shuffle(shuffled, std::mt19937_64(7));
  const auto orders = {ascending, descending, shuffled};
  for (const auto& coming : orders) {
    for (const auto& going : orders) {
      BPlusTree tree(GetParam());
      Model model;
      for (const auto& key : coming) {
        ASSERT_TRUE(tree.put(key, key));
        model[key] = key;
        ASSERT_NO_FATAL_FAILURE(expect_sound(tree));
      }
      ASSERT_NO_FATAL_FAILURE(expect_same(tree, model));
      for (const auto& key : going) {
        ASSERT_TRUE(tree.remove(key));
        ASSERT_FALSE(tree.find(key));
        ASSERT_NO_FATAL_FAILURE(expect_sound(tree));
      }
      ASSERT_NO_FATAL_FAILURE(expect_same(tree, {}));
    }
  }
}

TEST_P(BPlusTreeOfFanout, LowerBoundFindsEachKeyAndTheGapsAroundIt) {
  constexpr std::size_t kCount = 500;
  BPlusTree tree(GetParam());
  for (const auto& key : numbered_keys(kCount)) tree.put(key, "");
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::string key = numbered_key(i);
    ASSERT_EQ(tree.lower_bound(key).key(), key);
    std::string just_below = key;
    --just_below.back();
    ASSERT_EQ(tree.lower_bound(just_below + "\xff").key(), key);
    const auto just_above = tree.lower_bound(key + '\0');
    ASSERT_EQ(just_above.valid(), i + 1 < kCount);
    if (just_above.valid()) {
      ASSERT_EQ(just_above.key(), numbered_key(i + 1));
    }
    ASSERT_EQ(scan(tree.lower_bound(key)).size(), kCount - i);
  }
  EXPECT_EQ(tree.lower_bound("").key(), numbered_key(0));
  EXPECT_FALSE(tree.lower_bound("z").valid());
}

TEST_P(BPlusTreeOfFanout, TellsApartKeysWithTheSamePrefix) {
  BPlusTree tree(GetParam());
  Model model;
  std::vector<std::string> keys = edge_keys();
  std::ranges::shuffle(keys, std::mt19937_64(11));
  for (const auto& key : keys) {
    ASSERT_EQ(tree.find(key), std::nullopt);
    ASSERT_TRUE(tree.put(key, "value of " + key));
    model[key] = "value of " + key;
    ASSERT_NO_FATAL_FAILURE(expect_sound(tree));
  }
  expect_same(tree, model);
  for (const auto& key : keys) EXPECT_EQ(tree.find(key), "value of " + key);
  for (const auto& key : keys) EXPECT_EQ(tree.lower_bound(key).key(), key);
  for (const auto& key : keys) {
    ASSERT_TRUE(tree.remove(key));
    model.erase(key);
    ASSERT_NO_FATAL_FAILURE(expect_sound(tree));
    ASSERT_NO_FATAL_FAILURE(expect_same(tree, model));
  }
}

TEST_P(BPlusTreeOfFanout, OverwritesWithValuesOfAnySize) {
  BPlusTree tree(GetParam());
  Model model;
  const auto keys = numbered_keys(200);
  for (const std::string value : {"first", "equal", "longer than that", "", "", "again"}) {
    for (const auto& key : keys) {
      EXPECT_EQ(tree.put(key, value), !model.contains(key));
      model[key] = value;
      ASSERT_NO_FATAL_FAILURE(expect_sound(tree));
    }
    expect_same(tree, model);
  }
}

TEST(BPlusTree, IsEmptyAtFirst) {
  BPlusTree tree;
  EXPECT_TRUE(tree.empty());
  EXPECT_EQ(tree.content_bytes(), 0u);
  EXPECT_FALSE(tree.begin().valid());
  EXPECT_FALSE(tree.lower_bound("a").valid());
  EXPECT_FALSE(tree.find("a"));
  EXPECT_FALSE(tree.remove("a"));
  expect_sound(tree);
}

TEST(BPlusTree, TellsAnEmptyValueFromAMissingKey) {
  BPlusTree tree;
  tree.put("a", "");
  tree.put("", "value of the empty key");
  EXPECT_EQ(tree.find("a"), "");
  EXPECT_EQ(tree.find("b"), std::nullopt);
  EXPECT_EQ(tree.find({}), "value of the empty key");
  EXPECT_FALSE(tree.remove("b"));
  EXPECT_TRUE(tree.remove(""));
  EXPECT_EQ(tree.find(""), std::nullopt);
}

TEST(BPlusTree, CountsTheBytesOfKeysAndValues) {
  BPlusTree tree;
  tree.put("key", "value");
  EXPECT_EQ(tree.content_bytes(), 8u);
  tree.put("key", "v");
  EXPECT_EQ(tree.content_bytes(), 4u);
  tree.put("k2", "");
  EXPECT_EQ(tree.content_bytes(), 6u);
  tree.remove("key");
  EXPECT_EQ(tree.content_bytes(), 2u);
}

TEST(BPlusTree, OverwritesInPlaceWhereTheSizeIsTheSame) {
  BPlusTree tree;
  tree.put("a", "one");
  const char* const before = tree.find("a")->data();
  tree.put("a", "two");
  EXPECT_EQ(tree.find("a"), "two");
  EXPECT_EQ(tree.find("a")->data(), before);
}

TEST_P(BPlusTreeOfFanout, TakesArgumentsThatAreViewsIntoItself) {
  BPlusTree tree(GetParam());
  for (const auto& key : numbered_keys(100)) tree.put(key, "value of " + key);
  for (const auto& key : numbered_keys(100)) {
    tree.put("copy of " + key, *tree.find(key));
    const auto cursor = tree.lower_bound(key);
    tree.put(cursor.key(), cursor.value().substr(9));
    EXPECT_EQ(tree.find(key), key);
    tree.put(tree.lower_bound(key).key(), tree.lower_bound(key).key());
    EXPECT_EQ(tree.find(key), key);
    EXPECT_EQ(tree.find("copy of " + key), "value of " + key);
    EXPECT_TRUE(tree.remove(tree.lower_bound(key).key()));
    EXPECT_FALSE(tree.find(key));
    ASSERT_NO_FATAL_FAILURE(expect_sound(tree));
  }
}

TEST(BPlusTree, IsEmptyAndUsableAfterItWasMovedFrom) {
  BPlusTree from(4);
  for (const auto& key : numbered_keys(50)) from.put(key, "v");
  const Pairs contents = scan(from);
  BPlusTree to(std::move(from));
  EXPECT_EQ(scan(to), contents);
  EXPECT_EQ(to.size(), 50u);
  expect_sound(to);
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): what a moved-from tree is good for is the subject
  EXPECT_EQ(from.content_bytes(), 0u);
  EXPECT_FALSE(from.begin().valid());
  for (const auto& key : numbered_keys(20)) EXPECT_TRUE(from.put(key, "again"));
  EXPECT_EQ(from.size(), 20u);
  expect_sound(from);
}

TEST(BPlusTree, TakesTheFanoutAndContentsOfTheTreeAssignedToIt) {
  BPlusTree from(4);
  for (const auto& key : numbered_keys(50)) from.put(key, "v");
  const Pairs contents = scan(from);
  BPlusTree to;
  to.put("old", "contents");
  to = std::move(from);
  EXPECT_EQ(scan(to), contents);
  expect_sound(to);
  expect_same(from, {});  // NOLINT(bugprone-use-after-move): the same
  expect_sound(from);
  EXPECT_TRUE(from.put("new", "contents"));
}

TEST(BPlusTree, IsEmptyAndUsableAfterClear) {
  BPlusTree tree(4);
  for (const auto& key : numbered_keys(50)) tree.put(key, "v");
  tree.clear();
  expect_same(tree, {});
  expect_sound(tree);
  EXPECT_FALSE(tree.begin().valid());
  EXPECT_TRUE(tree.put("a", "1"));
  expect_same(tree, {{"a", "1"}});
  expect_sound(tree);
}

TEST(BPlusTreeDeathTest, RefusesAFanoutOutOfRange) {
  EXPECT_DEATH(BPlusTree(BPlusTree::kMinFanout - 1), "assertion failed: fanout >= kMinFanout");
  EXPECT_DEATH(BPlusTree(BPlusTree::kMaxFanout + 1), "assertion failed: fanout <= kMaxFanout");
}

TEST(BPlusTreeDeathTest, RefusesToUseACursorPastTheEnd) {
  EXPECT_DEATH(BPlusTree().begin().next(), "assertion failed: valid\\(\\)");
  EXPECT_DEATH((void)BPlusTree().begin().key(), "assertion failed: valid\\(\\)");
  EXPECT_DEATH((void)BPlusTree().begin().value(), "assertion failed: valid\\(\\)");
}

}  // namespace
}  // namespace kv
