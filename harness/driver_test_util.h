// Drivers for the tests, made of shell: right enough to be opened, and wrong in one answer.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "harness/driver_subject.h"

namespace walbreaker {

inline constexpr const char* kShellPromise =
    "kill=on_ack power=on_ack order=prefix batches=atomic on_damage=exact_prefix";

// The command of a driver that keeps nothing, and does `action` where it is asked `verb`. In it, $dir is the directory
// of the store that is open.
inline std::string shell_driver(const std::string& verb, const std::string& action) {
  static int number = 0;
  const std::string path = fmt::format("{}walbreaker_driver_{}_{}", testing::TempDir(), ::getpid(), number++);
  std::ofstream(path) << fmt::format(
      "while read -r verb rest; do case $verb in\n"
      "{} ) {} ;;\n"
      "hello) echo ok shell {} ;;\n"
      "open) dir=${{rest%% *}}; echo ok clean ;;\n"
      "scan) echo ok 0 ;;\n"
      "get) echo missing ;;\n"
      "*) echo ok ;;\n"
      "esac; done\n",
      verb, action, kShellPromise);
  return "sh " + path;
}

// A short time, for drivers that hang. The right ones get the time of a machine that is busy.
inline kv::Result<std::unique_ptr<DriverSubject>> make_driver(
    const std::string& command, std::chrono::milliseconds timeout = std::chrono::seconds(60)) {
  return DriverSubject::make({.command = command, .scratch_directory = {}, .timeout = timeout});
}

}  // namespace walbreaker
