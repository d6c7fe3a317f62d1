#include "harness/subjects.h"

#include <algorithm>
#include <string>

#include "harness/configured_subject.h"
#include "harness/driver_subject.h"
#include "harness/plugin_library.h"
#include "harness/reference_subject.h"

namespace walbreaker {

const std::vector<const Subject*>& all_subjects() {
  static const ReferenceSubject kReference;
  static const std::vector<const Subject*> kAll{&kReference};
  return kAll;
}

const Subject* find_subject(std::string_view name) {
  const auto subject = std::ranges::find(all_subjects(), name, &Subject::name);
  return subject == all_subjects().end() ? nullptr : *subject;
}

const Subject* find_subject_or_plugin(std::string_view found_by) {
  if (found_by.contains('\n')) return find_configured(found_by, find_subject_or_plugin);
  if (found_by.starts_with(DriverSubject::kFoundBy)) {
    return load_driver({.command = std::string(found_by.substr(DriverSubject::kFoundBy.size()))}).value_or(nullptr);
  }
  if (!found_by.contains('/')) return find_subject(found_by);
  return load_plugin(std::string(found_by)).value_or(nullptr);
}

}  // namespace walbreaker
