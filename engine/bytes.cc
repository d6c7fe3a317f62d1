#include "engine/bytes.h"

namespace kv {

bool all_zeros(std::string_view bytes) {
  // A string of equal bytes is equal to itself shifted by one; memcmp makes that a fast scan.
  if (bytes.empty()) return true;
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace kv
