#include "harness/decoder_judge.h"

#include <gtest/gtest.h>

#include "faultfs/sim_disk.h"
#include "harness/damage_campaign.h"
#include "harness/reference_subject.h"
#include "harness/run_case.h"

namespace walbreaker {
namespace {

using Verdict = DecodedStore::Verdict;

DecodedStore decoded(Verdict verdict, Contents contents = {}) {
  DecodedStore store;
  store.verdict = verdict;
  store.contents = std::move(contents);
  store.reason = "row L tail_torn: wal-2.log at offset 4144: no record header verifies there";
  return store;
}

Observation served(Answer answer, Listing listing) {
  return {.answer = answer, .text = "so it said", .listing = std::move(listing), .wrong = {}};
}

Observation refused(kv::ErrorCode code) {
  return {.answer = Answer::refused, .text = "so it said", .refusal = code, .listing = {}, .wrong = {}};
}

TEST(DecoderJudge, AgreesWhereAnswerAndContentsAreTheSame) {
  const Contents contents{{"a", "1"}, {"b", "2"}};
  const Listing listing(contents.begin(), contents.end());
  EXPECT_FALSE(judge_by_decoder(decoded(Verdict::clean, contents), served(Answer::clean, listing)));
  EXPECT_FALSE(judge_by_decoder(decoded(Verdict::torn, contents), served(Answer::torn, listing)));
  EXPECT_FALSE(judge_by_decoder(decoded(Verdict::damaged, contents), served(Answer::damaged, listing)));
  EXPECT_FALSE(judge_by_decoder(decoded(Verdict::new_store), served(Answer::clean, {})));
  EXPECT_FALSE(judge_by_decoder(decoded(Verdict::refused), refused(kv::ErrorCode::corrupted)));
  EXPECT_FALSE(judge_by_decoder(decoded(Verdict::unsupported), refused(kv::ErrorCode::unsupported_version)));
}

TEST(DecoderJudge, NamesADisagreementForWhatItWouldBe) {
  const auto kind = [](const DecodedStore& store, const Observation& observation) {
    const auto wrong = judge_by_decoder(store, observation);
    return wrong ? std::string(info(wrong->kind).name) : "none";
  };
  const DecodedStore torn = decoded(Verdict::torn, {{"a", "1"}});
  EXPECT_EQ(kind(torn, served(Answer::clean, {{"a", "1"}})), "silent_loss");
  EXPECT_EQ(kind(torn, served(Answer::damaged, {{"a", "1"}})), "false_damage");
  EXPECT_EQ(kind(torn, refused(kv::ErrorCode::corrupted)), "unrecoverable");
  EXPECT_EQ(kind(torn, served(Answer::torn, {})), "lost_ack");
  EXPECT_EQ(kind(torn, served(Answer::torn, {{"a", "2"}})), "wrong_value");
  EXPECT_EQ(kind(torn, served(Answer::torn, {{"a", "1"}, {"b", "2"}})), "phantom_value");
  EXPECT_EQ(kind(torn, served(Answer::torn, {{"0", "1"}, {"a", "1"}})), "phantom_value");
  EXPECT_EQ(kind(torn, served(Answer::torn, {{"b", "1"}})), "lost_ack");
  EXPECT_EQ(kind(decoded(Verdict::refused), served(Answer::damaged, {})), "silent_loss");
  EXPECT_EQ(kind(decoded(Verdict::unsupported), refused(kv::ErrorCode::corrupted)), "unrecoverable");
}

TEST(DecoderJudge, SaysWhatEachOfTheTwoSays) {
  const DecodedStore torn = decoded(Verdict::torn, {{"a", "1"}});
  EXPECT_EQ(judge_by_decoder(torn, served(Answer::clean, {}))->text,
            "the engine served 0 keys and answered clean (so it said), the independent decoder of the image says torn, "
            "1 keys: row L tail_torn: wal-2.log at offset 4144: no record header verifies there");
  EXPECT_EQ(
      judge_by_decoder(torn, served(Answer::torn, {{"a", "2"}}))->text,
      "key \"a\": the engine served \"2\", the independent decoder of the image says \"1\" (torn: row L tail_torn: "
      "wal-2.log at offset 4144: no record header verifies there)");
}

TEST(DecoderJudge, IsTheSecondOpinionOnTheReference) {
  faultfs::SimDisk disk;
  const ReferenceSubject subject;
  ASSERT_TRUE(subject.open(disk, "db", {.entropy = 1})->session->put("a", "1"));
  const faultfs::Image image = disk.image();
  Observation observation = observe(subject, disk, "db", {.entropy = 2});
  EXPECT_FALSE(subject.second_opinion(image, "db", observation));
  observation.listing.front().second = "2";
  const auto wrong = subject.second_opinion(image, "db", observation);
  ASSERT_TRUE(wrong);
  EXPECT_EQ(wrong->kind, ViolationKind::wrong_value);
}

// The reference, and somebody who never agrees.
class Contested final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return reference_.name(); }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return reference_.promise(settings);
  }
  [[nodiscard]] FileRole role_of(std::string_view file) const override { return reference_.role_of(file); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    return reference_.open(vfs, directory, request);
  }
  [[nodiscard]] std::optional<Wrong> second_opinion(const faultfs::Image& image, const std::string& directory,
                                                    const Observation& /*observation*/) const override {
    EXPECT_NE(decode_reference_store(image, directory).verdict, Verdict::new_store);
    return Wrong{ViolationKind::wrong_value, "I do not agree"};
  }

 private:
  ReferenceSubject reference_;
};

TEST(SecondOpinion, IsHeardInOneDamageCaseOfSoMany) {
  const Contested subject;
  const auto disagreements = [&](DamageCampaignOptions options) {
    options.scenarios = {ScenarioKind::closed};
    DamageCampaign campaign(DamageCampaignKind::bitflip, subject, options);
    EXPECT_FALSE(campaign.prepare().trouble);
    const Tally tally = campaign.run({0, 8});
    for (const Violation& violation : tally.violations) {
      EXPECT_NE(violation.summary.find("got       I do not agree"), std::string::npos) << violation.summary;
    }
    return tally.violating_cases;
  };
  EXPECT_EQ(disagreements({}), 8 / kSecondOpinionEvery);
  EXPECT_EQ(disagreements({.second_opinion_every = 1}), 8U);
}

TEST(SecondOpinion, IsHeardAfterACrash) {
  Case c;
  c.promise = ReferenceSubject().promise({});
  c.stages.emplace_back();
  EXPECT_FALSE(run_case(ReferenceSubject(), c).wrong);
  EXPECT_EQ(run_case(Contested(), c).wrong->text, "I do not agree");
}

}  // namespace
}  // namespace walbreaker
