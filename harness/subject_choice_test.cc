#include "harness/subject_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/subjects.h"

namespace walbreaker {
namespace {

using testing::HasSubstr;

TEST(SubjectChoice, IsToldAsTheFlagThatMakesIt) {
  EXPECT_EQ(to_flag({SubjectKind::subject, "reference"}), "--subject reference");
  EXPECT_EQ(to_flag({SubjectKind::plugin, "./a b.so"}), "--plugin './a b.so'");
  EXPECT_EQ(to_flag({SubjectKind::driver, "./mine --flag"}), "--driver './mine --flag'");
}

TEST(SubjectChoice, IsLoadedOrItsFlagIsNamed) {
  EXPECT_EQ(load_subject({SubjectKind::subject, "reference"}), find_subject("reference"));
  EXPECT_THAT(load_subject({SubjectKind::subject, "nobody"}).error().context,
              HasSubstr("--subject: there is no subject"));
  EXPECT_THAT(load_subject({SubjectKind::plugin, "nobody"}).error().context, HasSubstr("--plugin: "));
  EXPECT_THAT(load_subject({SubjectKind::driver, "/no/such/driver"}).error().context, HasSubstr("--driver: "));
}

TEST(SubjectChoice, ADriverHasTheTimeThatItIsGiven) {
  EXPECT_THAT(
      load_subject({SubjectKind::driver, "sleep 1000"}, {.directory = "", .timeout_seconds = 0.02}).error().context,
      HasSubstr("gave no whole line"));
}

TEST(SubjectChoice, ItsSettingsAndTermsAreReadFromTexts) {
  EXPECT_EQ(parse_settings({"a=b=c", "d="}), (Settings{{"a", "b=c"}, {"d", ""}}));
  EXPECT_THAT(parse_settings({"a=b", "a=b"}).error().context, HasSubstr("a is set twice"));
  EXPECT_THAT(parse_settings({"a"}).error().context, HasSubstr("expected KEY=VALUE"));
  EXPECT_EQ(parse_terms({"kill=on_ack"})->front().value, "on_ack");
  EXPECT_FALSE(parse_terms({"kill=on_ack", "="}));
}

}  // namespace
}  // namespace walbreaker
