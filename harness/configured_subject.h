// A subject as a person configured it: with settings that count before anybody else's, and a promise of which some
// terms are replaced. That is `--set K=V` and `--promise K=V,...`.
//
//   auto subject = TRY(ConfiguredSubject::make(reference, {{"sync", "on_request"}}, {{"on_damage", "detect"}}));
//   subject->promise({});   // power=on_sync, as the reference promises when it is opened so, and on_damage=detect
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "harness/subject.h"

namespace walbreaker {

class ConfiguredSubject final : public Subject {
 public:
  // The inner subject outlives it. Whether it knows the settings is for it to say, at open.
  // Errors: invalid_argument: a term that no promise has (promise.h), or one given twice; a newline in a setting.
  static kv::Result<std::shared_ptr<const ConfiguredSubject>> make(const Subject& inner, Settings settings,
                                                                   std::vector<PromiseTerm> promise);

  [[nodiscard]] std::string_view name() const override { return inner_.name(); }

  // The inner one's, and a line for each setting and term: find_configured() makes the same of it in another process.
  [[nodiscard]] std::string found_by() const override;

  // As it is named without its settings: a case states those of its own.
  [[nodiscard]] SubjectName named() const override { return inner_.named(); }
  [[nodiscard]] Settings applied(const Settings& settings) const override { return inner_.applied(over(settings)); }
  [[nodiscard]] std::string layout_text(const faultfs::Image& image, const std::string& directory) const override {
    return inner_.layout_text(image, directory);
  }
  [[nodiscard]] std::optional<Wrong> second_opinion(const faultfs::Image& image, const std::string& directory,
                                                    const Observation& observation) const override {
    return inner_.second_opinion(image, directory, observation);
  }
  [[nodiscard]] const Subject& bare() const override { return inner_.bare(); }
  [[nodiscard]] bool is_process() const override { return inner_.is_process(); }
  [[nodiscard]] std::optional<Incident> take_incident() const override { return inner_.take_incident(); }
  [[nodiscard]] Capabilities capabilities() const override { return inner_.capabilities(); }
  [[nodiscard]] std::vector<PromiseTerm> promise(const Settings& settings) const override;
  [[nodiscard]] std::vector<Settings> ways() const override;  // those that are left, each once
  [[nodiscard]] FileRole role_of(std::string_view file_name) const override { return inner_.role_of(file_name); }
  [[nodiscard]] kv::Result<Opened> open(kv::Vfs& vfs, const std::string& directory,
                                        const OpenRequest& request) const override;

 private:
  ConfiguredSubject(const Subject& inner, Settings settings, std::vector<PromiseTerm> promise);
  [[nodiscard]] Settings over(Settings settings) const;

  const Subject& inner_;
  Settings settings_;
  std::vector<PromiseTerm> promise_;
};

// Null where `found_by` is not what ConfiguredSubject::found_by() says, or where `find` does not know the inner
// subject. What is found lives as long as this process. Threads: any number.
[[nodiscard]] const Subject* find_configured(std::string_view found_by, const Subject* (*find)(std::string_view));

// Opens a new store of the subject on a simulated disk, to see whether it takes its settings.
// Errors: invalid_argument, in the subject's words. Whatever else is wrong with it is for the campaigns to find.
kv::Result<void> try_settings(const Subject& subject);

}  // namespace walbreaker
