// Laws of the B+ tree.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "engine/bplus_tree.h"

namespace walbreaker::properties {
namespace {

// Keys that share prefixes longer and shorter than the eight bytes that a node caches.
rc::Gen<std::string> any_key() {
  return rc::gen::map(
      rc::gen::pair(rc::gen::inRange(0, 3), rc::gen::container<std::string>(rc::gen::inRange('\0', '\4'))),
      [](const auto& drawn) { return std::string(static_cast<std::size_t>(drawn.first) * 4, 'p') + drawn.second; });
}

struct Step {
  bool put = true;
  std::string key;
  std::string value;
};

rc::Gen<std::vector<Step>> any_steps() {
  return rc::gen::container<std::vector<Step>>(rc::gen::build<Step>(
      rc::gen::set(&Step::put, rc::gen::weightedElement<bool>({{3, true}, {2, false}})),
      rc::gen::set(&Step::key, any_key()), rc::gen::set(&Step::value, rc::gen::arbitrary<std::string>())));
}

std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << (step.put ? "put " : "remove ") << testing::PrintToString(step.key);
}

using Entries = std::vector<std::pair<std::string, std::string>>;

Entries entries_from(kv::BPlusTree::Cursor cursor) {
  Entries entries;
  for (; cursor.valid(); cursor.next()) entries.emplace_back(cursor.key(), cursor.value());
  return entries;
}

RC_GTEST_PROP(BPlusTree, AnswersAsAStdMapDoesAfterEveryStep, ()) {
  kv::BPlusTree tree(static_cast<std::size_t>(*rc::gen::inRange(4, 9)));
  std::map<std::string, std::string> model;
  for (const Step& step : *any_steps()) {
    const bool known = model.contains(step.key);
    if (step.put) {
      RC_ASSERT(tree.put(step.key, step.value) == !known);
      model[step.key] = step.value;
    } else {
      RC_ASSERT(tree.remove(step.key) == known);
      model.erase(step.key);
    }
    RC_ASSERT(tree.verify() == std::nullopt);
    RC_ASSERT(tree.size() == model.size());
  }
  RC_ASSERT(entries_from(tree.begin()) == Entries(model.begin(), model.end()));
  const std::string bound = *any_key();
  RC_ASSERT(entries_from(tree.lower_bound(bound)) == Entries(model.lower_bound(bound), model.end()));
}

}  // namespace
}  // namespace walbreaker::properties
