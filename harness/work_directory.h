// A directory on the real disk for stores that do not outlive the run, removed with all that is in it.
#pragma once

#include <memory>
#include <string>

#include <sys/types.h>

#include "engine/result.h"

namespace walbreaker {

class WorkDirectory {
 public:
  // Makes walbreaker-XXXXXX in `parent`; where that is empty, in /dev/shm, $TMPDIR or /tmp, the first there is: a
  // process kill leaves memory and disk the same, and memory is faster. Errors: io_error, no_space.
  static kv::Result<std::unique_ptr<WorkDirectory>> make(const std::string& parent);

  // Removes it, unless this is a fork of the process that made it.
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

  // Makes a directory in it, and returns its path.
  [[nodiscard]] kv::Result<std::string> make_child(const std::string& name) const;

 private:
  explicit WorkDirectory(std::string path);

  std::string path_;
  pid_t owner_;
};

// Removes a directory, and all that is in it.
kv::Result<void> remove_directory(const std::string& path);

}  // namespace walbreaker
