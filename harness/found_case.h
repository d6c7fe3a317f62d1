// Puts a case together where a campaign has found something, stage by stage, and makes a violation of it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "harness/campaign.h"
#include "harness/case.h"
#include "harness/subject.h"

namespace walbreaker {

class FoundCase {
 public:
  // `settings`: what the campaign opened the subject with.
  FoundCase(const Subject& subject, const Settings& settings);

  // What the store's directory held in the beginning; its files lie in the image's root.
  void begin_with(const faultfs::Image& store);

  [[nodiscard]] const faultfs::Image& image() const { return case_.image; }

  // What commands have left that were carried out elsewhere, by a real process: nothing is run again but the open.
  // `left` is the store's directory after them, `base` what the store held before.
  void find(const faultfs::Image& left, Contents base, std::uint64_t epoch, std::vector<Command> commands,
            std::size_t acked);

  // The next stage, which leaves the disk as it is.
  Stage& play(const Script& script);

  // The next stage, which ends with a crash in its run.
  Stage& play(const Script& script, const faultfs::Trace& trace, const faultfs::DiskModel& model,
              const faultfs::CrashState& state);

  // The one stage of a case whose files are damaged; or that goes wrong before it comes to that.
  void play(ScenarioKind scenario, const Script& script, std::optional<faultfs::Damage> damage);

  // What a violation will be if the subject takes the process down: nothing is run for it. Its kind is not known yet.
  [[nodiscard]] Violation draft(std::string_view campaign, std::string where, std::string summary) &&;

  // Whether the case, run by itself, comes to a violation of this kind.
  [[nodiscard]] bool comes_to(ViolationKind kind) const;

  // The case is run once more on the subject: where that comes to another verdict, the summary says so.
  [[nodiscard]] Violation violation(std::string_view campaign, const Wrong& wrong, std::string where,
                                    std::string summary, std::uint64_t case_index) &&;

 private:
  const Subject& subject_;
  Case case_;
};

}  // namespace walbreaker
