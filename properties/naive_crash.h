// Crash states by brute force: what a power cut can leave, found without anything that enumerate() is made of.
//
// A NaiveDisk follows a trace on plain strings. For its states it gives every pending piece every fate, leaves out what
// the rules of MODEL.md forbid, and does what is left, one piece after the other. It knows nothing of groups, of
// alternatives or of hashes, and takes as long as it takes.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "faultfs/crash_state.h"
#include "faultfs/disk_model.h"
#include "faultfs/image.h"
#include "faultfs/trace.h"

namespace walbreaker::properties {

// A disk on plain strings, which compares and prints.
struct PlainDisk {
  std::map<std::string, std::string> files;
  std::set<std::string> directories;

  auto operator<=>(const PlainDisk&) const = default;
};

PlainDisk plain(const faultfs::Image& image);
std::ostream& operator<<(std::ostream& out, const PlainDisk& disk);

// One pending thing: what one write puts into one sector, another change of a file, or a change of names.
struct NaivePiece {
  faultfs::OpIndex op = 0;
  faultfs::TraceOp call;          // what was called
  std::uint64_t offset = 0;       // in bytes, of a write
  std::string bytes;              // of a write
  std::uint64_t sector_life = 0;  // of a write: how often its sector had been cut off before
  bool changes_size = false;      // of a file
  bool lies_beyond = false;       // of a write: its sector begins past the end of what was durable
  bool taken_for_written = false;
  bool certain = false;  // of names: durable

  [[nodiscard]] bool writes() const { return call.kind == faultfs::OpKind::write; }
  [[nodiscard]] bool is_of_names() const;
  [[nodiscard]] std::uint64_t end() const { return offset + bytes.size(); }
};

class NaiveDisk {
 public:
  // The moment of a crash point.
  NaiveDisk(const faultfs::Trace& trace, const faultfs::DiskModel& model, const faultfs::CrashPoint& point);

  // What a process that starts now finds.
  [[nodiscard]] PlainDisk page_cache() const;

  // The images of all states. Of a write that was cut short, only those that keep its last piece.
  [[nodiscard]] std::set<PlainDisk> images() const;

  // How often each fate was given to a piece in the states of the last call of images().
  [[nodiscard]] const std::map<char, std::uint64_t>& fates_seen() const { return fates_seen_; }

 private:
  struct File {
    std::string durable;
    std::string live;
    std::map<std::uint64_t, std::uint64_t> lives;  // of sectors
  };

  void step(const faultfs::TraceOp& op, std::uint64_t length);
  void change_file(const faultfs::TraceOp& op, std::uint64_t length);
  void change_names(const faultfs::TraceOp& op);
  void sync(const faultfs::TraceOp& op);
  void sync_durably(faultfs::FileId id);
  void sync_dir(const faultfs::TraceOp& op);

  [[nodiscard]] std::uint64_t sector_of(const NaivePiece& piece) const { return piece.offset / model_.sector_bytes; }
  [[nodiscard]] bool same_sector(const NaivePiece& a, const NaivePiece& b) const;
  [[nodiscard]] bool allows(const std::string& fates, char fate) const;
  [[nodiscard]] bool allows_name(const std::string& fates, char fate) const;
  [[nodiscard]] bool allows_write(const std::string& fates, char fate) const;
  [[nodiscard]] std::string fates_in_sector(const std::string& fates) const;
  [[nodiscard]] bool all_kept_before(const std::string& fates, bool of_this_file_only) const;
  [[nodiscard]] std::uint64_t size_after(const std::string& fates) const;
  [[nodiscard]] const std::string* deleted_in_sector(const NaivePiece& piece) const;
  void do_piece(const NaivePiece& piece, char fate, std::string& file) const;
  [[nodiscard]] PlainDisk apply(const std::string& fates) const;
  void try_fates(std::string& fates, std::set<PlainDisk>& images) const;

  faultfs::DiskModel model_;
  faultfs::OpIndex next_ = 0;
  bool cut_short_ = false;
  std::map<faultfs::FileId, File> files_;
  std::map<std::string, faultfs::FileId> first_names_;
  std::map<std::string, faultfs::FileId> live_names_;
  std::set<std::string> first_directories_;
  std::vector<std::string> deleted_;
  std::vector<NaivePiece> pending_;  // names too, those that are certain among them
  mutable std::map<char, std::uint64_t> fates_seen_;
};

}  // namespace walbreaker::properties
