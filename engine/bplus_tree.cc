#include "engine/bplus_tree.h"

#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "engine/assert.h"
#include "engine/bplus_tree_node.h"

namespace kv {

using bplus::as_inner;
using bplus::as_leaf;
using bplus::Entry;
using bplus::EntryPtr;
using bplus::Inner;
using bplus::Leaf;
using bplus::Node;
using bplus::Probe;
using bplus::Slot;

BPlusTree::BPlusTree(std::size_t fanout) : fanout_(fanout) {
  WB_ASSERT(fanout >= kMinFanout);
  WB_ASSERT(fanout <= kMaxFanout);
}

BPlusTree::BPlusTree(BPlusTree&& other) noexcept
    : fanout_(other.fanout_),
      root_(std::exchange(other.root_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      content_bytes_(std::exchange(other.content_bytes_, 0)) {}

BPlusTree& BPlusTree::operator=(BPlusTree&& other) noexcept {
  BPlusTree taken(std::move(other));
  std::swap(fanout_, taken.fanout_);
  std::swap(root_, taken.root_);
  std::swap(size_, taken.size_);
  std::swap(content_bytes_, taken.content_bytes_);
  return *this;
}

BPlusTree::~BPlusTree() { bplus::free_subtree(root_); }

void BPlusTree::clear() {
  bplus::free_subtree(std::exchange(root_, nullptr));
  size_ = 0;
  content_bytes_ = 0;
}

bool BPlusTree::put(std::string_view key, std::string_view value) {
  if (root_ == nullptr) root_ = new Leaf;
  const Probe probe(key);
  Path path;
  Leaf& leaf = descend(probe, path);
  const std::size_t at = bplus::lower_bound(leaf, probe);
  if (bplus::holds(leaf, at, probe)) {
    overwrite(path, leaf, at, value);
    return false;
  }
  EntryPtr entry = bplus::make_entry(key, value);
  insert(path, leaf, at, Slot{probe.prefix, entry.get(), nullptr});
  (void)entry.release();  // the leaf has it now
  ++size_;
  content_bytes_ += key.size() + value.size();
  return true;
}

bool BPlusTree::remove(std::string_view key) {
  if (root_ == nullptr) return false;
  const Probe probe(key);
  Path path;
  Leaf& leaf = descend(probe, path);
  const std::size_t at = bplus::lower_bound(leaf, probe);
  if (!bplus::holds(leaf, at, probe)) return false;
  const EntryPtr doomed(leaf.entries[at]);  // freed last: `key` may be a view of it
  bplus::erase_slot(leaf, at);
  --size_;
  content_bytes_ -= doomed->key_size + std::uint64_t{doomed->value_size};
  if (at == 0 && leaf.count > 0) renew_first(path, bplus::slot_at(leaf, 0));
  rebalance(path, leaf);
  return true;
}

std::optional<std::string_view> BPlusTree::find(std::string_view key) const {
  const Probe probe(key);
  const Leaf* const leaf = leaf_for(probe);
  if (leaf == nullptr) return std::nullopt;
  const std::size_t at = bplus::lower_bound(*leaf, probe);
  if (!bplus::holds(*leaf, at, probe)) return std::nullopt;
  return leaf->entries[at]->value();
}

BPlusTree::Cursor BPlusTree::begin() const { return lower_bound(""); }

BPlusTree::Cursor BPlusTree::lower_bound(std::string_view key) const {
  const Probe probe(key);
  const Leaf* const leaf = leaf_for(probe);
  return leaf == nullptr ? Cursor() : Cursor(leaf, bplus::lower_bound(*leaf, probe));
}

const Leaf* BPlusTree::leaf_for(const Probe& probe) const {
  const Node* node = root_;
  while (node != nullptr && node->level > 0) node = as_inner(*node).children[bplus::child_index(*node, probe)];
  return node == nullptr ? nullptr : &as_leaf(*node);
}

Leaf& BPlusTree::descend(const Probe& probe, Path& path) {
  Node* node = root_;
  while (node->level > 0) {
    Step& step = path[node->level];
    step = {&as_inner(*node), bplus::child_index(*node, probe)};
    node = step.node->children[step.index];
  }
  return as_leaf(*node);
}

void BPlusTree::overwrite(const Path& path, Leaf& leaf, std::size_t at, std::string_view value) {
  Entry* const old = leaf.entries[at];
  if (old->value_size == value.size()) {
    // memmove, because the value may be a view of this very entry.
    if (!value.empty()) std::memmove(old->bytes() + old->key_size, value.data(), value.size());
    return;
  }
  leaf.entries[at] = bplus::make_entry(old->key(), value).release();
  if (at == 0) renew_first(path, bplus::slot_at(leaf, 0));
  content_bytes_ = content_bytes_ - old->value_size + leaf.entries[at]->value_size;
  EntryPtr{old}.reset();
}

// Every node that splits needs a new one, and a root that splits a new root above it. All of them are there before the
// first slot moves; from then on nothing can fail.
void BPlusTree::insert(const Path& path, Leaf& leaf, std::size_t at, Slot slot) {
  const std::size_t splits = full_nodes_up_from(path, leaf);
  const bool grows = splits == root_->level + 1;
  std::unique_ptr<Leaf> spare_leaf = splits > 0 ? std::make_unique<Leaf>() : nullptr;
  std::vector<std::unique_ptr<Inner>> spare_inners(splits > 0 ? splits - 1 + (grows ? 1 : 0) : 0);
  for (auto& spare : spare_inners) spare = std::make_unique<Inner>();

  if (at == 0) renew_first(path, slot);
  Node* node = &leaf;
  for (std::size_t level = 0; level < splits; ++level) {
    Node* const right = level == 0 ? static_cast<Node*>(spare_leaf.release()) : spare_inners[level - 1].release();
    right->level = level;
    bplus::split_insert(*node, at, slot, *right);
    slot = bplus::slot_for(*right);
    if (node == root_) break;
    at = path[level + 1].index + 1;
    node = path[level + 1].node;
  }
  if (grows) {
    node = spare_inners.back().release();
    node->level = splits;
    bplus::insert_slot(*node, 0, bplus::slot_for(*root_));
    root_ = node;
    at = 1;
  }
  bplus::insert_slot(*node, at, slot);
}

// How many nodes an insertion into this leaf splits: the leaf if it is full, its parent if that is full too, and so on.
std::size_t BPlusTree::full_nodes_up_from(const Path& path, const Leaf& leaf) const {
  const Node* node = &leaf;
  while (node->count == fanout_) {
    if (node == root_) return node->level + 1;
    node = path[node->level + 1].node;
  }
  return node->level;
}

// Tells the nodes above a leaf what its first entry is now: its parent, and as long as the way went through a first
// child, that one's parent too.
void BPlusTree::renew_first(const Path& path, const Slot& first) {
  for (std::size_t level = 1; level <= root_->level; ++level) {
    const auto [node, index] = path[level];
    node->prefixes[index] = first.prefix;
    node->entries[index] = first.entry;
    if (index != 0) return;
  }
}

// After a removal: a node below half takes from a neighbour or merges with one, which may leave its parent below half.
void BPlusTree::rebalance(const Path& path, Leaf& leaf) {
  const Node* node = &leaf;
  while (node != root_ && node->count < min_fill()) {
    const auto [parent, index] = path[node->level + 1];
    bplus::refill_child(*parent, index, min_fill());
    node = parent;
  }
  if (root_->level > 0 && root_->count == 1) {
    Node* const only_child = as_inner(*root_).children[0];
    bplus::free_node(std::exchange(root_, only_child));
  }
}

BPlusTree::Cursor::Cursor(const Leaf* leaf, std::size_t index) : leaf_(leaf), index_(index) { leave_exhausted_leaf(); }

// In place, not by assigning a new Cursor. That is a wide load right behind two narrow stores, which waits until both
// have reached the cache; meanwhile no later entry is fetched, and a scan takes five times as long.
void BPlusTree::Cursor::next() {
  WB_ASSERT(valid());
  ++index_;
  leave_exhausted_leaf();
}

// A search that ends behind the last entry of a leaf means the first entry of the next one, which is never empty.
void BPlusTree::Cursor::leave_exhausted_leaf() {
  if (index_ == leaf_->count) {
    leaf_ = leaf_->next;
    index_ = 0;
  }
}

std::string_view BPlusTree::Cursor::key() const {
  WB_ASSERT(valid());
  return leaf_->entries[index_]->key();
}

std::string_view BPlusTree::Cursor::value() const {
  WB_ASSERT(valid());
  return leaf_->entries[index_]->value();
}

}  // namespace kv
