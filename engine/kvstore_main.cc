#include <iostream>

#include "engine/kvstore_command.h"
#include "engine/posix_vfs.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  kv::PosixVfs vfs;
  return kv::run_kvstore_command({argv + 1, argv + argc}, vfs, std::cout, std::cerr);
}
