// walbreaker-lmdb-driver: LMDB as a process behind the line protocol, on its own mapped files of a real directory.
#include <iostream>

#include "engine/posix_vfs.h"
#include "harness/engines/lmdb_subject.h"
#include "harness/line_server.h"

int main() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  const walbreaker::LmdbSubject subject;
  kv::PosixVfs vfs;
  return walbreaker::serve(subject, vfs, std::cin, std::cout);
}
