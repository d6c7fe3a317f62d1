#include "harness/kill_campaign.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/assert.h"

namespace walbreaker {

namespace fs = std::filesystem;

namespace {

// Memory before disk: a process kill leaves both the same, and memory is faster.
std::string default_parent() {
  std::error_code error;
  if (fs::is_directory("/dev/shm", error)) return "/dev/shm";
  const char* configured = std::getenv("TMPDIR");
  return configured == nullptr ? "/tmp" : configured;
}

}  // namespace

// A new directory, removed at the end with all in it by the process that made it. What a violation needs is saved
// elsewhere by then.
class KillCampaign::WorkDirectory {
 public:
  static kv::Result<std::unique_ptr<WorkDirectory>> make(const std::string& parent) {
    std::string path = (fs::path(parent.empty() ? default_parent() : parent) / "walbreaker-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr) return kv::fail_errno(errno, "make a directory " + path);
    return std::unique_ptr<WorkDirectory>(new WorkDirectory(path));
  }

  ~WorkDirectory() {
    if (const auto removed = remove(path_); !removed) {
      fmt::print(stderr, "walbreaker: left behind: {}\n", removed.error().message());
    }
  }
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  [[nodiscard]] kv::Result<std::string> make_chain(std::uint64_t first_case) const {
    const fs::path path = fs::path(path_) / fmt::format("{}", first_case);
    // A process that died over this chain has left it here.
    std::error_code error;
    fs::remove_all(path, error);
    if (!error) fs::create_directory(path, error);
    if (error) return kv::fail_errno(error.value(), "make a directory " + path.string());
    return path.string();
  }

  static kv::Result<void> remove(const std::string& path) {
    std::error_code error;
    fs::remove_all(path, error);
    if (error) return kv::fail_errno(error.value(), "remove " + path);
    return {};
  }

 private:
  explicit WorkDirectory(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

KillCampaign::KillCampaign(KillMode mode, const Subject& subject, KillCampaignOptions options)
    : mode_(mode), subject_(subject), options_(std::move(options)) {}

KillCampaign::~KillCampaign() = default;

std::optional<std::string> KillCampaign::set_up() {
  auto work = WorkDirectory::make(options_.directory);
  if (!work) return work.error().message();
  work_ = std::move(*work);
  return std::nullopt;
}

Tally KillCampaign::prepare() {
  Tally tally;
  if (promised(subject_, child_request(0, 0).settings, "kill") != "on_ack") {
    tally.trouble = fmt::format("{} judges kill=on_ack, which {} does not promise", name(), subject_.name());
  }
  return tally;
}

Tally KillCampaign::run(const CaseRange& cases, CaseWatch& watch) {
  WB_ASSERT(work_ != nullptr);
  Tally tally;
  const auto directory = work_->make_chain(cases.first);
  if (!directory) {
    tally.trouble = directory.error().message();
    return tally;
  }
  const std::uint64_t chain_seed = Random(options_.seed).split(cases.first).next();
  KillChain chain(subject_, mode_, chain_seed, *directory, options_.program);
  for (std::uint64_t index = cases.first; index < cases.last; ++index) {
    if (!chain.round(index, watch, tally)) break;
  }
  if (const auto removed = WorkDirectory::remove(*directory); !removed) tally.trouble = removed.error().message();
  return tally;
}

}  // namespace walbreaker
