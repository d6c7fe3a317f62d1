// One file at a crash point: what becomes of it for each choice of fates, by hash and by bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "faultfs/fate_group.h"

namespace faultfs {

// For each group, in the order of group_pending, the number of one of its alternatives.
using Choice = std::vector<std::uint32_t>;

class FileSpace {
 public:
  // `number` is the file's place in disk.files(). The disk and the groups outlive this, and do not change.
  FileSpace(DiskState& disk, FileState& file, std::uint32_t number, const std::vector<FateGroup>& groups);

  // The fates of its pending pieces, a letter each.
  [[nodiscard]] std::string fates(const Choice& choice) const;

  // Of its size and its bytes; files with the same ones have the same hash.
  [[nodiscard]] std::uint64_t hash(const Choice& choice);

  // Good until the next call of this or of hash().
  const FileBytes& bytes(const Choice& choice);

  // Changes whenever what bytes() returned is no longer good.
  [[nodiscard]] std::uint64_t version() const { return version_; }

 private:
  struct Owner {
    std::uint32_t group = 0;
    std::uint32_t member = 0;
  };
  struct SectorVersion {
    std::uint64_t change = 0;  // to the hash of the file
    std::uint64_t end = 0;     // the file is at least so long
  };
  struct OwnGroup {
    std::uint32_t group = 0;
    std::vector<std::optional<SectorVersion>> versions;  // by alternative, where sectors_apart_
  };

  [[nodiscard]] bool is_made(const Choice& choice) const;
  const SectorVersion& sector_version(OwnGroup& own, std::uint32_t alternative);
  [[nodiscard]] std::uint64_t hash_of_sectors(const Choice& choice);
  [[nodiscard]] std::uint64_t hash_of_bytes(const Choice& choice);
  void settle_sectors(std::string& fates) const;
  void apply(const Piece& piece, PieceFate fate, FileBuffer& bytes) const;

  DiskState& disk_;
  FileState& file_;
  const std::vector<FateGroup>& groups_;
  FileBytes durable_;
  std::vector<std::optional<Owner>> owners_;  // of each pending piece; none where there is no choice
  std::vector<OwnGroup> own_groups_;
  std::vector<std::vector<std::uint32_t>> settled_sectors_;  // all, where their pieces may be in two groups
  bool sectors_apart_ = true;                                // each group is one sector, and nothing cuts the file
  std::uint64_t first_touched_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> hashes_;  // by choice, where not sectors_apart_
  std::vector<std::uint32_t> made_for_;
  FileBytes made_;
  std::uint64_t version_ = 0;  // 0: nothing is made
};

}  // namespace faultfs
