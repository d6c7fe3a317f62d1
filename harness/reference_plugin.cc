// The reference engine as a plugin. Judged so, it must come to the same as without the ABI between.
#include "harness/exported_subject.h"
#include "harness/reference_subject.h"

namespace walbreaker {

const Subject& exported_subject() {
  static const ReferenceSubject kReference;
  return kReference;
}

}  // namespace walbreaker
