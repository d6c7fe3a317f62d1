// Laws of what is durable: it is there in every crash state, whatever the disk model.
#include <gtest/gtest.h>
// gtest first
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "properties/crash_space_model.h"

namespace walbreaker::properties {
namespace {

using faultfs::FileId;
using faultfs::OpKind;
using faultfs::SyncEffect;
using faultfs::TraceOp;

std::string parent_of(const std::string& path) {
  return path.find('/') == std::string::npos ? "" : path.substr(0, path.rfind('/'));
}

// What an application may rely on, from its own calls alone: bytes that were synced, under names whose directories
// were. Where a sync or a sync_dir failed or lied, it relies on nothing that was pending then, ever.
class Reliance {
 public:
  explicit Reliance(const faultfs::Image& initial) {
    std::uint32_t id = 0;
    for (const auto& [path, bytes] : initial.files) {
      names_[path] = FileId{id};
      files_[FileId{id++}] = {bytes.to_string(), bytes.to_string()};
    }
  }

  void step(const TraceOp& op) {
    File& file = files_[op.file];
    switch (op.kind) {
      case OpKind::write: {
        file.live.resize(std::max<std::uint64_t>(file.live.size(), op.offset + op.length), '\0');
        file.live.replace(op.offset, op.length, op.data());
        break;
      }
      case OpKind::truncate: file.live.resize(op.length, '\0'); break;
      case OpKind::allocate: file.live.resize(std::max<std::uint64_t>(file.live.size(), op.length), '\0'); break;
      case OpKind::sync: sync(file, op.effect); break;
      case OpKind::sync_dir: sync_dir(op); break;
      default: change_names(op); break;
    }
    file.pending |= op.kind == OpKind::write || op.kind == OpKind::truncate || op.kind == OpKind::allocate;
  }

  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> result;
    for (const auto& [path, id] : names_) {
      const File& file = files_.at(id);
      if (!file.pending && !file.spoilt && is_durable(path)) result[path] = file.live;
    }
    return result;
  }

 private:
  struct File {
    std::string live;
    std::string durable;
    bool pending = false;
    bool spoilt = false;
  };
  struct NameChange {
    TraceOp op;
    bool durable = false;
    bool spoilt = false;

    [[nodiscard]] bool names(const std::string& path) const {
      return op.path == path || (op.kind == OpKind::rename && op.to == path);
    }
  };

  static void sync(File& file, SyncEffect effect) {
    if (effect == SyncEffect::cleaned) file.spoilt |= file.pending;
    if (effect == SyncEffect::reverted) file.live = file.durable;
    if (effect == SyncEffect::durable) file.durable = file.live;
    if (effect == SyncEffect::reverted || effect == SyncEffect::durable) file.pending = false;
  }

  void sync_dir(const TraceOp& op) {
    for (NameChange& change : changes_) {
      const bool concerned = parent_of(change.op.path) == op.path ||
                             (change.op.kind == OpKind::rename && parent_of(change.op.to) == op.path);
      if (!concerned || change.durable) continue;
      change.durable = op.effect == SyncEffect::durable;
      change.spoilt |= op.effect == SyncEffect::cleaned;
    }
  }

  void change_names(const TraceOp& op) {
    changes_.push_back({op});
    if (op.kind == OpKind::rename || op.kind == OpKind::unlink) names_.erase(op.path);
    if (op.kind == OpKind::create) names_[op.path] = op.file;
    if (op.kind == OpKind::rename) names_[op.to] = op.file;
  }

  // Whether no change of this name, or of a directory on the way to it, is pending.
  [[nodiscard]] bool is_durable(const std::string& path) const {
    if (path.empty()) return true;
    const bool settled = std::ranges::all_of(
        changes_, [&](const NameChange& change) { return !change.names(path) || (change.durable && !change.spoilt); });
    return settled && is_durable(parent_of(path));
  }

  std::map<FileId, File> files_;
  std::map<std::string, FileId> names_;
  std::vector<NameChange> changes_;
};

// A trace in which the new file and its name are made durable now and then, as drawn programs seldom do.
faultfs::Trace any_trace(const faultfs::DiskModel& model) {
  DiskProgram program = *any_crashing_program();
  const auto place = static_cast<std::ptrdiff_t>(*rc::gen::inRange<std::size_t>(0, program.size() + 1));
  const bool makes_durable = *rc::gen::arbitrary<bool>();
  if (makes_durable) {
    program.insert(program.begin() + place, {{.verb = DiskVerb::write, .place = 1, .length = 3},
                                             {.verb = DiskVerb::sync, .place = 1},
                                             {.verb = DiskVerb::sync_dir, .path = "."}});
  }
  faultfs::Trace trace = small_start(trace_of(program, model.failed_sync), model, 250);
  RC_LOG() << to_text(trace) << '\n';
  return trace;
}

TEST(Durability, OfSyncedBytesUnderSyncedNamesOutlivesEveryCrash) {
  std::uint64_t relied_on = 0;
  std::uint64_t of_new_files = 0;
  const bool holds = rc::check([&] {
    const faultfs::DiskModel model = any_small_model();
    const faultfs::Trace trace = any_trace(model);
    std::vector<Reliance> after{Reliance(trace.initial)};
    for (const TraceOp& op : trace.ops) {
      after.push_back(after.back());
      after.back().step(op);
    }
    for (const auto& [point, images] : images_of(trace, model)) {
      const auto files = after.at(point.ops + (point.bytes > 0 ? 1 : 0)).files();
      for (const auto& [path, bytes] : files) {
        RC_LOG() << to_text(point) << ": " << path << '\n';
        for (const PlainDisk& disk : images) RC_ASSERT(disk.files.contains(path));
        for (const PlainDisk& disk : images) RC_ASSERT(disk.files.at(path) == bytes);
        relied_on += images.size();
        of_new_files += path == "a" ? 0 : images.size();
      }
    }
  });
  EXPECT_TRUE(holds);
  EXPECT_GT(relied_on, 1'000U);
  EXPECT_GT(of_new_files, 10U);
}

// In every model and at every moment: a process that is killed leaves the page cache, and the next one reads it.
TEST(Durability, OfEverythingIsWhatAProcessKillLeaves) {
  const bool holds = rc::check([] {
    const faultfs::DiskModel drawn = any_small_model();
    faultfs::SimDisk disk(first_image(), drawn.failed_sync);
    auto process = std::make_unique<DiskRunner>(disk);
    std::map<faultfs::OpIndex, PlainDisk> page_caches{{0, plain(disk.image())}};
    const DiskProgram program = *any_crashing_program();
    for (const DiskStep& step : program) {
      run(step, disk, process);
      page_caches[disk.trace().ops.size()] = plain(disk.image());
    }
    RC_LOG() << to_text(disk.trace()) << '\n';
    faultfs::DiskModel model = faultfs::named_models().front().model;
    model.sector_bytes = drawn.sector_bytes;
    faultfs::Budget budget;
    budget.cuts_per_write = 0;
    for (const auto& [point, images] : images_of(disk.trace(), model, budget)) {
      RC_ASSERT(images.size() == 1U);
      RC_LOG() << to_text(point) << '\n';
      RC_ASSERT(*images.begin() == page_caches.at(point.ops));
      RC_ASSERT(NaiveDisk(disk.trace(), model, point).page_cache() == page_caches.at(point.ops));
    }
  });
  EXPECT_TRUE(holds);
}

}  // namespace
}  // namespace walbreaker::properties
