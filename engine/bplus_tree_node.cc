#include "engine/bplus_tree_node.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <new>
#include <utility>

#include "engine/assert.h"

namespace kv::bplus {
namespace {

static_assert(std::endian::native == std::endian::little, "prefix_of swaps the bytes of a little-endian number");

// memcpy asks for a valid pointer even to copy nothing, and an empty string_view may have none.
void copy_bytes(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

// The number of prefixes below this one. Each step halves the range by arithmetic, not by a branch: on random keys a
// processor guesses every other branch wrong, which costs more than the step. And the memory of the node is asked for
// all at once, the entries too, which are needed next; otherwise each step waits for a cache line of its own.
std::size_t count_below(const Node& node, Prefix prefix) {
  constexpr std::size_t kSlotsPerCacheLine = 64 / sizeof(Prefix);
  for (std::size_t at = 0; at < BPlusTree::kMaxFanout; at += kSlotsPerCacheLine) {
    __builtin_prefetch(node.prefixes.data() + at);
    __builtin_prefetch(node.entries.data() + at);
  }
  const Prefix* first = node.prefixes.data();
  std::size_t left = node.count;
  while (left > 0) {
    const std::size_t half = (left + 1) / 2;
    first += std::size_t{first[half - 1] < prefix} * half;
    left -= half;
  }
  return static_cast<std::size_t>(first - node.prefixes.data());
}

// The number of slots whose key is below the probe's, or with `or_equal` not above it. Only where prefixes tie do the
// keys themselves have to decide.
template <bool or_equal>
std::size_t count_keys(const Node& node, const Probe& probe) {
  const std::size_t first_tie = count_below(node, probe.prefix);
  if (first_tie == node.count || node.prefixes[first_tie] != probe.prefix) return first_tie;
  const std::size_t last_tie =
      probe.prefix == std::numeric_limits<Prefix>::max() ? node.count : count_below(node, probe.prefix + 1);
  const auto counts = [&](const Entry* entry) {
    return or_equal ? entry->key() <= probe.key : entry->key() < probe.key;
  };
  Entry* const* const entries = node.entries.data();
  return static_cast<std::size_t>(std::partition_point(entries + first_tie, entries + last_tie, counts) - entries);
}

template <class T, std::size_t n>
void move_row(const std::array<T, n>& from, std::size_t first, std::size_t count, std::array<T, n>& to,
              std::size_t at) {
  std::memmove(to.data() + at, from.data() + first, count * sizeof(T));
}

// Copies slots to a place in this node or another one of its level; the ranges may overlap.
void copy_slots(const Node& from, std::size_t first, std::size_t count, Node& to, std::size_t at) {
  move_row(from.prefixes, first, count, to.prefixes, at);
  move_row(from.entries, first, count, to.entries, at);
  if (from.level > 0) move_row(as_inner(from).children, first, count, as_inner(to).children, at);
}

// Appends all slots of `right` to `left`, its neighbour, and frees it.
void merge(Node& left, Node* right) {
  copy_slots(*right, 0, right->count, left, left.count);
  left.count += right->count;
  if (left.level == 0) as_leaf(left).next = as_leaf(*right).next;
  free_node(right);
}

}  // namespace

void EntryDeleter::operator()(Entry* entry) const { ::operator delete(entry); }

EntryPtr make_entry(std::string_view key, std::string_view value) {
  constexpr std::size_t limit = std::numeric_limits<std::uint32_t>::max();
  WB_ASSERT(key.size() <= limit);
  WB_ASSERT(value.size() <= limit);
  void* const memory = ::operator new(sizeof(Entry) + key.size() + value.size());
  EntryPtr entry(new (memory) Entry{static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size())});
  copy_bytes(entry->bytes(), key);
  copy_bytes(entry->bytes() + key.size(), value);
  return entry;
}

Prefix prefix_of(std::string_view key) {
  Prefix bytes = 0;
  copy_bytes(reinterpret_cast<char*>(&bytes), key.substr(0, sizeof bytes));
  return std::byteswap(bytes);
}

void free_node(Node* node) {
  if (node->level == 0) {
    delete &as_leaf(*node);
  } else {
    delete &as_inner(*node);
  }
}

void free_subtree(Node* node) {
  if (node == nullptr) return;
  for (std::size_t i = 0; i < node->count; ++i) {
    if (node->level == 0) {
      EntryDeleter{}(node->entries[i]);
    } else {
      free_subtree(as_inner(*node).children[i]);
    }
  }
  free_node(node);
}

std::size_t lower_bound(const Node& node, const Probe& probe) { return count_keys<false>(node, probe); }

bool holds(const Node& node, std::size_t at, const Probe& probe) {
  return at < node.count && node.prefixes[at] == probe.prefix && node.entries[at]->key() == probe.key;
}

std::size_t child_index(const Node& inner, const Probe& probe) {
  const std::size_t not_above = count_keys<true>(inner, probe);
  return not_above == 0 ? 0 : not_above - 1;
}

Slot slot_at(const Node& node, std::size_t at) {
  return {node.prefixes[at], node.entries[at], node.level > 0 ? as_inner(node).children[at] : nullptr};
}

void set_slot(Node& node, std::size_t at, const Slot& slot) {
  node.prefixes[at] = slot.prefix;
  node.entries[at] = slot.entry;
  if (node.level > 0) as_inner(node).children[at] = slot.child;
}

Slot slot_for(Node& node) { return {node.prefixes[0], node.entries[0], &node}; }

void insert_slot(Node& node, std::size_t at, const Slot& slot) {
  copy_slots(node, at, node.count - at, node, at + 1);
  set_slot(node, at, slot);
  ++node.count;
}

void erase_slot(Node& node, std::size_t at) {
  copy_slots(node, at + 1, node.count - at - 1, node, at);
  --node.count;
}

void split_insert(Node& node, std::size_t at, const Slot& slot, Node& right) {
  const std::size_t kept = (node.count + 2) / 2;  // of count + 1 slots, the odd one stays on the left
  const bool goes_left = at < kept;
  const std::size_t first_moved = goes_left ? kept - 1 : kept;
  right.count = node.count - first_moved;
  copy_slots(node, first_moved, right.count, right, 0);
  node.count = first_moved;
  if (goes_left) {
    insert_slot(node, at, slot);
  } else {
    insert_slot(right, at - kept, slot);
  }
  if (node.level == 0) as_leaf(right).next = std::exchange(as_leaf(node).next, &as_leaf(right));
}

void refill_child(Inner& parent, std::size_t index, std::size_t min_fill) {
  Node& child = *parent.children[index];
  Node* const left = index > 0 ? parent.children[index - 1] : nullptr;
  Node* const right = index + 1 < parent.count ? parent.children[index + 1] : nullptr;
  if (left != nullptr && left->count > min_fill) {
    insert_slot(child, 0, slot_at(*left, left->count - 1));
    erase_slot(*left, left->count - 1);
    set_slot(parent, index, slot_for(child));
  } else if (right != nullptr && right->count > min_fill) {
    insert_slot(child, child.count, slot_at(*right, 0));
    erase_slot(*right, 0);
    set_slot(parent, index + 1, slot_for(*right));
  } else if (left != nullptr) {
    merge(*left, &child);
    erase_slot(parent, index);
  } else {
    merge(child, right);
    erase_slot(parent, index + 1);
  }
}

}  // namespace kv::bplus
