// A store's files told record by record, for a person who wants to see what is in them or what became of them.
//
//   wal-1.log: log of generation 1, 4216 bytes
//         0  ok   header: version 1, store 5eed..., salt 1dea..., record 1 is its first, void until snapshot-1.dat ...
//      4096  ok   record 1, durable 0: put "a" = "1"
//      4136  BAD  no record verifies here; record 2 is expected
//      4136  -    the reader stops; a search at every 8th byte finds from here on:
//      4176  ok   record 3, durable 2: remove "a"; proves that the expected record was durable
//      4216  -    end of the file; found 1 record header
//
// Every line about a place begins with its offset in bytes and a verdict: `ok` passed its checksum, `BAD` did not, `-`
// is a remark. "durable N" is the highest record whose sync had returned when this one was written. Keys and values are
// shown as text.h's printable(), and cut short after 64 bytes.
//
// Damage is what a dump is for, so it is no error: the dump says where a reader of the store stops, and goes on behind
// that as far as bytes can be checked. What a store makes of all its files together is verify()'s to say.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/result.h"
#include "engine/vfs.h"

namespace kv {

// Prints `path`, line by line and without line ends: a store's directory, or one log or snapshot, which may also be an
// unfinished (.tmp) or a damaged one that repair set aside. Changes nothing. A directory is locked shared where it has
// a LOCK, since a store in use is a moving target; a single file is not.
// Errors: locked; invalid_argument (a single file whose name is not one of ours, so that its generation is not known);
// io_error. After a failed read in one file of a directory the others are still printed, and the first error is
// returned.
Result<void> dump(Vfs& vfs, const std::string& path, const std::function<void(std::string_view line)>& print);

}  // namespace kv
