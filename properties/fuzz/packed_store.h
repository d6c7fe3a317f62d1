// Files of a store as short inputs for a fuzzer, and back.
//
// Every file of a store begins with a header of 4,096 bytes, of which 4,028 are zeros. A fuzzer that has to carry them
// along changes little else, so a packed file leaves them out:
//
//   form (1)   0: the header's zeros are left out; anything else: nothing is
//   bytes      the file's; with form 0 the first 64, the header's CRC, and what comes behind the header.
//              Fewer than 68 are the file as it is: it ends in its header
//
// A packed store is a row of files. Any bytes are one: what is missing at the end is taken as it is.
//
//   kind (1)   modulo 8, one of kFileKinds
//   number (1) of the generation; from 240 on it counts from the highest one there is
//   length (2) little-endian, of the packed file that follows, or what is left
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/image.h"

namespace walbreaker::fuzz {

// The file's bytes; and the shortest input for them.
[[nodiscard]] std::string unpack_file(std::string_view packed);
[[nodiscard]] std::string pack_file(std::string_view file);

enum class PackedKind : std::uint8_t { lock, log, snapshot, temporary, log_aside, snapshot_aside, bad_number, foreign };

struct PackedFile {
  PackedKind kind = PackedKind::log;
  std::uint8_t number = 1;
  std::string bytes;
  bool operator==(const PackedFile&) const = default;
};

[[nodiscard]] std::uint64_t generation_of(const PackedFile& file);

// "wal-3.log". Of kind bad_number "wal-03.log", which is none of ours.
[[nodiscard]] std::string name_of(const PackedFile& file);

// A file longer than a length can say is cut to the longest.
[[nodiscard]] std::vector<PackedFile> unpack_store(std::string_view packed);
[[nodiscard]] std::string pack_store(const std::vector<PackedFile>& files);

// The files of an image's directory that have a kind, in the order of their names.
[[nodiscard]] std::vector<PackedFile> files_of(const faultfs::Image& image, std::string_view directory);

// A disk with these files in `directory`, which lies in the root. Of two files of one name the later one counts.
[[nodiscard]] faultfs::Image image_of(const std::vector<PackedFile>& files, const std::string& directory);

}  // namespace walbreaker::fuzz
