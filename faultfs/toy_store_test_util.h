// For tests of disk models: three tiny key-value stores that are right, and seven that are not.
//
// A tester of stores is only as good as the mistakes that it finds. Each Defect is a mistake that real stores have
// made, planted in a store that is right without it. What shows one is a promise that the disk does not make and the
// store relies on; a model that makes the promise hides it.
//
//   const DiskModel model = *parse_disk_model("posix");
//   const Scenario scenario{.layout = Layout::log, .defect = Defect::no_directory_sync, .faults = ""};
//   const Survey survey = survey_of(scenario, model);       // every crash state of a short workload, recovered, judged
//   EXPECT_THAT(survey.violations, Not(IsEmpty()));
//
// Files lie in the root of the disk. Harness faults end in an assertion.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/vfs.h"
#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/enumerate.h"
#include "faultfs/image.h"
#include "faultfs/trace.h"

namespace faultfs {

using Contents = std::map<std::string, std::string>;

// How a store lies on the disk. All three are made of records: checksum, length of the key, of the value, key, value.
enum class Layout {
  log,        // "log": a record for each put, appended and synced
  snapshots,  // "snapshot-G": all contents; a put writes "tmp", renames it to the next number and unlinks the last one
  header,     // "header", rewritten in place: two slots for contents, and one byte that says which of them counts
};

// Each belongs to one layout.
enum class Defect {
  none,
  no_sync_before_ack,  // log: a record is acked when it is written, and no sync follows
  no_directory_sync,   // log: the file is created and its directory never synced, then its records are acked
  rename_before_sync,  // snapshots: the successor gets its name first, and is synced then
  size_before_data,    // log: records have no checksum, so whatever the file's size covers is read as records
  retried_sync,        // log: a sync that failed is called again, and its ok is taken for durable
  torn_header,         // header: the new slot and the byte that points to it go out in one write, in two sectors. (With
                       // a single slot a kill inside the write would do, and every model would show it.)
  unlink_before_durable,  // snapshots: the predecessor is unlinked before sync_dir has made the successor's name
                          // durable
};

[[nodiscard]] std::string_view to_string(Layout layout);
[[nodiscard]] std::string_view to_string(Defect defect);  // the enumerator's name

class ToyStore {
 public:
  ToyStore() = default;
  ToyStore(const ToyStore&) = delete;
  ToyStore& operator=(const ToyStore&) = delete;
  virtual ~ToyStore() = default;

  // Durable when it returns, or so the store believes. After an error it refuses every later one.
  kv::Result<void> put(const std::string& key, const std::string& value);

  [[nodiscard]] const Contents& contents() const { return contents_; }

 protected:
  Contents contents_;

 private:
  // Puts `record`, which takes the contents to `next`, on the disk.
  virtual kv::Result<void> commit(std::string_view record, const Contents& next) = 0;

  bool poisoned_ = false;
};

// Recovers what is on the disk. Errors: those of the Vfs; corrupted.
kv::Result<std::unique_ptr<ToyStore>> open_toy_store(kv::Vfs& vfs, Layout layout, Defect defect);

struct Scenario {
  Layout layout;
  Defect defect;
  std::string_view faults;  // a fault plan, under which the workload runs
};

// One put after another on an empty disk, until all are acked or one fails, with marks. What a failed sync leaves is
// the model's. Asserts that every fault of the plan fired.
[[nodiscard]] Trace record_workload(const Scenario& scenario, const DiskModel& model);

// How many commands the workload has, and how many of them the trace says were acked.
[[nodiscard]] std::uint64_t workload_commands();
[[nodiscard]] std::uint64_t acked_commands(const Trace& trace);

// Recovers the image and says what is wrong with it: that it cannot be opened, or that it holds none of the contents
// after k commands, from the last one acked at the crash point up to the last one issued. Nothing where all is well.
[[nodiscard]] std::optional<std::string> complaint(const Scenario& scenario, const Trace& trace,
                                                   const CrashPoint& point, const Image& image);

struct Violation {
  CrashState state;
  Image image;
  std::string complaint;
};

struct Survey {
  Trace trace;
  Coverage coverage;
  std::uint64_t judged = 0;
  std::vector<Violation> violations;
};

// Records the workload under the model and judges every crash state of it. Processes are killed between operations and
// at 16 places inside each write, the edges of its sectors among them.
[[nodiscard]] Survey survey_of(const Scenario& scenario, const DiskModel& model);

// The fates of a state with the names of what they happened to, in order: "create log dropped", "write tmp torn kz",
// "rename tmp to snapshot-1 kept".
[[nodiscard]] std::string named_fates(const CrashState& state, const Trace& trace);

}  // namespace faultfs
