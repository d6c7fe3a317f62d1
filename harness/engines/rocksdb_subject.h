// RocksDB as a subject, on rocksdb_file_system.h and rocksdb_env.h. README.md tells the settings, and the pages that
// the promise is cited from.
#pragma once

#include "harness/subject.h"

namespace walbreaker {

class RocksDbSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return "rocksdb"; }
  [[nodiscard]] Capabilities capabilities() const override { return {.locks = true}; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;
};

}  // namespace walbreaker
