#include "faultfs/op.h"

namespace faultfs {

std::string_view to_string(OpKind kind) {
  switch (kind) {
    case OpKind::create: return "create";
    case OpKind::write: return "write";
    case OpKind::truncate: return "truncate";
    case OpKind::allocate: return "allocate";
    case OpKind::sync: return "sync";
    case OpKind::rename: return "rename";
    case OpKind::unlink: return "unlink";
    case OpKind::make_dir: return "make_dir";
    case OpKind::sync_dir: return "sync_dir";
  }
  return "unknown";
}

}  // namespace faultfs
