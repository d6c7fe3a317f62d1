#include "harness/subjects.h"

#include <algorithm>

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

}  // namespace walbreaker
