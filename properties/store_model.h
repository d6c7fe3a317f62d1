// What the property suites share: commands as values that RapidCheck can generate, shrink and show, and the store run
// against a plain std::map.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "engine/store.h"
#include "faultfs/sim_disk.h"

namespace walbreaker::properties {

using Contents = std::map<std::string, std::string>;

enum class Verb { put, remove, batch, sync, compact };

struct Command {
  Verb verb = Verb::put;
  std::string key;
  std::string value;
};

// Few and short keys, so that commands meet; values long enough to cross a sector now and then.
rc::Gen<Command> any_command();
std::ostream& operator<<(std::ostream& out, const Command& command);

// What a command does to the contents. A batch is three puts around the key.
void apply(const Command& command, Contents& contents);

// The contents after each of the commands, the empty contents first.
std::vector<Contents> contents_after_each(const std::vector<Command>& commands);

kv::Result<void> issue(kv::Store& store, const Command& command);

// Runs the commands on a store in directory "db" of the disk, and fails the property where one of them does not
// succeed.
void run(kv::Store& store, const std::vector<Command>& commands);

kv::Options options_with_seed(std::uint64_t seed);
std::unique_ptr<kv::Store> open_store(kv::Vfs& vfs, const kv::Options& options);
Contents scan_all(const kv::Store& store);

// What a damaged disk opens to.
struct Outcome {
  std::optional<Contents> contents;  // none: the store refused to open
  bool reported = false;             // as corrupted
};
Outcome reopen(const faultfs::Image& image);

}  // namespace walbreaker::properties

namespace rc {
template <>
struct Arbitrary<walbreaker::properties::Command> {
  static Gen<walbreaker::properties::Command> arbitrary() { return walbreaker::properties::any_command(); }
};
}  // namespace rc
