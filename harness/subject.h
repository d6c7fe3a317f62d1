// The seam to what is tested: a Subject opens a store on a disk that it is given, and answers commands.
//
// The commands and answers are those of the line protocol, so that an engine in this process, in a shared library or
// behind a pipe looks the same to the oracle.
//
// Threads: a Subject is used by many at once, each with a disk and sessions of its own; a session by one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "engine/vfs.h"
#include "harness/command.h"
#include "harness/violation.h"

namespace walbreaker {

struct Observation;

// An open store. Destroying it without close() is what a process kill does to it: nothing more reaches the disk.
class Session {
 public:
  Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  virtual ~Session() = default;

  virtual kv::Result<void> put(const std::string& key, const std::string& value) = 0;
  virtual kv::Result<bool> del(const std::string& key) = 0;  // false: the key was missing
  virtual kv::Result<void> batch(const kv::Batch& batch) = 0;
  virtual kv::Result<std::optional<std::string>> get(const std::string& key) = 0;
  virtual kv::Result<Listing> scan() = 0;  // every key, in byte order
  virtual kv::Result<void> sync() = 0;
  virtual kv::Result<void> compact() = 0;
  virtual kv::Result<void> close() = 0;
};

// What an open says of the contents it will serve. The fourth answer, a refusal, is an Error.
enum class OpenAnswer {
  clean,    // nothing was found amiss
  torn,     // the end of the log was left by a crash; nothing that was promised is missing
  damaged,  // acknowledged data is known to be gone
};

struct Opened {
  OpenAnswer answer;
  std::string text;  // what was found, in the subject's words
  std::unique_ptr<Session> session;
};

using Settings = std::map<std::string, std::string>;  // the subject's own, by name

struct OpenRequest {
  bool read_only = false;  // change no byte, and answer every write with an error
  Settings settings;
  std::uint64_t entropy = 0;  // seeds what the subject draws at random, where it can be told
};

// What a file of the store is, as far as its name says.
enum class FileRole {
  log,       // every acked command's bytes, in order, after a header
  snapshot,  // the contents at one moment
  other,     // locks, temporary files, files of somebody else
};

struct PromiseTerm {
  std::string key;
  std::string value;
};

// The commands that a subject need not have. Those that it lacks are not drawn.
struct Capabilities {
  bool batch = true;
  bool compact = true;
  bool read_only = true;  // it opens stores read-only
  bool operator==(const Capabilities&) const = default;
};

class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;

  // What find_subject_or_plugin() finds it by, in another process too.
  [[nodiscard]] virtual std::string found_by() const { return std::string(name()); }

  [[nodiscard]] virtual Capabilities capabilities() const { return {}; }

  // What it promises when it is opened with these settings, as the report shows it: "kill" "on_ack", "on_damage"
  // "exact_prefix".
  [[nodiscard]] virtual std::vector<PromiseTerm> promise(const Settings& settings) const = 0;

  // Settings worth a test, each a way of its own to work; at least one.
  [[nodiscard]] virtual std::vector<Settings> ways() const { return {{}}; }

  [[nodiscard]] virtual FileRole role_of(std::string_view file_name) const = 0;

  // Opens the store in `directory`, making a new one where there is none and the request is not read-only.
  // Errors: corrupted or unsupported_version is a refusal to serve what is there; invalid_argument: an unknown setting.
  [[nodiscard]] virtual kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                                const OpenRequest& request) const = 0;

  // Where the harness knows the format of the files: what somebody who reads them by himself says of what an open of
  // the store in `directory` answered. `image` is the disk before that open. Nothing: he agrees, or there is nobody.
  [[nodiscard]] virtual std::optional<Wrong> second_opinion(const faultfs::Image& /*image*/,
                                                            const std::string& /*directory*/,
                                                            const Observation& /*observation*/) const {
    return std::nullopt;
  }
};

// What the subject promises under this key, opened with these settings; empty where it says nothing.
[[nodiscard]] std::string promised(const Subject& subject, const Settings& settings, std::string_view key);

enum class CommandAnswer { ok, missing };  // missing: to a del, where there was no such key

// Gives the session one command.
kv::Result<CommandAnswer> perform(Session& session, const Command& command);

}  // namespace walbreaker
