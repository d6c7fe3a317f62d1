#include "engine/store.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "engine/file_name.h"
#include "engine/inventory.h"
#include "engine/recovery.h"
#include "engine/repair.h"
#include "faultfs/sim_disk.h"
#include "harness/decoder_judge.h"
#include "harness/observation.h"
#include "harness/reference_layout.h"
#include "harness/reference_subject.h"
#include "properties/fuzz/law.h"
#include "properties/fuzz/packed_store.h"
#include "properties/fuzz/targets.h"

namespace walbreaker::fuzz {

namespace {

const std::string kDirectory = "db";

faultfs::SimDisk disk_of(const faultfs::Image& image) {
  return faultfs::SimDisk(image, faultfs::FailedSync::clean_readable, faultfs::Tracing::off);
}

// The files of the store but LOCK, which a read-write open makes whatever it finds.
faultfs::Image without_lock(faultfs::Image image) {
  image.files.erase(kv::join_path(kDirectory, kv::kLockName));
  return image;
}

kv::Result<void> agreed(const DecodedStore& decoded, const Observation& observation) {
  if (observation.wrong) return broken("{}: {}", info(observation.wrong->kind).name, observation.wrong->text);
  const auto wrong = judge_by_decoder(decoded, observation);
  if (wrong) return broken("{}: {}", info(wrong->kind).name, wrong->text);
  return {};
}

// A read-write open has to make a generation, and number records: it is refused where a file has the last number.
kv::Result<bool> numbers_are_used_up(const faultfs::Image& image) {
  auto disk = disk_of(image);
  const auto inventory = TRY(kv::take_inventory(disk, kDirectory));
  return inventory.highest_generation == kv::kMaxGeneration ||
         kv::recover(disk, kDirectory, inventory).report.last_seq > kv::kMaxSeq;
}

class StoreLaws {
 public:
  explicit StoreLaws(faultfs::Image image)
      : image_(std::move(image)), decoded_(decode_reference_store(image_, kDirectory)) {}

  // What recovery makes of the files is a tree in order, and so is what a dump of them says.
  kv::Result<void> recovery_is_in_order() const {
    auto disk = disk_of(image_);
    const auto inventory = TRY(kv::take_inventory(disk, kDirectory));
    const kv::Recovery recovery = kv::recover(disk, kDirectory, inventory);
    if (const auto flaw = recovery.contents.verify()) return broken("the tree after recovery: {}", *flaw);
    TRY(law(!recovery.report.findings.empty(), "a report has a finding"));
    TRY(law(recovery.report.servable || recovery.contents.size() == 0, "what may not be served is not kept"));
    return law(recovery.contents.size() == decoded_.contents.size(), "recovery finds as many keys as the decoder");
  }

  // Every byte of a log whose header verifies is in one stretch of its map.
  kv::Result<void> map_has_no_gap() const {
    for (const DecodedFile& file : decode_files(image_, kDirectory, decoded_)) {
      if (!file.header_ok || file.kind != DecodedFile::Kind::log) continue;
      std::uint64_t at = kv::kFileHeaderBytes;
      for (const DecodedRecord& record : file.records) {
        TRY(law(record.offset == at && record.length > 0, "the map of a log has no gap"));
        at += record.length;
      }
      TRY(law(at == file.size, "the map of a log ends with the log"));
    }
    return {};
  }

  kv::Result<void> read_only_changes_nothing() const {
    auto disk = disk_of(image_);
    const Observation observation = observe(subject_, disk, kDirectory, {.read_only = true, .settings = {}});
    TRY(law(disk.image() == image_, "a read-only open changes no byte"));
    // It makes no store: where there is not even a LOCK, it says so.
    if (TRY(kv::take_inventory(disk, kDirectory)).holds_no_store()) {
      return law(observation.refusal == kv::ErrorCode::io_error, "a read-only open of nothing fails");
    }
    return agreed(decoded_, observation);
  }

  kv::Result<void> read_write_agrees(Leave leave) const {
    if (TRY(numbers_are_used_up(image_))) return {};
    auto disk = disk_of(image_);
    const Observation first = open(disk, 1, leave);
    TRY(agreed(decoded_, first));
    if (first.answer == Answer::clean || first.answer == Answer::torn) return comes_back(disk, first.listing);
    TRY(law(without_lock(disk.image()) == without_lock(image_), "an open that finds damage changes no file"));
    const Observation second = open(disk, 2, Leave::dropped);
    TRY(law(second.answer == first.answer && second.listing == first.listing, "a second open says the same"));
    if (first.answer == Answer::refused) return {};
    return repair_keeps_the_prefix(disk, first.listing);
  }

 private:
  Observation open(kv::Vfs& vfs, std::uint64_t entropy, Leave leave) const {
    return observe(subject_, vfs, kDirectory, {.read_only = false, .settings = {}, .entropy = entropy}, leave);
  }

  // What a read-write open served, the next one finds undamaged.
  kv::Result<void> comes_back(faultfs::SimDisk& disk, const Listing& listing) const {
    const DecodedStore left = decode_reference_store(disk.image(), kDirectory);
    TRY(law(left.verdict == DecodedStore::Verdict::clean, "what an open left decodes as clean"));
    if (TRY(numbers_are_used_up(disk.image()))) return {};
    const Observation again = open(disk, 2, Leave::dropped);
    TRY(agreed(left, again));
    return law(again.listing == listing, "a second open serves the same");
  }

  kv::Result<void> repair_keeps_the_prefix(faultfs::SimDisk& disk, const Listing& listing) const {
    kv::Options options;
    options.entropy = [salt = std::uint64_t{0}]() mutable { return ++salt; };
    const auto repaired = kv::repair(disk, kDirectory, options);
    if (!repaired) return broken("a damaged store with a prefix is not repaired: {}", repaired.error().message());
    return comes_back(disk, listing);
  }

  ReferenceSubject subject_;
  faultfs::Image image_;
  DecodedStore decoded_;
};

}  // namespace

kv::Result<void> store(std::string_view input) {
  const StoreLaws laws(image_of(unpack_store(input), kDirectory));
  TRY(laws.recovery_is_in_order());
  TRY(laws.map_has_no_gap());
  TRY(laws.read_only_changes_nothing());
  return laws.read_write_agrees(input.size() % 2 == 0 ? Leave::dropped : Leave::closed);
}

}  // namespace walbreaker::fuzz
