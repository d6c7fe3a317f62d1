// The SQLite library, made ready for many stores on many disks in one process.
#pragma once

namespace walbreaker {

// Configures the library once for the process, before any other use of it, and registers the VFS of sqlite_vfs.h:
//
// - one mutex for each connection is left out (SQLITE_CONFIG_MULTITHREAD), and the count of all memory, which has one
//   mutex for all threads (SQLITE_CONFIG_MEMSTATUS). Neither changes what reaches a disk.
// - SQLite has one generator of random numbers for the whole process, seeded once; so the salt of a log would depend on
//   what other threads do. Each draw is made to seed it anew instead, from the stream of the disk in use: the mutex of
//   the generator is wrapped, and whoever leaves it resets the generator (sqlite3_randomness(0, 0)).
//
// Threads: any number.
void prepare_sqlite();

}  // namespace walbreaker
