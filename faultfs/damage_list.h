// Lists the damages of one kind to one image, in a fixed order; each is made when it is asked for.
//
//   const DamageList flips(DamageKind::flip, image);
//   for (std::uint64_t i = 0; i < flips.size(); ++i) judge(TRY(apply(flips.at(i), image)));
//
//   truncate      every length of every file, shorter than its own
//   flip          every bit of every file
//   overwrite     every sector of every file, with zeros, with ones, with garbage
//   transplant    onto every sector of every file every other sector, and every one of the older image
//   replace       every file by every other one, and by every one of the older image; and those of the older image that
//                 are gone come back
//   delete_file   every file
//
// To spare some files, give an image without them. A sector that ends a file may be shorter than the others, and of two
// sectors of a transplant the shorter one counts. Some of these damages change nothing (damage.h).
//
// Threads: any number.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "faultfs/damage.h"
#include "faultfs/image.h"

namespace faultfs {

struct DamageListOptions {
  std::uint64_t sector_bytes = 512;
  std::uint64_t seed = 0;  // of all garbage
};

class DamageList {
 public:
  // `older` is an image of the same disk at an earlier moment; with none, nothing is taken from there.
  DamageList(DamageKind kind, const Image& image, const Image& older = {}, DamageListOptions options = {});

  [[nodiscard]] std::uint64_t size() const { return size_; }

  // The i-th damage, with i below size(). It applies to the two images without an error.
  [[nodiscard]] Damage at(std::uint64_t i) const;

 private:
  // What is harmed, or where bytes are taken: a byte, a bit, a sector or a whole file, as the kind says.
  struct File {
    std::uint64_t first_unit = 0;  // of all units, over all files
    std::string path;
    std::uint64_t bytes = 0;
    bool older = false;
  };
  struct Unit {
    const File* file;
    std::uint64_t number = 0;  // in its file
  };
  struct Units {
    std::vector<File> files;
    std::uint64_t count = 0;
  };

  [[nodiscard]] std::uint64_t units_in(std::uint64_t bytes) const;
  void add(Units& units, const std::string& path, const FileBytes& bytes, bool older) const;
  [[nodiscard]] static Unit unit_at(const Units& units, std::uint64_t number);
  [[nodiscard]] std::uint64_t sector_length(const Unit& unit) const;
  [[nodiscard]] Damage with_source(Damage damage, const Unit& target, std::uint64_t source) const;

  DamageKind kind_;
  DamageListOptions options_;
  Units targets_;
  Units sources_;                  // of transplant and replace: the targets first, and then those of the older image
  std::vector<std::string> gone_;  // of replace: the files that come back
  std::uint64_t size_ = 0;
};

}  // namespace faultfs
