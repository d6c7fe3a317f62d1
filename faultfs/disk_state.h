// What a disk holds for certain at one moment of a trace, and what is pending, under a disk model.
//
// A DiskState follows a trace operation by operation. What a power cut may then leave is listed by CrashSpace
// (crash_space.h), which combines the pieces below.
//
// A pending write is split where sectors begin, since each sector survives or not by itself: a piece is what one write
// puts into one sector. Every other pending operation is a piece by itself.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/disk_model.h"
#include "faultfs/file_bytes.h"
#include "faultfs/image.h"
#include "faultfs/trace.h"

namespace faultfs {

// A pending change of a file's bytes or size.
struct Piece {
  OpIndex op = 0;
  OpKind kind = OpKind::write;  // write, truncate or allocate
  std::uint32_t part = 0;       // of a write: which of the sectors that it touches, from 0
  std::uint64_t offset = 0;     // in bytes, of a write
  std::string_view bytes;       // of a write; they belong to the trace
  std::uint64_t new_size = 0;   // the size that the file has once this is done, if everything before it is
  bool grows = false;           // a write that ends past the end that the file had before
  bool past_end = false;        // a write to a sector of which no byte was ever durable
  bool detached = false;        // a failed sync took it for written: no later sync makes it durable

  [[nodiscard]] std::uint64_t end() const { return offset + bytes.size(); }
};

// Does what the piece asks for.
void do_piece(const Piece& piece, FileBuffer& bytes);

// A file as the disk has it.
struct FileState {
  FileBuffer durable;
  std::uint64_t durable_hash = 0;  // hash_sectors of all of it
  std::vector<Piece> pending;      // in the order of the trace
  std::uint64_t live_size = 0;     // the size that a running process sees
};

// A pending create, rename, unlink or make_dir.
struct NameChange {
  OpIndex op = 0;
  OpKind kind = OpKind::create;
  FileId file{};
  std::string path;
  std::string to;         // of a rename
  bool durable = false;   // it waits only for earlier ones, so that all are done in order
  bool detached = false;  // a failed sync_dir took it for written
};

// The names of a disk.
struct Names {
  std::map<std::string, FileId> files;
  std::set<std::string> directories;

  // Does one change. A change whose names are not as the trace had them, because another one before it was dropped,
  // does as much as there is to do: an unlink of a name that belongs to another file does nothing. A name stands for
  // one thing: what is created there has it from then on, and what had it loses it.
  void apply(const NameChange& change);
};

class DiskState {
 public:
  // Before the first operation: everything in the image is durable. The model outlives this.
  DiskState(const Image& initial, const DiskModel& model);

  // Does the next operation. Of a write only the first `length` bytes are done: of `op.length`, or fewer where a
  // process kill cut it short. The bytes of the operation outlive this.
  void step(const TraceOp& op) { step(op, op.length); }
  void step(const TraceOp& op, std::uint64_t length);

  // A copy that shares its bytes with this one.
  [[nodiscard]] DiskState fork();

  [[nodiscard]] OpIndex ops_done() const { return next_; }
  [[nodiscard]] const DiskModel& model() const { return *model_; }

  [[nodiscard]] FileState& file(FileId id);
  [[nodiscard]] const std::map<FileId, FileState>& files() const { return files_; }
  [[nodiscard]] const Names& names() const { return names_; }
  [[nodiscard]] const std::vector<NameChange>& pending_names() const { return pending_names_; }

  // The deleted file whose bytes the sector around `offset` may show again; null where there is none. It is the last
  // one deleted that had bytes in that sector.
  [[nodiscard]] const FileBytes* deleted_bytes(std::uint64_t offset) const;

 private:
  DiskState() = default;

  void change_file(const TraceOp& op, std::uint64_t length);
  void change_name(const TraceOp& op);
  void sync(const TraceOp& op);
  void sync_dir(const TraceOp& op);
  void make_durable(FileState& file);
  void make_durable(FileState& file, const Piece& piece);
  void make_creation_durable(FileId file);
  void settle_names();
  void forget_file(FileId file);

  const DiskModel* model_ = nullptr;
  OpIndex next_ = 0;
  std::map<FileId, FileState> files_;
  Names names_;  // those that are durable
  std::vector<NameChange> pending_names_;
  Names live_names_;                // those that a running process sees
  std::vector<FileBytes> deleted_;  // in the order of time, so that each one is shorter than those before it
};

// The bytes of a file that are durable at the end of a trace, under any model that lets operations be pending; also of
// one that has no name any more.
[[nodiscard]] FileBytes durable_bytes(const Trace& trace, FileId file);

}  // namespace faultfs
