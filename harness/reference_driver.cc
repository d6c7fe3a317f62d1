// walbreaker-reference-driver: the reference engine once more, as a process behind the line protocol.
#include <iostream>

#include "engine/posix_vfs.h"
#include "harness/line_server.h"
#include "harness/reference_subject.h"

int main() {
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  const walbreaker::ReferenceSubject subject;
  kv::PosixVfs vfs;
  return walbreaker::serve(subject, vfs, std::cin, std::cout);
}
