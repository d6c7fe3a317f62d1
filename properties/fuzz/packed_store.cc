#include "properties/fuzz/packed_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/bytes.h"
#include "engine/file_header.h"
#include "engine/file_name.h"

namespace walbreaker::fuzz {

namespace {

constexpr std::size_t kFieldBytes = 64;  // of a header, before its zeros
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kZeroBytes = kv::kFileHeaderBytes - kFieldBytes - kCrcBytes;
constexpr char kWhole = 1;
constexpr char kWithoutZeros = 0;

constexpr std::uint8_t kFirstHighNumber = 240;
constexpr std::uint64_t kNumbers = 256;
constexpr std::uint8_t kKinds = 8;
constexpr std::size_t kMostPackedBytes = 0xffff;

std::optional<PackedFile> file_named(std::string_view name) {
  for (std::uint8_t kind = 0; kind < kKinds; ++kind) {
    for (std::uint64_t number = 0; number < kNumbers; ++number) {
      PackedFile file{.kind = PackedKind{kind}, .number = static_cast<std::uint8_t>(number), .bytes = {}};
      if (name_of(file) == name) return file;
    }
  }
  return std::nullopt;
}

}  // namespace

std::string unpack_file(std::string_view packed) {
  if (packed.empty()) return {};
  std::string file(packed.substr(1));
  if (packed.front() == kWithoutZeros && file.size() >= kFieldBytes + kCrcBytes) {
    file.insert(kFieldBytes, kZeroBytes, '\0');
  }
  return file;
}

std::string pack_file(std::string_view file) {
  const bool has_header = file.size() >= kv::kFileHeaderBytes;
  if (has_header && kv::all_zeros(file.substr(kFieldBytes, kZeroBytes))) {
    std::string packed(1, kWithoutZeros);
    return packed.append(file.substr(0, kFieldBytes)).append(file.substr(kFieldBytes + kZeroBytes));
  }
  return std::string(1, kWhole).append(file);
}

std::uint64_t generation_of(const PackedFile& file) {
  if (file.number < kFirstHighNumber) return file.number;
  return kv::kMaxGeneration - (kNumbers - 1 - file.number);
}

std::string name_of(const PackedFile& file) {
  const std::uint64_t generation = generation_of(file);
  switch (file.kind) {
    case PackedKind::lock: return std::string(kv::kLockName);
    case PackedKind::log: return kv::log_name(generation);
    case PackedKind::snapshot: return kv::snapshot_name(generation);
    case PackedKind::temporary: return kv::temporary_name(generation);
    case PackedKind::log_aside: return kv::set_aside_name(kv::log_name(generation));
    case PackedKind::snapshot_aside: return kv::set_aside_name(kv::snapshot_name(generation));
    case PackedKind::bad_number: return fmt::format("wal-0{}.log", generation);
    case PackedKind::foreign: return fmt::format("note-{}", generation);
  }
  return {};
}

std::vector<PackedFile> unpack_store(std::string_view packed) {
  constexpr std::size_t kEntryBytes = 4;
  std::vector<PackedFile> files;
  while (packed.size() >= kEntryBytes) {
    const auto kind = PackedKind{static_cast<std::uint8_t>(kv::load<std::uint8_t>(packed, 0) % kKinds)};
    const auto number = kv::load<std::uint8_t>(packed, 1);
    const std::string_view file = packed.substr(kEntryBytes, kv::load<std::uint16_t>(packed, 2));
    files.push_back({kind, number, unpack_file(file)});
    packed.remove_prefix(kEntryBytes + file.size());
  }
  return files;
}

std::string pack_store(const std::vector<PackedFile>& files) {
  std::string packed;
  for (const PackedFile& file : files) {
    const std::string bytes = pack_file(file.bytes).substr(0, kMostPackedBytes);
    kv::append(packed, static_cast<std::uint8_t>(file.kind));
    kv::append(packed, file.number);
    kv::append(packed, static_cast<std::uint16_t>(bytes.size()));
    packed += bytes;
  }
  return packed;
}

std::vector<PackedFile> files_of(const faultfs::Image& image, std::string_view directory) {
  const std::string prefix = directory.empty() ? std::string() : std::string(directory) + '/';
  std::vector<PackedFile> files;
  for (const auto& [path, bytes] : image.files) {
    if (!path.starts_with(prefix)) continue;
    auto file = file_named(std::string_view(path).substr(prefix.size()));
    if (!file) continue;
    file->bytes = bytes.to_string();
    files.push_back(std::move(*file));
  }
  return files;
}

faultfs::Image image_of(const std::vector<PackedFile>& files, const std::string& directory) {
  faultfs::Image image;
  image.directories.insert(directory);
  for (const PackedFile& file : files) {
    image.files[kv::join_path(directory, name_of(file))] = faultfs::FileBytes(file.bytes);
  }
  return image;
}

}  // namespace walbreaker::fuzz
