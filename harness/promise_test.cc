#include "harness/promise.h"

#include <gtest/gtest.h>

#include "harness/reference_subject.h"

namespace walbreaker {
namespace {

std::string error_of(const std::vector<PromiseTerm>& terms) {
  const auto promise = parse_promise(terms);
  return promise ? "none" : promise.error().description();
}

TEST(Promise, TakesTheWeakestForWhatIsLeftOut) {
  const auto promise = parse_promise({});
  ASSERT_TRUE(promise);
  EXPECT_EQ(promise->kill, Survives::never);
  EXPECT_EQ(promise->order, Order::per_key);
  EXPECT_EQ(promise->on_damage, OnDamage::none);
  EXPECT_FALSE(promise->max_value);
}

TEST(Promise, ReadsEveryTermThatItTells) {
  const Promise promise{.kill = Survives::on_ack,
                        .power = Survives::on_sync,
                        .served = Served::durable,
                        .order = Order::prefix,
                        .batches = Batches::atomic,
                        .on_error = OnError::invisible,
                        .on_damage = OnDamage::detect,
                        .keys = Domain::int32,
                        .values = Domain::int64,
                        .max_key = 4,
                        .max_value = 8};
  const auto back = parse_promise(to_terms(promise));
  ASSERT_TRUE(back);
  EXPECT_EQ(*back, promise);
}

TEST(Promise, NamesTheTermThatIsWrong) {
  EXPECT_EQ(error_of({{"durability", "on_ack"}}), "promise durability=on_ack: there is no such key");
  EXPECT_EQ(error_of({{"power", "always"}}), "promise power=always: expected on_ack, on_sync or never");
  EXPECT_EQ(error_of({{"kill", "on_ack"}, {"kill", "never"}}), "promise kill=never: promised twice");
  EXPECT_EQ(error_of({{"keys", "int64"}}), "promise keys=int64: expected bytes or int32");
  EXPECT_EQ(error_of({{"max_key", "many"}}), "promise max_key=many: expected a number of bytes");
}

TEST(Promise, ReadsATermAsItIsTyped) {
  const auto term = parse_term("power=on_ack");
  ASSERT_TRUE(term);
  EXPECT_EQ(term->key, "power");
  EXPECT_EQ(term->value, "on_ack");
  EXPECT_EQ(parse_term("power").error().description(), "\"power\": expected KEY=VALUE");
}

TEST(Promise, OfTheReferenceIsTheStrongestAndWeakerWhereItSyncsOnRequest) {
  const ReferenceSubject subject;
  EXPECT_EQ(promise_of(subject, {}).power, Survives::on_ack);
  EXPECT_EQ(promise_of(subject, {{"sync", "on_request"}}).power, Survives::on_sync);
  EXPECT_EQ(promise_of(subject, {}).on_damage, OnDamage::exact_prefix);
}

}  // namespace
}  // namespace walbreaker
