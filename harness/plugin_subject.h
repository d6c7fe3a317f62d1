// A plugin (walbreaker_plugin.h) as a subject.
//
// What a plugin answers is checked: a number that is no answer, an ok without what it should have given, a scan without
// an end, are errors of code internal that say so. What cannot be checked is its memory: a plugin that writes where it
// should not takes this process with it.
#pragma once

#include <cstddef>
#include <string>

#include "harness/subject.h"
#include "harness/walbreaker_plugin.h"

namespace walbreaker {

// A scan that visits more has no end.
inline constexpr std::size_t kMostVisits = std::size_t{1} << 24;
inline constexpr std::size_t kMostVisitedBytes = std::size_t{4} << 30;

class PluginSubject final : public Subject {
 public:
  // The plugin has passed check_plugin(), and outlives it. `file` is the library's path, with a '/' in it.
  PluginSubject(const walbreaker_plugin& plugin, std::string file);

  [[nodiscard]] std::string_view name() const override { return plugin_.name; }
  [[nodiscard]] std::string found_by() const override { return file_; }
  [[nodiscard]] SubjectName named() const override { return {SubjectKind::plugin, found_by()}; }
  [[nodiscard]] Capabilities capabilities() const override;
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;

 private:
  const walbreaker_plugin& plugin_;
  std::string file_;
};

}  // namespace walbreaker
