// The bytes of a file, as a value that shares what it has in common with other files.
//
// Both classes keep a file in chunks. Copying a FileBytes copies one pointer for each chunk, and a change copies the
// one chunk that it falls in, so that a hundred thousand images of a disk cost what they differ by. Chunks that hold
// only zeros may have no bytes at all: a file grown to 64 GiB costs 64 MiB of pointers.
//
// FileBytes never changes and may be shared by threads. FileBuffer changes, and belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace faultfs {

inline constexpr std::uint64_t kChunkBytes = 16 << 10;

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;

  bool operator==(const ByteRange&) const = default;
};

class FileBytes {
 public:
  FileBytes() = default;
  explicit FileBytes(std::string_view bytes);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] bool empty() const { return size_ == 0; }

  // Fills `into` with the bytes from `offset` on. Returns how many there were.
  std::size_t read(std::uint64_t offset, std::span<char> into) const;

  // The bytes from `offset` on, `length` of them or as many as there are.
  [[nodiscard]] std::string substr(std::uint64_t offset, std::uint64_t length) const;

  [[nodiscard]] std::string to_string() const { return substr(0, size_); }

  // Whether both hold the same bytes. Costs nothing for chunks that both share.
  bool operator==(const FileBytes& other) const;

 private:
  friend class FileBuffer;
  friend std::optional<ByteRange> difference(const FileBytes& a, const FileBytes& b);
  using Chunk = std::string;  // at most kChunkBytes; what it lacks of the file reads as zeros

  std::vector<std::shared_ptr<Chunk>> chunks_;  // one for each kChunkBytes of the size; null: zeros
  std::uint64_t size_ = 0;
};

// The smallest range outside of which both hold the same bytes in the same places; it ends with the longer one where
// they differ in size. Nothing where they are equal. Costs nothing for chunks that both share.
[[nodiscard]] std::optional<ByteRange> difference(const FileBytes& a, const FileBytes& b);

class FileBuffer {
 public:
  FileBuffer() = default;
  FileBuffer(FileBuffer&&) = default;
  FileBuffer& operator=(FileBuffer&&) = default;
  FileBuffer(const FileBuffer&) = delete;  // both would take the chunks for their own: freeze() instead
  FileBuffer& operator=(const FileBuffer&) = delete;
  ~FileBuffer() = default;
  explicit FileBuffer(FileBytes bytes) : bytes_(std::move(bytes)) {}

  // The bytes as they are now. Later changes to the buffer do not change what is returned.
  [[nodiscard]] FileBytes freeze();

  // The same without a copy, good until the next change of the buffer.
  [[nodiscard]] const FileBytes& view() const { return bytes_; }

  [[nodiscard]] std::uint64_t size() const { return bytes_.size(); }

  // Puts `bytes` at `offset`; the file grows where it must, and a gap reads as zeros.
  void write(std::uint64_t offset, std::string_view bytes);

  // Cuts the file, or grows it with zeros.
  void resize(std::uint64_t size);

 private:
  // The chunk, this buffer's own, with at least so many bytes in it.
  FileBytes::Chunk& own(std::size_t chunk, std::size_t length);

  FileBytes bytes_;
  std::vector<bool> owned_;  // by chunk: whether no FileBytes shares it; what is missing is false
};

}  // namespace faultfs
