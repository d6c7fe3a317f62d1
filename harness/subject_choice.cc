#include "harness/subject_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "harness/driver_subject.h"
#include "harness/plugin_library.h"
#include "harness/promise.h"
#include "harness/subjects.h"
#include "harness/text.h"

namespace walbreaker {

namespace {

kv::Result<const Subject*> load_built_in(const std::string& name) {
  const Subject* subject = find_subject(name);
  if (subject != nullptr) return subject;
  return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("there is no subject \"{}\"", name));
}

DriverOptions options_for(const std::string& command, const DriverLimits& limits) {
  DriverOptions options{.command = command, .scratch_directory = limits.directory};
  if (limits.timeout_seconds) {
    constexpr double kLongest = 1e9;  // more milliseconds than fit into a number help nobody
    const std::chrono::duration<double> seconds(std::min(*limits.timeout_seconds, kLongest));
    options.timeout = std::chrono::ceil<std::chrono::milliseconds>(seconds);
  }
  return options;
}

kv::Result<const Subject*> load(const SubjectName& choice, const DriverLimits& limits) {
  switch (choice.kind) {
    case SubjectKind::subject: return load_built_in(choice.name);
    case SubjectKind::plugin: return load_plugin(choice.name);
    case SubjectKind::driver: return load_driver(options_for(choice.name, limits));
  }
  return kv::fail(kv::ErrorCode::internal, "no such kind of subject");
}

}  // namespace

kv::Result<const Subject*> load_subject(const SubjectName& choice, const DriverLimits& limits) {
  auto subject = load(choice, limits);
  if (!subject) subject.error().context = fmt::format("--{}: {}", to_string(choice.kind), subject.error().context);
  return subject;
}

kv::Result<Settings> parse_settings(const std::vector<std::string>& texts) {
  Settings settings;
  for (const std::string& text : texts) {
    PromiseTerm setting = TRY(parse_term(text));
    if (!settings.emplace(setting.key, std::move(setting.value)).second) {
      return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("{} is set twice", setting.key));
    }
  }
  return settings;
}

kv::Result<std::vector<PromiseTerm>> parse_terms(const std::vector<std::string>& texts) {
  std::vector<PromiseTerm> terms;
  for (const std::string& text : texts) terms.push_back(TRY(parse_term(text)));
  return terms;
}

}  // namespace walbreaker
