// LMDB's calls of the system on a kv::Vfs.
//
// LMDB has no file layer to replace: it calls open, pwrite, writev, fdatasync and mmap. So these calls are renamed in a
// copy of its archive (objcopy --redefine-syms lmdb_files.syms), and lmdb_files.cc is what they lead to.
//
// Without MDB_WRITEMAP, LMDB writes with pwrite and writev, and reads what it has mapped. A file is opened as a memfd,
// which holds the same bytes and is what is mapped: whatever is written goes to the kv::File first, and what that took
// goes to the memfd. Where a write or sync fails, the memfd is read anew, as the page cache may be another one now. A
// descriptor opened with O_DSYNC, which LMDB has for its meta pages, syncs after each write. The memfd is as long as
// the mapping: past the end of the file it reads as zeros, where a file that is mapped itself would kill the process
// (SIGBUS).
//
// The descriptors are the thread's that is in an LmdbCall: it says which disk they are on. What is linked with LMDB's
// own archive instead makes calls of the same kind, and they mean nothing there.
#pragma once

#include "harness/engines/engine_disk.h"

namespace walbreaker {

using LmdbDisk = EngineDisk;
using LmdbCall = DiskCall<LmdbDisk>;

}  // namespace walbreaker
