// Which subject a person chose on the command line, and how it is configured.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/result.h"
#include "harness/subject.h"

namespace walbreaker {

// What a driver is run with.
struct DriverLimits {
  std::string directory;                  // where its stores are made; empty: a default
  std::optional<double> timeout_seconds;  // for each line of an answer; nothing: a default
};

// The subject. It lives as long as this process.
// Errors: those of load_plugin() and of whatever starts a driver, with the flag in front: "--plugin: ...".
kv::Result<const Subject*> load_subject(const SubjectName& choice, const DriverLimits& limits = {});

// "sync=on_request", of --set: each of the texts one setting. Errors: invalid_argument: no "=", or a name twice.
kv::Result<Settings> parse_settings(const std::vector<std::string>& texts);

// "on_damage=detect", of --promise. Errors: invalid_argument: no "=".
kv::Result<std::vector<PromiseTerm>> parse_terms(const std::vector<std::string>& texts);

}  // namespace walbreaker
