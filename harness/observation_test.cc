#include "harness/observation.h"

#include <gtest/gtest.h>

#include "faultfs/sim_disk.h"
#include "harness/reference_subject.h"
#include "harness/workload.h"

namespace walbreaker {
namespace {

// Answers whatever a test puts into it.
struct Script {
  Listing listing{{"a", "1"}, {"b", "2"}};
  std::map<std::string, std::string> gets{{"a", "1"}, {"b", "2"}};
  std::optional<kv::Error> scan_fails;
  std::optional<kv::Error> close_fails;
};

class ScriptedSession final : public Session {
 public:
  explicit ScriptedSession(const Script& script) : script_(script) {}
  kv::Result<void> put(const std::string&, const std::string&) override { return {}; }
  kv::Result<bool> del(const std::string&) override { return true; }
  kv::Result<void> batch(const kv::Batch&) override { return {}; }
  kv::Result<std::optional<std::string>> get(const std::string& key) override {
    const auto it = script_.gets.find(key);
    return it == script_.gets.end() ? std::nullopt : std::optional(it->second);
  }
  kv::Result<Listing> scan() override {
    if (script_.scan_fails) return std::unexpected(*script_.scan_fails);
    return script_.listing;
  }
  kv::Result<void> sync() override { return {}; }
  kv::Result<void> compact() override { return {}; }
  kv::Result<void> close() override {
    if (script_.close_fails) return std::unexpected(*script_.close_fails);
    return {};
  }

 private:
  const Script& script_;
};

class ScriptedSubject final : public Subject {
 public:
  explicit ScriptedSubject(const Script& script) : script_(script) {}
  [[nodiscard]] std::string_view name() const override { return "scripted"; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings&) const override { return {}; }
  [[nodiscard]] FileRole role_of(std::string_view) const override { return FileRole::other; }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs&, const std::string&, const OpenRequest&) const override {
    return Opened{OpenAnswer::torn, "as asked", std::make_unique<ScriptedSession>(script_)};
  }

 private:
  const Script& script_;
};

Observation look(const Script& script, Leave leave = Leave::dropped) {
  faultfs::SimDisk vfs;
  return observe(ScriptedSubject(script), vfs, "/", {}, leave);
}

TEST(Observation, HoldsWhatTheOpenAndTheScanAnswered) {
  const Script script;
  const Observation seen = look(script);
  EXPECT_EQ(seen.answer, Answer::torn);
  EXPECT_EQ(seen.text, "as asked");
  EXPECT_EQ(seen.listing, script.listing);
  EXPECT_FALSE(seen.wrong);
}

TEST(Observation, AGetThatContradictsTheScanIsWrong) {
  EXPECT_EQ(look({.gets = {{"a", "1"}, {"b", "other"}}}).wrong->kind, ViolationKind::wrong_result);
  EXPECT_EQ(look({.gets = {{"a", "1"}}}).wrong->kind, ViolationKind::wrong_result);
  EXPECT_EQ(look({.gets = {{"a", "1"}, {"b", "2"}, {std::string(kMissingKey), "there"}}}).wrong->kind,
            ViolationKind::wrong_result);
}

TEST(Observation, AScanOutOfOrderOrWithAKeyTwiceIsWrong) {
  EXPECT_EQ(look({.listing = {{"b", "2"}, {"a", "1"}}}).wrong->kind, ViolationKind::wrong_result);
  EXPECT_EQ(look({.listing = {{"a", "1"}, {"a", "1"}}}).wrong->kind, ViolationKind::wrong_result);
}

TEST(Observation, AStoreThatOpensAndCannotBeReadIsUnrecoverable) {
  EXPECT_EQ(look({.scan_fails = kv::Error{kv::ErrorCode::io_error, 0, "x"}}).wrong->kind, ViolationKind::unrecoverable);
}

TEST(Observation, HoldsWhatIsServedByAStoreThatRefusesToBeScanned) {
  const Script script{.gets = {{"a", "1"}}, .scan_fails = kv::Error{kv::ErrorCode::corrupted, 0, "x"}};
  faultfs::SimDisk vfs;
  const Observation seen = observe(ScriptedSubject(script), vfs, "/", {}, Leave::dropped, {.keys = {"a", "b"}});
  EXPECT_EQ(seen.refusal, kv::ErrorCode::corrupted);
  EXPECT_EQ(seen.partial, (PartialListing{{"a", "1"}, {"b", std::nullopt}}));
}

TEST(Observation, ClosesWhereItIsToldTo) {
  const Script script{.close_fails = kv::Error{kv::ErrorCode::io_error, 0, "x"}};
  EXPECT_FALSE(look(script, Leave::dropped).wrong);
  EXPECT_EQ(look(script, Leave::closed).wrong->kind, ViolationKind::unrecoverable);
}

TEST(Observation, ARefusalKeepsItsCode) {
  faultfs::SimDisk vfs;
  const Observation seen = observe(ReferenceSubject(), vfs, "/nowhere", {.read_only = true});
  EXPECT_EQ(seen.answer, Answer::refused);
  EXPECT_EQ(seen.refusal, kv::ErrorCode::io_error);
}

}  // namespace
}  // namespace walbreaker
