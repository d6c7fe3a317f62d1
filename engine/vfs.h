// The storage seam: the only way in which the engine touches a disk.
//
// A Vfs names files, a File holds bytes. Both are small on purpose: each call is one operation that a disk can
// carry out, refuse, or leave pending at a power cut, and a fault-injecting Vfs wraps each in a few lines.
//
// What is durable, and when. A call that returned has changed what every later call sees (the page cache),
// and nothing more. Contents become durable by File::sync, names by Vfs::sync_dir; until then a process kill
// keeps a change and a power cut may keep it, drop it or tear it, each change apart from the others and in any
// order. (POSIX.1-2017 fsync(); Linux fsync(2): "Calling fsync() does not necessarily ensure that the entry in the
// directory containing the file has also reached disk. For that an explicit fsync() on a file descriptor for the
// directory is also needed.")
//
// Errors are Results whose context names the operation and the path. A missing file is io_error with os_error
// ENOENT. After any error the state of the file is what the disk says it is: look again, do not assume.
//
// Threads: a Vfs may be shared by threads; one File is used by one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"

namespace kv {

// An open file. Destroying it closes it, which makes nothing durable and reports nothing.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  virtual ~File() = default;

  // Reads up to into.size() bytes at `offset` (bytes). Returns how many were read; fewer than asked for is no
  // error and not the end of the file. Only 0 bytes, for a non-empty `into`, says that `offset` is at or past the end.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<char> into) = 0;

  // Writes up to bytes.size() bytes at `offset`, growing the file where it must; a gap reads as zeros. Returns how
  // many were written, from the first one on. Fewer than asked for is no error: the caller writes the rest
  // (write_all does). Nothing is durable on return: until sync returns, a power cut may keep any subset of the
  // sectors written, may grow the file without its bytes, and may leave the file as it was. After an error, none,
  // some or all of the bytes may be in the file.
  virtual Result<std::size_t> write_at(std::uint64_t offset, std::string_view bytes) = 0;

  // Cuts the file to `size` bytes, or grows it with zeros. Not durable until sync returns.
  virtual Result<void> truncate(std::uint64_t size) = 0;

  // Reserves room for `size` bytes from the start; where the file is shorter it grows, and the new bytes read as
  // zeros. Not durable until sync returns.
  virtual Result<void> allocate(std::uint64_t size) = 0;

  // On return, all earlier writes and the size of this file are durable. Its name is not: that takes sync_dir.
  // An error means that what was pending may be lost, and a second sync that succeeds does not bring it back: Linux
  // reports a failed write-back once, and marks the pages clean (Rebello et al., "Can Applications Recover from
  // fsync Failures?", USENIX ATC 2020). So never retry a failed sync.
  virtual Result<void> sync() = 0;

  // The file's size in bytes, as later reads see it.
  virtual Result<std::uint64_t> size() = 0;
};

// A held lock on a file. Destroying it, and the end of the process however it comes, releases it.
class FileLock {
 public:
  FileLock() = default;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  virtual ~FileLock() = default;
};

enum class OpenMode {
  read,        // must exist; writing is an error
  read_write,  // must exist
  create,      // opened as it is, or created empty; read-write
  create_new,  // created empty, io_error with EEXIST where the name exists; read-write
};

enum class LockMode {
  shared,     // beside other shared locks; the file must exist and is not created
  exclusive,  // beside none; the file is created where it is missing
};

class Vfs {
 public:
  Vfs() = default;
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;
  virtual ~Vfs() = default;

  // Opens a file. A name created here is durable once sync_dir on its directory has returned.
  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) = 0;

  // Gives a file another name, in place of any file that had it, in one step: at every moment `to` names the old file
  // or the new one. Which of the two a power cut leaves is open until sync_dir on the directory has returned. Makes no
  // contents durable: sync the file first.
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;

  // Takes a name away. Durable once sync_dir has returned; before that, a power cut may bring the file back.
  virtual Result<void> unlink(const std::string& path) = 0;

  // Creates a directory; io_error with EEXIST where the name exists. Durable once sync_dir on its parent has returned.
  virtual Result<void> make_dir(const std::string& path) = 0;

  // The names in a directory, without "." and "..", in byte order.
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;

  // On return, all earlier creations, renames and unlinks in this directory are durable. An error means that they may
  // be lost, as for File::sync.
  virtual Result<void> sync_dir(const std::string& path) = 0;

  // Takes a lock without waiting: `locked` where somebody else, this process included, holds one that excludes it.
  // A process kill and a power cut release it.
  virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path, LockMode mode) = 0;
};

// Fills `into` from `offset` on, continuing short reads. Returns how many bytes were read: fewer than into.size() only
// where the file ends.
Result<std::size_t> read_full(File& file, std::uint64_t offset, std::span<char> into);

// Writes all of `bytes` at `offset`, continuing short writes. A write that makes no progress is no_space.
Result<void> write_all(File& file, std::uint64_t offset, std::string_view bytes);

// "dir/name"
[[nodiscard]] std::string join_path(std::string_view directory, std::string_view name);

// The directory that holds `path`: "a/b" -> "a", "b" -> ".", "/b" -> "/". Trailing slashes do not count.
[[nodiscard]] std::string parent_path(std::string_view path);

}  // namespace kv
