// The store in memory: a B+ tree over byte strings.
//
// Keys are ordered byte by byte, as unsigned numbers, a key before every longer key that starts with it (memcmp's
// order). Values live in the leaves only, and the leaves are linked in key order, so that a scan never climbs. Both
// keys and values may be empty and may hold any byte.
//
//   BPlusTree tree;
//   tree.put("b", "2");
//   tree.put("a", "1");
//   for (auto cursor = tree.lower_bound("a"); cursor.valid(); cursor.next()) use(cursor.key(), cursor.value());
//
// Memory: put may throw std::bad_alloc, which whoever calls it from behind a Result turns into no_memory. It takes
// all the memory it needs before it changes anything, so that the tree is then what it was. Nothing else allocates:
// remove in particular never fails for lack of memory.
//
// Threads: const calls may run at the same time; a change runs alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kv {

namespace bplus {  // bplus_tree_node.h
struct Entry;
struct Node;
struct Leaf;
struct Inner;
struct Probe;
struct Slot;
}  // namespace bplus

class BPlusTree {
 public:
  class Cursor;

  // The fan-out is the most entries in a leaf and the most children of an inner node. Every node but the root stays at
  // least half full. A small fan-out makes deep trees of few keys, which is what a test wants.
  static constexpr std::size_t kMinFanout = 4;
  static constexpr std::size_t kMaxFanout = 64;
  static constexpr std::size_t kDefaultFanout = kMaxFanout;

  explicit BPlusTree(std::size_t fanout = kDefaultFanout);

  // A tree that was moved from is empty, keeps its fan-out, and can be used again. Views and cursors follow the
  // contents.
  BPlusTree(BPlusTree&& other) noexcept;
  BPlusTree& operator=(BPlusTree&& other) noexcept;
  BPlusTree(const BPlusTree&) = delete;
  BPlusTree& operator=(const BPlusTree&) = delete;
  ~BPlusTree();

  // Sets the value of a key. Returns true where the key is new, false where a value was overwritten. Key and value may
  // be views into this tree; each is shorter than 4 GiB. Throws std::bad_alloc, and then has changed nothing.
  bool put(std::string_view key, std::string_view value);

  // Takes a key away. Returns false where it is missing. The key may be a view into this tree.
  bool remove(std::string_view key);

  // The value of a key, or nothing where it is missing. The view is valid until the next change of the tree.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;

  // A cursor at the first entry, or at the first whose key is not below `key`; not valid() where there is none.
  [[nodiscard]] Cursor begin() const;
  [[nodiscard]] Cursor lower_bound(std::string_view key) const;

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // The sizes of all keys and all values added up; what the tree itself takes comes on top.
  [[nodiscard]] std::uint64_t content_bytes() const { return content_bytes_; }

  void clear();

  // Looks at every node. Returns nothing where every invariant of bplus_tree_node.h holds, otherwise a sentence that
  // says which one fails first and where: "root/3/0: holds 1 slots, not 2 to 4". For tests and for doubt: it takes time
  // in proportion to size().
  [[nodiscard]] std::optional<std::string> verify() const;

 private:
  friend struct BPlusTreePeer;  // tests that damage a tree

  // The way from the root to a leaf: at each level above 0 the node passed and the index of the child taken. A node of
  // level n has at least 2^n entries below it, so no tree that fits in memory is higher.
  struct Step {
    bplus::Inner* node;
    std::size_t index;
  };
  using Path = std::array<Step, 64>;

  [[nodiscard]] const bplus::Leaf* leaf_for(const bplus::Probe& probe) const;
  bplus::Leaf& descend(const bplus::Probe& probe, Path& path);
  void overwrite(const Path& path, bplus::Leaf& leaf, std::size_t at, std::string_view value);
  void insert(const Path& path, bplus::Leaf& leaf, std::size_t at, bplus::Slot slot);
  [[nodiscard]] std::size_t full_nodes_up_from(const Path& path, const bplus::Leaf& leaf) const;
  void renew_first(const Path& path, const bplus::Slot& first);
  void rebalance(const Path& path, bplus::Leaf& leaf);

  [[nodiscard]] std::size_t min_fill() const { return (fanout_ + 1) / 2; }

  std::size_t fanout_;
  bplus::Node* root_ = nullptr;  // nothing before the first put
  std::size_t size_ = 0;
  std::uint64_t content_bytes_ = 0;
};

// A place in a tree, or past its end. Any change of the tree, also one that overwrites, makes it invalid to use.
class BPlusTree::Cursor {
 public:
  Cursor() = default;  // past the end

  [[nodiscard]] bool valid() const { return leaf_ != nullptr; }

  // To the next entry in key order. This and what follows assert valid().
  void next();

  [[nodiscard]] std::string_view key() const;
  [[nodiscard]] std::string_view value() const;

 private:
  friend class BPlusTree;
  Cursor(const bplus::Leaf* leaf, std::size_t index);
  void leave_exhausted_leaf();

  const bplus::Leaf* leaf_ = nullptr;
  std::size_t index_ = 0;
};

}  // namespace kv
