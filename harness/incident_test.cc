#include "harness/incident.h"

#include <gtest/gtest.h>

namespace walbreaker {
namespace {

class Unlucky final : public Subject {
 public:
  explicit Unlucky(std::optional<Incident> incident) : incident_(std::move(incident)) {}
  [[nodiscard]] std::string_view name() const override { return "unlucky"; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings&) const override { return {}; }
  [[nodiscard]] FileRole role_of(std::string_view) const override { return FileRole::unknown; }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs&, const std::string&, const OpenRequest&) const override {
    return kv::fail(kv::ErrorCode::internal, "never");
  }
  [[nodiscard]] std::optional<Incident> take_incident() const override { return incident_; }

 private:
  std::optional<Incident> incident_;
};

const Wrong kByTheAnswers{ViolationKind::unrecoverable, "the open failed"};

TEST(Incident, DiedAndHungAreViolationsOfThoseNames) {
  const Settled died = settle(Unlucky(Incident{Incident::Kind::died, "signal 11"}), kByTheAnswers);
  ASSERT_TRUE(died.wrong);
  EXPECT_EQ(died.wrong->kind, ViolationKind::died);
  EXPECT_EQ(died.wrong->text, "signal 11");
  EXPECT_EQ(settle(Unlucky(Incident{Incident::Kind::hung, ""}), {}).wrong->kind, ViolationKind::hung);
}

TEST(Incident, ABreachOfTheProtocolIsNoVerdict) {
  const Settled settled = settle(Unlucky(Incident{Incident::Kind::protocol, "garbage"}), kByTheAnswers);
  EXPECT_FALSE(settled.wrong);
  EXPECT_EQ(settled.trouble, "garbage");
}

TEST(Incident, WithoutOneTheAnswersStand) {
  const Settled settled = settle(Unlucky({}), kByTheAnswers);
  EXPECT_EQ(settled.wrong->kind, ViolationKind::unrecoverable);
  EXPECT_FALSE(settled.trouble);
  EXPECT_FALSE(settle(Unlucky({}), {}).wrong);
}

}  // namespace
}  // namespace walbreaker
