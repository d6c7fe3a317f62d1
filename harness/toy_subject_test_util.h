// A toy engine, right or wrong on purpose: the campaigns' tests must pass the right one and find what is wrong with
// others.
//
// One file, "log": a header, then records, each a checksum over its offset and its payload. Every put, del and batch is
// one record, written and synced before it is acked. compact() does nothing, so it does not suit every scenario. Where
// a record is bad: if a good one lies behind it, damage is reported and the records before it served, to read only;
// else the tail is torn, and cut.
#pragma once

#include <array>
#include <string_view>

#include "harness/subject.h"

namespace walbreaker {

enum class ToyBug {
  none,
  ignores_damage,     // a bad record is always a torn tail
  skips_bad_records,  // replay goes on behind one
  checks_nothing,     // a payload is believed whatever its checksum
  reports_always,     // every open answers damaged
  loses_one_more,     // the record before a bad one is not served either
  forgets_at_reopen,  // after a torn tail was cut, the record before it is served once and then cut too
  writes_read_only,   // a read-only open cuts torn tails as well
  wrong_get,          // get answers another value than scan, where the log was torn
  fails_oddly,        // damage is io_error
  buffers_writes,     // commands are acked before they are written
  tears_batches,      // every write of a batch is a record of its own
};

class ToySubject final : public Subject {
 public:
  explicit ToySubject(std::string_view name, ToyBug bug) : name_(name), bug_(bug) {}

  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings&) const override {
    return {{"kill", "on_ack"},    {"power", "on_ack"},     {"served", "durable"},        {"order", "prefix"},
            {"batches", "atomic"}, {"on_error", "unknown"}, {"on_damage", "exact_prefix"}};
  }
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;

 private:
  std::string_view name_;
  ToyBug bug_;
};

// The toys by name: "toy", "toy_ignores_damage", and so on; and what find_subject_or_plugin() finds. Null where there
// is none.
const Subject* find_test_subject(std::string_view name);

[[nodiscard]] const Subject& toy(ToyBug bug);

}  // namespace walbreaker
