// Which subject a person chose on the command line, and how it is configured.
#pragma once

#include <string>
#include <vector>

#include "engine/result.h"
#include "harness/subject.h"

namespace walbreaker {

struct SubjectChoice {
  enum class Kind {
    subject,  // built in, by name
    plugin,   // a shared library, by name or path
    driver,   // a command that speaks the line protocol
  };
  Kind kind = Kind::subject;
  std::string name = "reference";
  bool operator==(const SubjectChoice&) const = default;
};

// As flags, for a shell: "--driver './mine --flag'"
[[nodiscard]] std::string to_flags(const SubjectChoice& choice);

// The subject. It lives as long as this process. `directory` is where a driver's stores are made; empty: a default.
// Errors: those of load_plugin() and of whatever starts a driver, with the flag in front: "--plugin: ...".
kv::Result<const Subject*> load_subject(const SubjectChoice& choice, const std::string& directory);

// "sync=on_request", of --set: each of the texts one setting. Errors: invalid_argument: no "=", or a name twice.
kv::Result<Settings> parse_settings(const std::vector<std::string>& texts);

// "on_damage=detect", of --promise. Errors: invalid_argument: no "=".
kv::Result<std::vector<PromiseTerm>> parse_terms(const std::vector<std::string>& texts);

}  // namespace walbreaker
