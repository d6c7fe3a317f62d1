// RocksDB as a plugin.
#include "harness/engines/rocksdb_subject.h"
#include "harness/exported_subject.h"

const walbreaker::Subject& walbreaker::exported_subject() {
  static const RocksDbSubject kRocksDb;
  return kRocksDb;
}
