// Laws of the recovery table, on stores that no protocol makes: logs and snapshots of a few generations, each sound by
// itself, whose links, numbers and names fit together, or nearly so. What recovery has to say of them is told by the
// decoder that was written from FORMAT.md alone.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck.h>

#include <fmt/format.h>

#include <map>
#include <string>

#include "engine/crafted_files.h"
#include "engine/file_name.h"
#include "faultfs/sim_disk.h"
#include "harness/observation.h"
#include "harness/reference_decoder.h"
#include "harness/reference_subject.h"
#include "properties/damage_model.h"
#include "properties/format_model.h"
#include "properties/law.h"

namespace walbreaker::properties {
namespace {

using kv::FileHeader;
using kv::Generation;
using kv::LogLink;
using kv::Seq;

// True once in so many times.
bool one_in(std::size_t n) { return *rc::gen::weightedElement<bool>({{n - 1, false}, {1, true}}); }

// Now and then a little more or less.
void vary(Seq& seq) {
  if (one_in(12)) seq = *rc::gen::element(seq + 1, seq + 8, seq > 0 ? seq - 1 : seq, Seq{0});
}

// A store's files, in the making: each log goes on where the one before ended.
class Crafter {
 public:
  faultfs::Image image() {
    image_.directories.insert("db");
    if (one_in(2)) image_.files["db/LOCK"];
    const int generations = *rc::gen::element(1, 2, 3, 4);
    generation_ = *rc::gen::element<Generation>(1, 8);
    for (int i = 0; i < generations; ++i, ++generation_) add_generation();
    return std::move(image_);
  }

 private:
  void add_generation() {
    const Seq base = last_seq_;
    const bool is_first = end_ == 0;
    if (one_in(is_first ? 12 : 2)) return add_log(base);  // a compaction that was not finished
    add_snapshot(base);
    if (!one_in(10)) add_log(base);
  }

  void add_snapshot(Seq base) {
    vary(base);
    const std::string bytes = kv::crafted_snapshot(generation_, base, {{"snapshot", std::to_string(base)}});
    put(kv::snapshot_name(generation_), one_in(6) ? kv::with_damaged_block(bytes) : bytes);
  }

  void add_log(Seq base) {
    FileHeader header = kv::void_log(generation_, base);
    if (end_ != 0 && !one_in(4)) {
      header.link = LogLink::follows;
      header.predecessor = last_log_;
      header.predecessor_end = end_;
      if (one_in(12) && last_log_ > 1) --header.predecessor;
      if (one_in(12)) header.predecessor_end += 8;
    }
    vary(header.base_seq);
    if (one_in(20)) ++header.store_id;
    if (one_in(20)) ++header.generation;
    kv::CraftedLog log(header, *rc::gen::element(kv::CraftedLog::Synced::each, kv::CraftedLog::Synced::none));
    const auto records = *rc::gen::element<std::size_t>(0, 0, 1, 2, 4);
    for (std::size_t i = 0; i < records; ++i) add_record(log);
    const bool damaged = records > 1 && one_in(4);
    std::string bytes = damaged ? log.with_damaged_record(any_below(records)) : log.bytes();
    if (one_in(8)) bytes += *rc::gen::element<std::string>(std::string(40, '\0'), "torn", std::string(64, 'x'));
    put(kv::log_name(generation_), bytes);
    last_log_ = generation_;
    last_seq_ = log.last_seq();
    end_ = log.end();
  }

  void add_record(kv::CraftedLog& log) {
    const std::string value = fmt::format("{}.{}", generation_, log.last_seq());
    std::string payload;
    kv::encode_put(payload, *rc::gen::element<std::string>("a", "b"), value);
    if (one_in(20)) {
      log.record(kv::RecordKind::put, log.last_seq() + *rc::gen::element<Seq>(2, 3), log.last_seq(), payload);
    } else if (one_in(25)) {
      log.record(*rc::gen::element(static_cast<kv::RecordKind>(9), kv::RecordKind::batch), "no payload of this kind");
    } else {
      log.put("k" + value, value);
    }
  }

  void put(const std::string& name, const std::string& bytes) {
    RC_LOG() << name << ", " << bytes.size() << " bytes\n";
    const std::string path = "db/" + name + (one_in(30) ? ".tmp" : "");
    image_.files[path] = faultfs::FileBytes(one_in(40) ? kv::of_a_later_version(bytes) : bytes);
  }

  faultfs::Image image_;
  Generation generation_ = 1;
  Generation last_log_ = 0;
  Seq last_seq_ = 0;
  std::uint64_t end_ = 0;  // of the last log; 0: there is none
};

TEST(RecoveryTable, IsReadByTheEngineAsItIsByTheDecoder) {
  std::map<std::string, std::uint64_t> verdicts;
  std::map<DecodedRow, std::uint64_t> rows;
  check_law(1'000, [&] {
    faultfs::Image image = Crafter().image();
    for (int harms = *rc::gen::element(0, 0, 0, 1, 2); harms > 0; --harms) image = with_any_damage(image);
    const DecodedStore decoded = decode_reference_store(image, "db");
    ++verdicts[std::string(to_string(decoded.verdict))];
    for (const DecodedFinding& finding : decoded.findings) ++rows[finding.row];
    faultfs::SimDisk disk(image);
    const ReferenceSubject subject;
    const auto wrong = subject.second_opinion(image, "db", observe(subject, disk, "db", {.entropy = 99}));
    if (wrong) RC_FAIL(fmt::format("{}\nthe decoder: {}", wrong->text, decoded.reason));
  });
  for (const char* verdict : {"clean", "torn", "damaged", "refused", "new_store", "unsupported"}) {
    EXPECT_GT(verdicts[verdict], 5U) << verdict;
  }
  for (const DecodedRowInfo& row : kDecodedRows) EXPECT_GT(rows[row.row], 0U) << row.name;
}

}  // namespace
}  // namespace walbreaker::properties
