// The reference engine without some of its syncs, for tests that want a defect which a cut of the power finds.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "faultfs/faulty_vfs.h"
#include "harness/reference_subject.h"

namespace walbreaker {

// A session on a disk of its own, which goes with it.
class SessionOnADisk final : public Session {
 public:
  SessionOnADisk(std::unique_ptr<kv::Vfs> disk, std::unique_ptr<Session> inner)
      : disk_(std::move(disk)), inner_(std::move(inner)) {}
  kv::Result<void> put(const std::string& key, const std::string& value) override { return inner_->put(key, value); }
  kv::Result<bool> del(const std::string& key) override { return inner_->del(key); }
  kv::Result<void> batch(const kv::Batch& batch) override { return inner_->batch(batch); }
  kv::Result<std::optional<std::string>> get(const std::string& key) override { return inner_->get(key); }
  kv::Result<Listing> scan() override { return inner_->scan(); }
  kv::Result<void> sync() override { return inner_->sync(); }
  kv::Result<void> compact() override { return inner_->compact(); }
  kv::Result<void> close() override { return inner_->close(); }

 private:
  std::unique_ptr<kv::Vfs> disk_;
  std::unique_ptr<Session> inner_;
};

// The reference engine without some of its syncs: they answer ok, and never reach the disk.
class WithoutSyncs final : public Subject {
 public:
  explicit WithoutSyncs(std::string_view plan) : plan_(*faultfs::parse_fault_plan(plan)) {}

  [[nodiscard]] std::string_view name() const override { return "without_syncs"; }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override {
    return reference_.promise(settings);
  }
  [[nodiscard]] std::vector<Settings> ways() const override { return reference_.ways(); }
  [[nodiscard]] FileRole role_of(std::string_view name) const override { return reference_.role_of(name); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override {
    auto disk = std::make_unique<faultfs::FaultyVfs>(vfs, plan_);
    auto opened = TRY(reference_.open(*disk, directory, request));
    opened.session = std::make_unique<SessionOnADisk>(std::move(disk), std::move(opened.session));
    return opened;
  }

 private:
  ReferenceSubject reference_;
  faultfs::FaultPlan plan_;
};

}  // namespace walbreaker
