#include "faultfs/image.h"

#include <algorithm>
#include <span>
#include <string_view>

namespace faultfs {

namespace {

kv::Result<FileBytes> read_all(kv::File& file) {
  std::string bytes(TRY(file.size()), '\0');
  bytes.resize(TRY(kv::read_full(file, 0, bytes)));
  return FileBytes(bytes);
}

bool is_directory(kv::Vfs& vfs, const std::string& path) { return vfs.list(path).has_value(); }

}  // namespace

kv::Result<Image> load_image(kv::Vfs& vfs, const std::string& directory) {
  Image image;
  for (const std::string& name : TRY(vfs.list(directory))) {
    const std::string path = kv::join_path(directory, name);
    if (is_directory(vfs, path)) continue;
    const auto file = TRY(vfs.open(path, kv::OpenMode::read));
    image.files[name] = TRY(read_all(*file));
  }
  return image;
}

kv::Result<void> save_image(const Image& image, kv::Vfs& vfs, const std::string& directory) {
  for (const std::string& path : image.directories) TRY(vfs.make_dir(kv::join_path(directory, path)));
  for (const auto& [name, bytes] : image.files) {
    const auto file = TRY(vfs.open(kv::join_path(directory, name), kv::OpenMode::create));
    TRY(file->truncate(0));
    TRY(kv::write_all(*file, 0, bytes.to_string()));
  }
  return {};
}

}  // namespace faultfs
