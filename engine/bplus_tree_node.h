// The nodes of the B+ tree (bplus_tree.h), and what can be done to one node alone.
//
// A node is a sorted row of slots. In a leaf a slot is an entry. In an inner node it is a child, together with the
// first entry of that child, which serves as its separator:
//
//   inner, level 1      [ a  ............  g ........ ]        slots: first entry of the child, child
//                         |                |
//   leaves, level 0     [ a  c  d ] ---> [ g  k  m  p ]        slots: entry; the leaves linked in key order
//
// Naming entries instead of copying keys means that a removal never has to allocate a separator, and that leaves and
// inner nodes are split, merged and searched by the same few functions. The price is that whoever changes the first
// entry of a node tells the nodes above.
//
// Invariants, all checked by BPlusTree::verify:
//   1. All leaves are at level 0; the children of a node are one level below it.
//   2. No node holds more slots than the fan-out. None but the root holds fewer than half of it, rounded up. A root
//      that is an inner node holds at least 2.
//   3. Keys ascend strictly, within a leaf and from each leaf to the next.
//   4. A slot of an inner node names the first entry of its child. With 3, it bounds the subtree from below, and the
//      next slot bounds it from above.
//   5. Each prefix in a node is the prefix of the key beside it.
//   6. Each leaf links to the next one in key order, the last one to none.
//   7. The tree's size and content_bytes are those of the entries in its leaves.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/bplus_tree.h"

namespace kv::bplus {

// One key and its value, in one allocation: this header, the bytes of the key, the bytes of the value.
struct Entry {
  std::uint32_t key_size;
  std::uint32_t value_size;

  [[nodiscard]] char* bytes() { return reinterpret_cast<char*>(this + 1); }
  [[nodiscard]] const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  [[nodiscard]] std::string_view key() const { return {bytes(), key_size}; }
  [[nodiscard]] std::string_view value() const { return {bytes() + key_size, value_size}; }
};

struct EntryDeleter {
  void operator()(Entry* entry) const;
};
using EntryPtr = std::unique_ptr<Entry, EntryDeleter>;

// Throws std::bad_alloc.
[[nodiscard]] EntryPtr make_entry(std::string_view key, std::string_view value);

// The first 8 bytes of a key as a big-endian number, padded with zeros: prefixes that differ compare as their keys do.
// Equal prefixes decide nothing: "a" and "a\0" have the same one.
using Prefix = std::uint64_t;
[[nodiscard]] Prefix prefix_of(std::string_view key);

// A key that is looked for.
struct Probe {
  explicit Probe(std::string_view wanted) : key(wanted), prefix(prefix_of(wanted)) {}

  std::string_view key;
  Prefix prefix;
};

struct Node;

struct Slot {
  Prefix prefix;
  Entry* entry;
  Node* child;  // none in a leaf
};

// What leaves and inner nodes share. The prefixes stand apart from the entries, so that a search stays in a few cache
// lines and goes to an entry only where prefixes tie.
struct Node {
  std::size_t level = 0;  // 0: this is a Leaf; above: an Inner
  std::size_t count = 0;  // slots in use
  std::array<Prefix, BPlusTree::kMaxFanout> prefixes;
  std::array<Entry*, BPlusTree::kMaxFanout> entries;
};

struct Leaf : Node {
  Leaf* next = nullptr;
};

struct Inner : Node {
  std::array<Node*, BPlusTree::kMaxFanout> children;
};

// The Leaf or Inner that a Node is; its level says which, and the caller has looked.
[[nodiscard]] inline Leaf& as_leaf(Node& node) { return static_cast<Leaf&>(node); }
[[nodiscard]] inline Inner& as_inner(Node& node) { return static_cast<Inner&>(node); }
[[nodiscard]] inline const Leaf& as_leaf(const Node& node) { return static_cast<const Leaf&>(node); }
[[nodiscard]] inline const Inner& as_inner(const Node& node) { return static_cast<const Inner&>(node); }

// Frees one node, but not what its slots name.
void free_node(Node* node);

// Frees a node, all nodes below it, and their entries. Does nothing for none.
void free_subtree(Node* node);

// The number of slots whose key is below the probe's, which is the index of the first that is not.
[[nodiscard]] std::size_t lower_bound(const Node& node, const Probe& probe);

// True where the slot at this index exists and has the probe's key.
[[nodiscard]] bool holds(const Node& node, std::size_t at, const Probe& probe);

// The index of the child whose subtree has the probe's key, if any has it. A key below all others belongs to child 0.
[[nodiscard]] std::size_t child_index(const Node& inner, const Probe& probe);

[[nodiscard]] Slot slot_at(const Node& node, std::size_t at);
void set_slot(Node& node, std::size_t at, const Slot& slot);

// The slot by which a parent names this node, which is not empty.
[[nodiscard]] Slot slot_for(Node& node);

// The node has room for one more slot.
void insert_slot(Node& node, std::size_t at, const Slot& slot);
void erase_slot(Node& node, std::size_t at);

// Inserts into a full node by handing the upper half of the slots, the new one counted, to an empty node to its right.
void split_insert(Node& node, std::size_t at, const Slot& slot, Node& right);

// Brings the child at this index, which is one slot short of `min_fill`, back to it: takes a slot from a neighbour
// that can spare one, or else merges the child with a neighbour, which takes one slot from the parent.
void refill_child(Inner& parent, std::size_t index, std::size_t min_fill);

}  // namespace kv::bplus
