// A Subject as a plugin: for an engine whose side of the seam is written in C++, against subject.h and engine/vfs.h.
// The plugin's library holds exported_subject.cc, which exports walbreaker_plugin_entry, and defines the function
// below.
//
//   const Subject& walbreaker::exported_subject() {
//     static const MySubject kMine;
//     return kMine;
//   }
//
// What crosses the ABI: names, settings, promises, capabilities, roles, opens, commands and errors. What does not: the
// rest of Subject, which is for subjects of this process. No exception passes: out of memory is no_memory, and any
// other is internal.
#pragma once

#include "harness/subject.h"

namespace walbreaker {

// The subject that this library is. It lives as long as the process, and always answers the same. Threads: any number.
const Subject& exported_subject();

}  // namespace walbreaker
