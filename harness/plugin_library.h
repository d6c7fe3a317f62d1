// Plugins as files: where they are looked for, and how they are loaded.
//
// A plugin named without '/' is NAME.so in the plugin folder: each folder that the environment variable
// WALBREAKER_PLUGIN_PATH lists, with colons between; or where that is not set, ../plugins beside the folder of this
// program, as in a build directory, and ../LIBDIR/walbreaker/plugins, as it is installed.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"
#include "harness/subject.h"

namespace walbreaker {

// The folders, whether they exist or not.
[[nodiscard]] std::vector<std::string> plugin_folders();

// The names of the files in them that end as a plugin does, sorted, each once. None of them is loaded.
[[nodiscard]] std::vector<std::string> plugin_names();

// Loads a library, by name or by path, once: the same subject for the same file. It lives as long as this process.
// Errors: those of check_plugin(); invalid_argument: no such file, no library, or one that does not export
// walbreaker_plugin_entry. Threads: any number.
kv::Result<const Subject*> load_plugin(const std::string& name_or_path);

}  // namespace walbreaker
