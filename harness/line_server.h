// The line protocol, served: any subject as a driver.
#pragma once

#include <iosfwd>

#include "engine/vfs.h"
#include "harness/subject.h"

namespace walbreaker {

// Answers each line of `in` on `out`, flushed, until the end of `in`. Stores are opened in the vfs, under the directory
// that the request names. What is no request is answered with "err invalid_argument"; a command without a store with
// "err not_open"; one that the subject lacks with "err unsupported". The setting "entropy" is the request's entropy.
// Returns the exit code of a driver: 0; 1 where `out` takes no more, or a line of `in` is over the limit.
int serve(const Subject& subject, kv::Vfs& vfs, std::istream& in, std::ostream& out);

}  // namespace walbreaker
