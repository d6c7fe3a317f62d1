#include "harness/gtest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/case.h"
#include "harness/reference_subject.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(SurvivesEveryCrash, PassesTheReferenceAndTellsHowManyStatesThatWere) {
  const auto result =
      survives_every_crash(ReferenceSubject(), {.commands = 12, .settings = {{"compact_after_operations", "5"}}});
  EXPECT_TRUE(result);
  EXPECT_THAT(result.message(), HasSubstr(" crash states judged: "));
}

TEST(SurvivesEveryCrash, FailsWithTheShrunkCaseAndTheMissingSync) {
  const WithoutSyncs subject("lying_sync sync at 1 for_ever of wal-*.log\n");
  const auto result = survives_every_crash(subject, {.commands = 12});
  ASSERT_FALSE(result);
  EXPECT_THAT(result.message(), AllOf(HasSubstr("walbreaker case 1\n# shrunk from"), HasSubstr("what would cure it")));
  const std::string text = result.message();
  const std::size_t begin = text.find("walbreaker case 1\n");
  const auto c = parse_case(text.substr(begin, text.find("--- what it is") - begin));
  ASSERT_TRUE(c) << c.error().message();
  EXPECT_LE(c->stages.front().script.commands.size(), 1U);
}

TEST(SurvivesEveryCrash, FailsOnADiskThatThereIsNot) {
  EXPECT_FALSE(survives_every_crash(ReferenceSubject(), {.model = "floppy"}));
}

TEST(SurvivesEveryCrash, PlaysTheScriptThatItIsGiven) {
  Script script;
  Command command{CommandKind::put, {}};
  command.writes.put("a", "1");
  script.commands = {command, {CommandKind::compact, {}}};
  EXPECT_TRUE(survives_every_crash(ReferenceSubject(), {.script = script, .model = "ordered"}));
}

}  // namespace
}  // namespace walbreaker
