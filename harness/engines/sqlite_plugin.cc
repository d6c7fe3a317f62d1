// SQLite as a plugin.
#include "harness/engines/sqlite_subject.h"
#include "harness/exported_subject.h"

namespace walbreaker {

const Subject& exported_subject() {
  static const SqliteSubject kSqlite;
  return kSqlite;
}

}  // namespace walbreaker
