#include "faultfs/op.h"

#include <gtest/gtest.h>

namespace faultfs {
namespace {

TEST(Op, EveryKindGoesThroughItsNameAndBack) {
  for (const OpKindInfo& row : kOpKinds) {
    EXPECT_EQ(to_string(row.kind), row.name);
    EXPECT_EQ(parse_op_kind(row.name), row.kind);
  }
}

TEST(Op, AWordThatNamesNoKindIsNone) {
  for (const char* word : {"", "any", "Write", "writes", "wri"}) EXPECT_EQ(parse_op_kind(word), std::nullopt) << word;
}

}  // namespace
}  // namespace faultfs
