// A process behind the line protocol (PROTOCOL.md) as a subject.
//
// The process works on a real directory. Each open gets one of its own, filled with the store's files out of the vfs
// that it is given; after the open, and after every command but get and scan, what changed there is done again to the
// vfs (store_mirror.h). So campaigns that work on images, and on the record of which command wrote which bytes, see a
// foreign process as they see any subject. What they do not see is when it synced: what it promises to be durable is
// synced in the vfs, after each ack where it promises power=on_ack, after those of sync, compact and close where
// on_sync. With sync=on_request among the settings, power=on_ack counts as on_sync.
//
// Dropping a session. Nothing more may reach the disk. The disk is the vfs, which was last touched after the last
// answer, so a drop is exact at no cost: the copy is mirrored once more, for what reads changed, and then thrown away.
// The process is sent a `close` for it, which goes to nobody, and lives on for the next open; one that does not answer
// that is killed, and nobody is told. An open that works in place (open_in_place) has no copy to throw away: dropping
// it kills the process.
//
// Processes are kept, and each serves one open at a time: as many are started as there are opens at once. A fork of
// this process starts its own, and leaves its parent's alone; no thread may be in here when it is made.
//
//   const Subject* subject = TRY(load_driver({.command = "./mine --flag"}));
//
// Threads: any number. take_incident() is each thread's own.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <sys/types.h>

#include "harness/driver_client.h"
#include "harness/driver_process.h"
#include "harness/subject.h"
#include "harness/work_directory.h"

namespace walbreaker {

struct DriverOptions {
  std::string command;
  std::string scratch_directory;              // where the copies are made; empty: /dev/shm, $TMPDIR or /tmp
  std::chrono::milliseconds timeout{10'000};  // for every line of an answer
};

class DriverSubject final : public Subject {
 public:
  // Starts the process, asks who it is, and tries on a store of its own what it can: a batch, a compact, an open
  // read-only that it answers with "unsupported" are ones that it lacks.
  // Errors: io_error: it does not start, or does not answer hello; invalid_argument: a promise that there is not.
  static kv::Result<std::unique_ptr<DriverSubject>> make(DriverOptions options);
  ~DriverSubject() override;

  [[nodiscard]] std::string_view name() const override { return name_; }
  [[nodiscard]] std::string found_by() const override { return std::string(kFoundBy) + options_.command; }
  [[nodiscard]] SubjectName named() const override { return {SubjectKind::driver, options_.command}; }
  [[nodiscard]] Capabilities capabilities() const override { return capabilities_; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] FileRole role_of(std::string_view) const override { return FileRole::unknown; }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;
  [[nodiscard]] bool is_process() const override { return true; }
  [[nodiscard]] std::optional<Incident> take_incident() const override;

  // Opens the store in a real directory. Dropping the session kills the process, so that it really is a kill.
  [[nodiscard]] kv::Result<Opened> open_in_place(const std::string& directory, const OpenRequest& request) const;

  // A process that nobody else uses, that answered hello, and that has no store open; for whoever kills it.
  [[nodiscard]] kv::Result<std::unique_ptr<DriverProcess>> start_process() const;

  // Puts an incident down for this thread, where none is yet.
  void note(const Incident& incident) const;

  static constexpr std::string_view kFoundBy = "driver:";

 private:
  class Lease;
  class MirroredSession;
  class InPlaceSession;

  explicit DriverSubject(DriverOptions options) : options_(std::move(options)) {}
  kv::Result<void> introduce();
  kv::Result<void> check_promise() const;
  void probe();
  [[nodiscard]] kv::Result<std::unique_ptr<DriverProcess>> launch(HelloAnswer* hello) const;
  [[nodiscard]] kv::Result<Lease> lease() const;
  void give_back(std::unique_ptr<DriverProcess> process) const;
  void forget_parents_processes() const;

  DriverOptions options_;
  std::string name_;
  std::vector<PromiseTerm> promise_;
  Capabilities capabilities_;
  std::unique_ptr<WorkDirectory> work_;

  mutable std::mutex mutex_;  // guards what follows
  mutable pid_t owner_ = 0;   // whose processes the idle ones are
  mutable std::vector<std::unique_ptr<DriverProcess>> idle_;
  mutable std::uint64_t copies_ = 0;  // names for copies
  mutable std::map<std::thread::id, Incident> incidents_;
};

// Makes a subject for a command, once: the same for the same command. It lives as long as this process.
// Errors: those of DriverSubject::make(). Threads: any number.
kv::Result<const Subject*> load_driver(DriverOptions options);

// Null where the subject is no driver.
[[nodiscard]] const DriverSubject* as_driver(const Subject& subject);

}  // namespace walbreaker
