// An image: the bytes of a whole disk at one moment, as a value.
//
// Images share the bytes of their files (file_bytes.h): an image that differs from another in one place costs that
// place. Images may be shared by threads.
#pragma once

#include <map>
#include <set>
#include <string>

#include "engine/result.h"
#include "engine/vfs.h"
#include "faultfs/file_bytes.h"

namespace faultfs {

struct Image {
  std::map<std::string, FileBytes> files;  // by path from the root, without a slash in front: "db/wal-1.log"
  std::set<std::string> directories;       // the same; the root itself is always there, and not listed

  bool operator==(const Image& other) const = default;
};

// The files in `directory` of a disk, as an image whose root is that directory. Directories below it are left out.
// Errors: io_error where it, or a file in it, cannot be read.
kv::Result<Image> load_image(kv::Vfs& vfs, const std::string& directory);

// Writes an image into `directory`, which exists, over files of the same names; the directories of the image must not
// be there yet. Makes nothing durable. Errors: those of kv::Vfs.
kv::Result<void> save_image(const Image& image, kv::Vfs& vfs, const std::string& directory);

}  // namespace faultfs
