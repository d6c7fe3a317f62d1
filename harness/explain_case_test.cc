#include "harness/explain_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "harness/reference_subject.h"
#include "harness/run_case.h"
#include "harness/without_syncs_test_util.h"

namespace walbreaker {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Case must_parse(const std::string& stages) {
  const auto c = parse_case(
      "walbreaker case 1\nsubject reference\npromise kill=on_ack\npromise power=on_ack\npromise order=prefix\npromise "
      "served=durable\npromise batches=atomic\npromise on_error=invisible\nset compact_after_operations=0\n" +
      stages);
  EXPECT_TRUE(c) << c.error().message();
  return c ? *c : Case{};
}

std::string cure_of(const Subject& subject, const std::string& stages) {
  const std::string text = explain_case(subject, must_parse(stages));
  const std::size_t at = text.find("what would cure it\n");
  return at == std::string::npos ? text : text.substr(at);
}

constexpr const char* kRecordDropped =
    "stage\nput \"a\" \"1\"\nput \"b\" \"2\"\nmodel posix\ncrash after command 0 write 0 of log\n";

TEST(ExplainCase, TellsWhatWasAskedWhatBecameOfItAndWhatIsOnTheDisk) {
  const WithoutSyncs subject("lying_sync sync at 1 for_ever of wal-*.log\n");
  const std::string text = explain_case(subject, must_parse(kRecordDropped));
  EXPECT_THAT(
      text, AllOf(HasSubstr("violation lost_ack: commands that had to survive are gone"), HasSubstr("put \"a\" \"1\""),
                  HasSubstr("acked       put"), HasSubstr("in flight   put \"b\""), HasSubstr("crash under posix"),
                  HasSubstr("dropped    in command 0"), HasSubstr("db/wal-1.log, 4,096 bytes, log"),
                  HasSubstr("the last open answered clean")));
}

TEST(ExplainCase, NamesTheSyncOfARecordThatIsMissing) {
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync at 1 for_ever of wal-*.log\n"), kRecordDropped),
              HasSubstr("sync db/wal-1.log after operation"));
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync at 1 for_ever of wal-*.log\n"), kRecordDropped),
              HasSubstr("and before command 0 is answered"));
}

TEST(ExplainCase, NamesTheSyncOfADirectoryThatIsMissing) {
  EXPECT_THAT(cure_of(WithoutSyncs("lying_sync sync_dir at 0 for_ever of db\n"),
                      "stage\nput \"a\" \"1\"\nmodel posix\ncrash after command 0 sync 0 of log\n"),
              HasSubstr("sync_dir db after operation"));
}

TEST(ExplainCase, HasNoCureForWhatPasses) {
  const std::string text = explain_case(ReferenceSubject(), must_parse(kRecordDropped));
  EXPECT_THAT(text, testing::StartsWith("pass\n"));
  EXPECT_THAT(text, testing::Not(HasSubstr("cure")));
}

TEST(ExplainCase, SaysWhatDoesNotFit) {
  EXPECT_THAT(
      explain_case(ReferenceSubject(), must_parse("stage\nmodel posix\ncrash after command 7 write 0 of log\n")),
      testing::StartsWith("stale: stage 0: there is no operation"));
}

}  // namespace
}  // namespace walbreaker
