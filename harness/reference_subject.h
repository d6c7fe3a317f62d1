// The reference engine as a subject: kv::Store, in this process. The second opinion is that of decoder_judge.h.
//
// Settings: sync=on_commit|on_request, compact_after_operations=N, compact_after_bytes=N; as in kv::Options.
#pragma once

#include "harness/subject.h"

namespace walbreaker {

class ReferenceSubject final : public Subject {
 public:
  [[nodiscard]] std::string_view name() const override { return "reference"; }
  [[nodiscard]] Capabilities capabilities() const override { return {.locks = true}; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override;
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;
  [[nodiscard]] std::string layout_text(const faultfs::Image& image, const std::string& directory) const override;
  [[nodiscard]] std::optional<Wrong> second_opinion(const faultfs::Image& image, const std::string& directory,
                                                    const Observation& observation) const override;
};

}  // namespace walbreaker
