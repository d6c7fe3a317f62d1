// LevelDB as a plugin.
#include "harness/engines/leveldb_subject.h"
#include "harness/exported_subject.h"

const walbreaker::Subject& walbreaker::exported_subject() {
  static const LevelDbSubject kLevelDb;
  return kLevelDb;
}
