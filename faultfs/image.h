// An image: the bytes of a whole disk at one moment, as a value.
//
// Images share the bytes of their files: a copy costs a pointer for each file, and an image that differs from another
// in one file costs that one file. The bytes behind a pointer never change, so images may be shared by threads.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "engine/result.h"
#include "engine/vfs.h"

namespace faultfs {

using Bytes = std::shared_ptr<const std::string>;

struct Image {
  std::map<std::string, Bytes> files;  // by path from the root, without a slash in front: "db/wal-1.log"
  std::set<std::string> directories;   // the same; the root itself is always there, and not listed

  // Whether both hold the same files with the same bytes. Costs nothing for files whose bytes are shared.
  bool operator==(const Image& other) const;
};

// The files in `directory` of a disk, as an image whose root is that directory. Directories below it are left out.
// Errors: io_error where it, or a file in it, cannot be read.
kv::Result<Image> load_image(kv::Vfs& vfs, const std::string& directory);

// Writes the files of an image's root into `directory`, which exists, over those of the same names. Makes nothing
// durable. Errors: those of kv::Vfs.
kv::Result<void> save_image(const Image& image, kv::Vfs& vfs, const std::string& directory);

}  // namespace faultfs
