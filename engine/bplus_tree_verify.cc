#include <fmt/format.h>

#include <utility>

#include "engine/bplus_tree.h"
#include "engine/bplus_tree_node.h"

namespace kv {
namespace {

using bplus::as_inner;
using bplus::as_leaf;
using bplus::Entry;
using bplus::Leaf;
using bplus::Node;

using Fault = std::optional<std::string>;

struct Limits {
  std::size_t least;
  std::size_t most;
};

// Walks the tree in key order and remembers what the next leaf is compared with. A check that later ones rely on comes
// first: the level says what kind of node this is, and the count how many slots may be read.
class Walk {
 public:
  explicit Walk(Limits limits) : limits_(limits) {}

  Fault check_root(const Node& root) {
    return check_node(root, root.level, {root.level > 0 ? 2u : 0u, limits_.most}, "root");
  }
  Fault check_end(std::size_t size, std::uint64_t content_bytes) const;

 private:
  Fault check_node(const Node& node, std::size_t level, Limits limits, const std::string& where);
  Fault check_children(const Node& node, const std::string& where);
  Fault check_leaf(const Leaf& leaf, const std::string& where);

  Limits limits_;
  const Leaf* last_leaf_ = nullptr;
  const Entry* last_entry_ = nullptr;
  std::size_t size_ = 0;
  std::uint64_t content_bytes_ = 0;
};

Fault Walk::check_node(const Node& node, std::size_t level, Limits limits, const std::string& where) {
  if (node.level != level) return fmt::format("{}: is of level {}, not {}", where, node.level, level);
  if (node.count < limits.least || node.count > limits.most) {
    return fmt::format("{}: holds {} slots, not {} to {}", where, node.count, limits.least, limits.most);
  }
  for (std::size_t i = 0; i < node.count; ++i) {
    if (node.prefixes[i] != bplus::prefix_of(node.entries[i]->key())) {
      return fmt::format("{}: the prefix of slot {} is not that of its key", where, i);
    }
  }
  return level == 0 ? check_leaf(as_leaf(node), where) : check_children(node, where);
}

Fault Walk::check_children(const Node& node, const std::string& where) {
  for (std::size_t i = 0; i < node.count; ++i) {
    const Node& child = *as_inner(node).children[i];
    if (Fault fault = check_node(child, node.level - 1, limits_, fmt::format("{}/{}", where, i))) return fault;
    if (node.entries[i] != child.entries[0]) {
      return fmt::format("{}: slot {} does not name the first entry of its child", where, i);
    }
  }
  return std::nullopt;
}

Fault Walk::check_leaf(const Leaf& leaf, const std::string& where) {
  if (last_leaf_ != nullptr && last_leaf_->next != &leaf) {
    return fmt::format("{}: the leaf before it does not link to it", where);
  }
  last_leaf_ = &leaf;
  for (std::size_t i = 0; i < leaf.count; ++i) {
    const Entry* const entry = leaf.entries[i];
    if (last_entry_ != nullptr && last_entry_->key() >= entry->key()) {
      return fmt::format("{}: the key of slot {} is not above the one before it", where, i);
    }
    last_entry_ = entry;
    ++size_;
    content_bytes_ += entry->key().size() + entry->value().size();
  }
  return std::nullopt;
}

Fault Walk::check_end(std::size_t size, std::uint64_t content_bytes) const {
  if (last_leaf_ != nullptr && last_leaf_->next != nullptr) return "the last leaf links to another one";
  if (size != size_) return fmt::format("size is {}, but the leaves hold {} entries", size, size_);
  if (content_bytes != content_bytes_) {
    return fmt::format("content_bytes is {}, but the leaves hold {} bytes", content_bytes, content_bytes_);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> BPlusTree::verify() const {
  Walk walk({min_fill(), fanout_});
  if (root_ != nullptr) {
    if (Fault fault = walk.check_root(*root_)) return fault;
  }
  return walk.check_end(size_, content_bytes_);
}

}  // namespace kv
