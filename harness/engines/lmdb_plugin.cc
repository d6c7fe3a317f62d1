// LMDB as a plugin.
#include "harness/engines/lmdb_subject.h"
#include "harness/exported_subject.h"

namespace walbreaker {

const Subject& exported_subject() {
  static const LmdbSubject kLmdb;
  return kLmdb;
}

}  // namespace walbreaker
