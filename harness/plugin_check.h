// Whether what a library exports is a plugin that can be tested: checked once, so that nothing else has to.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"
#include "harness/subject.h"
#include "harness/walbreaker_plugin.h"

namespace walbreaker {

// Errors, all with `file` in their text: unsupported_version (another version of the ABI, too small a struct);
// invalid_argument (a null where something is required, a capability that is not known or has no function, a name that
// is no name, a promise that is none).
kv::Result<void> check_plugin(const walbreaker_plugin* plugin, const std::string& file);

// What a plugin says, in this project's types; the plugin is one that passed.
[[nodiscard]] Capabilities capabilities_of(const walbreaker_plugin& plugin);
[[nodiscard]] std::vector<PromiseTerm> promise_of(const walbreaker_plugin& plugin, const Settings& settings);

// Settings as the ABI passes them; they point into `settings`.
[[nodiscard]] std::vector<walbreaker_setting> to_plugin_settings(const Settings& settings);

}  // namespace walbreaker
