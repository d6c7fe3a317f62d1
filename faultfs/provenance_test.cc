#include "faultfs/provenance.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "faultfs/enumerate.h"
#include "faultfs/mix.h"
#include "faultfs/sim_disk.h"

namespace faultfs {
namespace {

using kv::OpenMode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::unique_ptr<kv::File> must_open(SimDisk& disk, const std::string& path) {
  auto file = disk.open(path, OpenMode::create);
  EXPECT_TRUE(file) << file.error().message();
  return std::move(*file);
}

void write(SimDisk& disk, const std::string& path, std::uint64_t offset, std::string_view bytes) {
  ASSERT_TRUE(kv::write_all(*must_open(disk, path), offset, bytes));
}

DiskModel model(std::string_view text) { return parse_disk_model(text).value(); }

Image image_of(const std::string& path, std::string_view bytes) {
  Image image;
  image.files[path] = FileBytes(bytes);
  return image;
}

// "first_image 0+3, written 3+2 by 1"
std::string text_of(const std::vector<OriginRange>& ranges) {
  std::string text;
  for (const OriginRange& range : ranges) {
    if (!text.empty()) text += ", ";
    text +=
        std::string(to_string(range.origin)) + ' ' + std::to_string(range.offset) + '+' + std::to_string(range.length);
    if (range.op) text += " by " + std::to_string(*range.op);
  }
  return text;
}

std::string origins_after(const SimDisk& disk, const std::string& crash_state, const DiskModel& model,
                          const std::string& path) {
  const auto provenance = provenance_of(parse_crash_state(crash_state).value(), disk.trace(), model);
  EXPECT_TRUE(provenance) << provenance.error().message();
  return provenance ? text_of(provenance->files.at(path)) : "";
}

TEST(Provenance, GivesAByteToTheLastThatWroteIt) {
  SimDisk disk(image_of("a", "012345"));
  write(disk, "a", 2, "xxx");
  write(disk, "a", 3, "y");
  EXPECT_EQ(text_of(provenance_of(disk.trace()).files.at("a")),
            "first_image 0+2, written 2+1 by 0, written 3+1 by 1, written 4+1 by 0, first_image 5+1");
}

TEST(Provenance, GivesGapsAndReservedRoomAndWhatWasCutOffToNobody) {
  SimDisk disk(image_of("a", "012345"));
  const auto file = must_open(disk, "a");
  ASSERT_TRUE(file->truncate(2));
  ASSERT_TRUE(file->allocate(4));
  write(disk, "a", 6, "z");
  EXPECT_EQ(text_of(provenance_of(disk.trace()).files.at("a")), "first_image 0+2, nobody 2+4, written 6+1 by 2");
}

TEST(Provenance, NamesTheCommandAndNoneForWhatAnOpenWrote) {
  SimDisk disk;
  disk.mark(MarkKind::opened, 0);
  write(disk, "log", 0, "header");
  disk.mark(MarkKind::issued, 0);
  write(disk, "log", 6, "first");
  disk.mark(MarkKind::acked, 0);
  disk.mark(MarkKind::issued, 1);
  disk.mark(MarkKind::issued, 9, 1);  // of another client
  write(disk, "log", 11, "second");
  const Provenance provenance = provenance_of(disk.trace());
  EXPECT_EQ(provenance.at("log", 5)->command, std::nullopt);
  EXPECT_EQ(provenance.at("log", 6)->command, 0U);
  EXPECT_EQ(provenance.at("log", 11)->command, 1U);
  EXPECT_EQ(provenance.at("log", 16)->op, 3U);
  EXPECT_EQ(provenance.at("log", 17), std::nullopt);
  EXPECT_EQ(provenance.at("none", 0), std::nullopt);
}

TEST(Provenance, GoesByTheNamesAtTheEnd) {
  SimDisk disk(image_of("old", "abc"));
  write(disk, "new", 0, "xyz");
  write(disk, "gone", 0, "xyz");
  write(disk, "empty", 0, "");
  ASSERT_TRUE(disk.rename("new", "old"));
  ASSERT_TRUE(disk.unlink("gone"));
  const Provenance provenance = provenance_of(disk.trace());
  ASSERT_EQ(provenance.files.size(), 2U);
  EXPECT_EQ(text_of(provenance.files.at("old")), "written 0+3 by 1");
  EXPECT_THAT(provenance.files.at("empty"), IsEmpty());
}

TEST(Provenance, TakesBackWhatAFailedSyncReverts) {
  SimDisk disk({}, FailedSync::reverted);
  const auto file = must_open(disk, "a");
  write(disk, "a", 0, "old");
  ASSERT_TRUE(file->sync());
  write(disk, "a", 1, "new");
  disk.arrange(SyncFault::fails);
  ASSERT_FALSE(file->sync());
  EXPECT_EQ(text_of(provenance_of(disk.trace()).files.at("a")), "written 0+3 by 1");
}

TEST(Provenance, LeavesADroppedSectorToItsOlderWriter) {
  SimDisk disk(image_of("a", "00001111"));
  write(disk, "a", 2, "xxxx");
  const DiskModel sectors_of_four = model("posix sector_bytes=4");
  EXPECT_EQ(origins_after(disk, "after 1: 0 torn dk", sectors_of_four, "a"),
            "first_image 0+4, written 4+2 by 0, first_image 6+2");
  EXPECT_EQ(origins_after(disk, "after 1", sectors_of_four, "a"), "first_image 0+8");
  EXPECT_EQ(origins_after(disk, "after 1", model("process_kill"), "a"),
            "first_image 0+2, written 2+4 by 0, first_image 6+2");
  EXPECT_EQ(origins_after(disk, "after 0 and 1 bytes: 0 kept", sectors_of_four, "a"),
            "first_image 0+2, written 2+1 by 0, first_image 3+5");
}

TEST(Provenance, TellsWhatAFateLeftInThePlaceOfWhatWasWritten) {
  SimDisk disk(image_of("a", "0000"));
  write(disk, "a", 4, "xxxxyyyy");
  const DiskModel sectors_of_four = model("posix sector_bytes=4");
  EXPECT_EQ(origins_after(disk, "after 1: 0 torn zk", sectors_of_four, "a"),
            "first_image 0+4, zeros 4+4 by 0, written 8+4 by 0");
  EXPECT_EQ(origins_after(disk, "after 1: 0 torn gk", sectors_of_four, "a"),
            "first_image 0+4, garbage 4+4 by 0, written 8+4 by 0");
  EXPECT_EQ(origins_after(disk, "after 1: 0 torn dk", sectors_of_four, "a"),
            "first_image 0+4, nobody 4+4, written 8+4 by 0");
}

TEST(Provenance, TellsADeletedFilesBytesFromZerosAfterItsEnd) {
  SimDisk disk(image_of("deleted", "secret"));
  ASSERT_TRUE(disk.unlink("deleted"));
  write(disk, "a", 0, "xxxxyyyy");
  EXPECT_EQ(origins_after(disk, "after 3: 1 kept, 2 torn ss", model("posix sector_bytes=4"), "a"),
            "stale 0+6 by 2, zeros 6+2 by 2");
}

TEST(Provenance, TellsWhatALostWriteHarmedBesideItself) {
  SimDisk disk(image_of("a", "00001111"));
  write(disk, "a", 5, "x");
  EXPECT_EQ(origins_after(disk, "after 1: 0 torn h", model("posix sector_bytes=4 harms_shared_sectors=true"), "a"),
            "first_image 0+4, harmed 4+4 by 0");
}

// A failed sync took operation 1 for written, so the sync after it makes the rest durable, and leaves a hole.
TEST(Provenance, GivesAHoleThatASyncPassedOverToNobody) {
  SimDisk disk;
  const auto file = must_open(disk, "a");
  write(disk, "a", 0, "xxxx");
  disk.arrange(SyncFault::fails);
  ASSERT_FALSE(file->sync());
  write(disk, "a", 4, "yyyy");
  ASSERT_TRUE(file->sync());
  const DiskModel sectors_of_four = model("posix sector_bytes=4");
  EXPECT_EQ(origins_after(disk, "after 5: 0 kept, 1 dropped", sectors_of_four, "a"), "nobody 0+4, written 4+4 by 3");
  EXPECT_EQ(origins_after(disk, "after 5: 0 kept, 1 kept", sectors_of_four, "a"), "written 0+4 by 1, written 4+4 by 3");
}

TEST(Provenance, GoesByTheNamesThatSurvived) {
  SimDisk disk(image_of("a", "old"));
  write(disk, "b", 0, "new");
  ASSERT_TRUE(must_open(disk, "b")->sync());
  ASSERT_TRUE(disk.rename("b", "a"));
  const DiskModel posix = model("posix");
  EXPECT_EQ(origins_after(disk, "after 4: 0 kept, 3 kept", posix, "a"), "written 0+3 by 1");
  EXPECT_EQ(origins_after(disk, "after 4: 0 kept", posix, "a"), "first_image 0+3");
  EXPECT_EQ(origins_after(disk, "after 4: 0 kept", posix, "b"), "written 0+3 by 1");
}

TEST(Provenance, RefusesACrashStateThatDoesNotFit) {
  SimDisk disk;
  write(disk, "a", 0, "x");
  const auto provenance = provenance_of(parse_crash_state("after 7").value(), disk.trace(), model("posix"));
  ASSERT_FALSE(provenance);
  EXPECT_EQ(provenance.error().code, kv::ErrorCode::invalid_argument);
  EXPECT_THAT(provenance.error().context, HasSubstr("only 2 operations"));
}

// --- any trace ---

constexpr char kOfFirstImage = '\xff';
constexpr std::uint64_t kMaxOps = 60;

// What operation `op` writes: no other one writes this, and neither is it a zero or a byte of the first image.
char byte_of(OpIndex op) { return static_cast<char>(op + 1); }

// Uses a disk at random for a while.
class RandomUser {
 public:
  RandomUser(SimDisk& disk, std::uint64_t seed) : disk_(disk), random_(mix(seed)) {}

  void run() {
    ASSERT_TRUE(disk_.make_dir("d"));
    for (std::uint64_t command = 0; disk_.trace().ops.size() < kMaxOps; ++command) {
      if (below(4) > 0) disk_.mark(MarkKind::issued, command);
      act();
      if (below(2) > 0) disk_.mark(MarkKind::acked, command);
    }
  }

 private:
  std::uint64_t below(std::uint64_t limit) { return (random_ = mix(random_)) % limit; }
  std::string any_path() { return std::array{"a", "b", "d/c"}.at(below(3)); }

  // Errors are no matter: a missing file is renamed by nobody.
  void act() {
    const std::string path = any_path();
    if (below(4) == 0) disk_.arrange(below(2) == 0 ? SyncFault::lies : SyncFault::fails);
    switch (below(9)) {
      case 0: (void)must_open(disk_, path)->sync(); break;
      case 1: (void)disk_.sync_dir(below(2) == 0 ? "" : "d"); break;
      case 2: (void)must_open(disk_, path)->truncate(below(80)); break;
      case 3: (void)must_open(disk_, path)->allocate(below(80)); break;
      case 4: (void)disk_.rename(path, any_path()); break;
      case 5: (void)disk_.unlink(path); break;
      default: {
        const auto file = must_open(disk_, path);  // which may be an operation by itself
        const std::string bytes(1 + below(40), byte_of(disk_.trace().ops.size()));
        (void)file->write_at(below(60), bytes);
      }
    }
  }

  SimDisk& disk_;
  std::uint64_t random_;
};

struct Recorded {
  Trace trace;
  Image page_cache;  // at its end
};

Recorded random_run(std::uint64_t seed) {
  constexpr std::array kWays{FailedSync::stays_pending, FailedSync::clean_readable, FailedSync::reverted,
                             FailedSync::reported_late};
  Image image = image_of("a", std::string(50, kOfFirstImage));
  image.files["b"] = FileBytes(std::string(20, kOfFirstImage));
  SimDisk disk(image, kWays.at(seed % kWays.size()));
  RandomUser(disk, seed).run();
  return {disk.trace(), disk.image()};
}

// Whether a byte can come from where its range says. A deleted file's bytes can be anybody's.
bool explains(const OriginRange& range, std::uint64_t offset, char byte) {
  switch (range.origin) {
    case Origin::first_image: return byte == kOfFirstImage && !range.op;
    case Origin::nobody: return byte == '\0' && !range.op;
    case Origin::zeros: return byte == '\0' && range.op;
    case Origin::written: return byte == byte_of(*range.op);
    case Origin::stale: return range.op.has_value();
    case Origin::garbage:
    case Origin::harmed: return byte == garbage(*range.op, offset, 1).front();
  }
  return false;
}

using Counts = std::map<Origin, std::uint64_t>;

// Compares with the bytes themselves, one by one.
void expect_explains(const Provenance& provenance, const Image& image, const Trace& trace, Counts& counts) {
  ASSERT_EQ(provenance.files.size(), image.files.size());
  for (const auto& [path, bytes] : image.files) {
    const auto& ranges = provenance.files.at(path);
    const std::string content = bytes.to_string();
    std::uint64_t at = 0;
    for (const OriginRange& range : ranges) {
      ASSERT_EQ(range.offset, at) << text_of(ranges);
      ASSERT_GT(range.length, 0U);
      ASSERT_LE(range.end(), content.size());
      EXPECT_EQ(range.command, range.op ? command_at(trace, *range.op) : std::nullopt);
      for (; at < range.end(); ++at) ASSERT_TRUE(explains(range, at, content[at])) << path << ": " << text_of(ranges);
      ++counts[range.origin];
    }
    ASSERT_EQ(at, content.size()) << text_of(ranges);
  }
}

TEST(Provenance, OfThePageCacheAgreesWithTheBytesOfAnyTrace) {
  Counts counts;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Recorded run = random_run(seed);
    SCOPED_TRACE(seed);
    expect_explains(provenance_of(run.trace), run.page_cache, run.trace, counts);
    if (HasFatalFailure()) return;
  }
  EXPECT_THAT(counts, ElementsAre(testing::Key(Origin::first_image), testing::Key(Origin::nobody),
                                  testing::Key(Origin::written)));
}

TEST(Provenance, OfACrashStateAgreesWithTheBytesOfAnyTrace) {
  Counts counts;
  const std::array models{model("posix sector_bytes=16 harms_shared_sectors=true"), model("posix sector_bytes=16"),
                          model("ordered sector_bytes=16"), model("synced_only"), model("process_kill")};
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    const Trace trace = random_run(seed).trace;
    const DiskModel& model = models.at(seed % models.size());
    const Budget budget{.states_per_point = 4, .cuts_per_write = 1, .states_per_cut = 2, .seed = seed};
    enumerate(trace, model, budget, [&](Candidate& candidate) {
      SCOPED_TRACE(std::to_string(seed) + ": " + to_text(candidate.state()));
      const auto provenance = provenance_of(candidate.state(), trace, model);
      EXPECT_TRUE(provenance) << provenance.error().message();
      if (provenance) expect_explains(*provenance, candidate.image(), trace, counts);
      return !HasFailure();
    });
    if (HasFailure()) return;
  }
  EXPECT_EQ(counts.size(), kOrigins.size());
}

}  // namespace
}  // namespace faultfs
