// The command `kvstore` without the process around it, so that a test can run it.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "engine/vfs.h"

namespace kv {

// Runs `kvstore ARGUMENTS...`: results go to `out`, warnings and errors to `err`, one line each. `kvstore --help` is
// the manual of the command. Returns the exit status:
//   0  done;
//   1  an error, a missing key, or a damaged store. What could be read of a damaged one has been printed all the same:
//   a
//      script that does not look at the status must not take an old value for the present one without a word;
//   2  wrong flags or arguments; nothing was done.
// get, scan, stats, dump and verify change no byte on disk. No exception leaves it.
int run_kvstore_command(std::vector<std::string> arguments, Vfs& vfs, std::ostream& out, std::ostream& err) noexcept;

}  // namespace kv
