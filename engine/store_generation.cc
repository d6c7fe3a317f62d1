// The part of Store that makes generations: what a compaction and a read-write open have in common.
#include <cerrno>
#include <new>

#include "engine/file_name.h"
#include "engine/snapshot_writer.h"
#include "engine/store.h"

namespace kv {

// A compaction that stops for lack of memory may have left a log that says where this one ends. One more record here,
// and that would be a lie.
Result<void> Store::compact_now() {
  try {
    TRY(poisoning(log_->sync()));
    remove_files_before(TRY(start_generation(LogLink::follows)));
  } catch (const std::bad_alloc&) {
    return poisoning(Result<void>(fail(ErrorCode::no_memory, "out of memory")));
  }
  ++compactions_;
  return {};
}

// The order is the protocol. A crash or an error between any two steps leaves a directory that opens to the same
// contents: the old chain of files is complete until the new snapshot's name is durable, and only then does any of it
// go.
Result<Generation> Store::start_generation(LogLink link) {
  const Generation generation = highest_generation_ =
      TRY(next_generation(highest_generation_));  // used up even if a step fails: a file of it may exist
  auto prepared = start_log(generation, link);
  if (prepared) prepared = write_temporary_snapshot(generation);
  if (!prepared) {
    discard_unused_files(generation, link);
    return std::unexpected(prepared.error());
  }
  TRY(publish_snapshot(generation));
  return generation;
}

Result<void> Store::start_log(Generation generation, LogLink link) {
  const FileHeader header = new_header(FileType::log, link, generation);
  auto file = TRY(vfs_.open(path_of(log_name(generation)), OpenMode::create_new));
  files_.emplace_back(generation, log_name(generation));
  auto log = TRY(poisoning(WalWriter::start(std::move(file), header)));
  TRY(poisoning(vfs_.sync_dir(directory_)));
  log_ = std::move(log);
  log_operations_ = 0;
  return {};
}

Result<void> Store::write_temporary_snapshot(Generation generation) {
  const FileHeader header = new_header(FileType::snapshot, LogLink::none, generation);
  auto file = TRY(vfs_.open(path_of(temporary_name(generation)), OpenMode::create_new));
  files_.emplace_back(generation, temporary_name(generation));
  return poisoning(write_snapshot(*file, header, contents_));
}

Result<void> Store::publish_snapshot(Generation generation) {
  TRY(vfs_.rename(path_of(temporary_name(generation)), path_of(snapshot_name(generation))));
  files_.back().second = snapshot_name(generation);
  TRY(poisoning(vfs_.sync_dir(directory_)));
  snapshot_seq_ = last_seq_;
  snapshot_generation_ = generation;
  return {};
}

// What cannot be removed is dead all the same, and is tried again after the next compaction.
void Store::remove_files(const std::function<bool(const OwnFile&)>& obsolete) {
  std::erase_if(files_, [&](const OwnFile& file) {
    if (!obsolete(file)) return false;
    const auto removed = vfs_.unlink(path_of(file.second));
    const bool gone = removed || removed.error().os_error == ENOENT;
    if (!gone) compaction_problem_ = removed.error();
    return gone;
  });
}

void Store::remove_files_before(Generation present) {
  remove_files([present](const OwnFile& file) { return file.first < present; });
}

// On a full disk what a failed try leaves would be in the way of the next one. Nothing builds on these files yet,
// except that a compaction goes on with the new log once it has begun.
void Store::discard_unused_files(Generation generation, LogLink link) {
  const bool log_in_use = link == LogLink::follows && log_->generation() == generation;
  remove_files([&](const OwnFile& file) {
    return file.first == generation && !(log_in_use && file.second == log_name(generation));
  });
}

FileHeader Store::new_header(FileType type, LogLink link, Generation generation) {
  FileHeader header{.type = type,
                    .link = link,
                    .store_id = store_id_,
                    .generation = generation,
                    .salt = options_.entropy(),
                    .base_seq = last_seq_};
  if (link == LogLink::follows) {
    header.predecessor = log_->generation();
    header.predecessor_end = log_->end();
  }
  return header;
}

}  // namespace kv
