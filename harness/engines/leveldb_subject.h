// LevelDB as a subject, on leveldb_env.h. README.md tells the settings, and the pages that the promise is cited from.
#pragma once

#include "harness/subject.h"

namespace walbreaker {

class LevelDbSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return "leveldb"; }
  [[nodiscard]] Capabilities capabilities() const override { return {.read_only = false, .locks = true}; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;
};

}  // namespace walbreaker
