// Traces: every operation of one run on one disk, in order, with marks that say which command was under way.
//
// A trace begins with a disk on which nothing is pending, and ends before any power cut. It spans process kills: the
// page cache outlives them, so what was pending still is. With a disk model it tells every state in which a power cut
// can leave the disk (enumerate.h).
//
// Operations that changed nothing, because they failed, are left out, but for failed syncs, which change what is
// pending.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "faultfs/image.h"
#include "faultfs/op.h"

namespace faultfs {

// A file's number, which outlives its names: the files of the first image have 0, 1, 2 ... in the order of their
// paths, and each file created later has the next one.
enum class FileId : std::uint32_t {};

// What a sync did. An application sees only whether it failed.
enum class SyncEffect {
  durable,   // what was pending is durable
  nothing,   // what was pending still is
  cleaned,   // what was pending may have reached the disk or not, and no later sync writes it
  reverted,  // what was pending is gone, from the page cache too
};

[[nodiscard]] std::string_view to_string(SyncEffect effect);

struct TraceOp {
  OpKind kind;               // one that changes a disk, or sync or sync_dir
  FileId file{};             // of operations on files and their names; not of make_dir and sync_dir
  std::string path;          // create, unlink, make_dir, sync_dir: the name; rename: the name it takes away
  std::string to;            // rename: the name it gives
  std::uint64_t offset = 0;  // in bytes, of a write
  std::uint64_t length = 0;  // in bytes, of a write; the new size, of truncate and allocate
  std::shared_ptr<const std::string> bytes;  // of a write: at least `length`, of which the first ones count
  SyncEffect effect = SyncEffect::durable;   // sync and sync_dir
  bool failed = false;                       // sync and sync_dir: the caller was told of an error
  std::uint32_t thread = 0;

  [[nodiscard]] std::string_view data() const { return std::string_view(*bytes).substr(0, length); }

  // By the bytes of a write, not by who holds them.
  bool operator==(const TraceOp& other) const;
};

enum class MarkKind {
  issued,  // a command was issued
  acked,   // it was answered ok
  failed,  // it was answered with an error
  opened,  // a process opened the store; `command` is the number of commands issued before
  closed,  // it closed the store; the same
  killed,  // it was killed; the same
};

[[nodiscard]] std::string_view to_string(MarkKind kind);

struct Mark {
  OpIndex at = 0;  // how many operations came before it
  MarkKind kind = MarkKind::issued;
  std::uint64_t command = 0;
  std::uint32_t client = 0;
  bool operator==(const Mark&) const = default;
};

struct Trace {
  Image initial;  // all of it durable
  std::vector<TraceOp> ops;
  std::vector<Mark> marks;  // in the order in which they were made

  bool operator==(const Trace&) const = default;
};

// The command during which an operation was issued, by the marks of client 0; nothing for what an open or a close did.
[[nodiscard]] std::optional<std::uint64_t> command_at(const Trace& trace, OpIndex op);

// Text: a line for each file and directory of the first image, each operation and each mark, in order.
//   trace 1
//   directory "db"
//   file 0 "db/wal-1.log" 6f6c64
//   mark issued 0
//   0 write 0 at 3 6e6577
//   1 sync 0
//   mark acked 0
// Bytes are in hex, where 00*4096 is a run of the same byte: 6f6c64+00*4096.
[[nodiscard]] std::string to_text(const Trace& trace);

// Errors: invalid_argument, with the number of the line and what was expected there.
kv::Result<Trace> parse_trace(std::string_view text);

}  // namespace faultfs
