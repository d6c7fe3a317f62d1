#include "harness/isolated_case.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "harness/reference_subject.h"
#include "harness/shrink.h"

namespace walbreaker {
namespace {

// What is behind the open is the reference engine.
class LikeTheReference : public Subject {
 public:
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return reference_.promise(settings);
  }
  [[nodiscard]] FileRole role_of(std::string_view name) const override { return reference_.role_of(name); }

 protected:
  ReferenceSubject reference_;
};

// The reference engine, which ends its process at a put of "die".
class Mortal final : public LikeTheReference {
 public:
  [[nodiscard]] std::string_view name() const override { return "mortal"; }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    auto opened = reference_.open(vfs, directory, request);
    if (opened && opened->session->get("die").value_or(std::nullopt)) std::abort();
    return opened;
  }
};

Case must_parse(const std::string& stages, const std::string& expected = "died") {
  const auto c = parse_case("walbreaker case 1\nsubject reference\nexpect " + expected +
                            "\npromise kill=on_ack\npromise order=prefix\n" + stages);
  EXPECT_TRUE(c) << c.error().message();
  return c ? *c : Case{};
}

TEST(IsolatedCase, ASubjectThatTakesItsProcessDownIsAVerdict) {
  const Case c = must_parse("stage\nput \"a\" \"1\"\nput \"die\" \"now\"\nput \"b\" \"2\"\n");
  const IsolatedVerdict verdict = run_isolated(Mortal(), c);
  ASSERT_TRUE(verdict.wrong);
  EXPECT_EQ(verdict.wrong->kind, ViolationKind::died);
  EXPECT_FALSE(run_isolated(ReferenceSubject(), c).wrong);
}

TEST(IsolatedCase, SaysWhyThereIsNoVerdict) {
  const IsolatedVerdict verdict =
      run_isolated(ReferenceSubject(), must_parse("stage\nmodel posix\ncrash after command 3 write 0 of log\n"));
  EXPECT_FALSE(verdict.wrong);
  ASSERT_TRUE(verdict.trouble);
  EXPECT_THAT(*verdict.trouble, testing::HasSubstr("stale: stage 0: there is no operation"));
}

TEST(IsolatedCase, ACaseThatTakesItsProcessDownShrinksToo) {
  const auto shrunk = shrink(Mortal(), must_parse("stage\nput \"a\" \"1\"\nput \"die\" \"now\"\nput \"b\" \"2\"\n"));
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_EQ(shrunk->smallest.stages.front().script.commands.size(), 1U);
}

// The reference engine, which forgets the key "lost", and ends its process where that stands alone.
class Forgetful final : public LikeTheReference {
 public:
  [[nodiscard]] std::string_view name() const override { return "forgetful"; }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    auto opened = reference_.open(vfs, directory, request);
    if (opened && opened->session->get("lost").value_or(std::nullopt)) {
      if (opened->session->scan()->size() == 1) std::abort();
      EXPECT_TRUE(request.read_only || opened->session->del("lost"));
    }
    return opened;
  }
};

TEST(IsolatedCase, ACandidateThatTakesItsProcessDownIsLeftOut) {
  const Case c = must_parse("stage\nput \"a\" \"1\"\nput \"lost\" \"2\"\nput \"b\" \"3\"\n", "hole");
  const auto shrunk = shrink(Forgetful(), c);
  ASSERT_TRUE(shrunk) << shrunk.error().message();
  EXPECT_TRUE(shrunk->finished);
  EXPECT_EQ(shrunk->smallest.expected, ViolationKind::hole);
  EXPECT_EQ(shrunk->smallest.stages.front().script.commands.size(), 2U);
}

}  // namespace
}  // namespace walbreaker
