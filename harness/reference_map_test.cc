#include "harness/reference_map.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "faultfs/damage.h"
#include "harness/play.h"
#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

faultfs::Image store() {
  Script script{.settings = {{"compact_after_operations", "0"}}};
  for (const char* key : {"a", "b", "c"}) {
    Command command{CommandKind::put, {}};
    command.writes.put(key, "value");
    script.commands.push_back(std::move(command));
  }
  return play(ReferenceSubject(), script).image;
}

TEST(ReferenceMap, ShowsEveryRecordAndWhereTheReplayEnds) {
  EXPECT_THAT(reference_map(store(), "db"),
              AllOf(HasSubstr("wal-1.log"), HasSubstr("valid header"), HasSubstr("replayed            seq 1"),
                    HasSubstr("put \"a\""), HasSubstr("valid footer"), HasSubstr("has to answer clean")));
}

TEST(ReferenceMap, ShowsTheRecordThatIsHarmed) {
  const auto harmed =
      faultfs::apply(*faultfs::parse_damage("overwrite 8 at 4140 of \"db/wal-1.log\" with ones"), store());
  ASSERT_TRUE(harmed);
  EXPECT_THAT(reference_map(*harmed, "db"),
              AllOf(HasSubstr("valid, not replayed"), HasSubstr("has to answer damaged")));
}

TEST(ReferenceMap, IsEmptyWhereThereIsNoStore) {
  faultfs::Image image;
  image.files["notes.txt"] = faultfs::FileBytes("nothing");
  EXPECT_EQ(reference_map(image, ""), "");
}

}  // namespace
}  // namespace walbreaker
