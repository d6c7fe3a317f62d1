#include "faultfs/file_bytes.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/assert.h"
#include "engine/bytes.h"

namespace faultfs {

namespace {

std::size_t chunks_for(std::uint64_t size) { return static_cast<std::size_t>((size + kChunkBytes - 1) / kChunkBytes); }

// Calls `visit(chunk, offset in the chunk, offset in the range, length)` for the part of a range in each chunk.
template <class Visit>
void for_each_part(std::uint64_t offset, std::size_t length, Visit visit) {
  for (std::size_t done = 0; done < length;) {
    const std::uint64_t at = offset + done;
    const auto within = static_cast<std::size_t>(at % kChunkBytes);
    const std::size_t part = std::min<std::size_t>(length - done, kChunkBytes - within);
    visit(static_cast<std::size_t>(at / kChunkBytes), within, done, part);
    done += part;
  }
}

// The bytes of a chunk from `within` on, `length` of them; zeros where it has none.
void copy_out(const std::string* chunk, std::size_t within, std::span<char> into) {
  const std::size_t there = chunk == nullptr || chunk->size() <= within ? 0 : chunk->size() - within;
  const std::size_t copied = std::min(there, into.size());
  if (copied > 0) std::memcpy(into.data(), chunk->data() + within, copied);
  std::ranges::fill(into.subspan(copied), '\0');
}

// What a chunk holds of its first `length` bytes; the rest of them is zeros.
std::string_view held(const std::string* chunk, std::size_t length) {
  return chunk == nullptr ? std::string_view() : std::string_view(*chunk).substr(0, length);
}

bool same_chunk(const std::string* a, const std::string* b, std::size_t length) {
  if (a == b) return true;
  std::string_view shorter = held(a, length);
  std::string_view longer = held(b, length);
  if (shorter.size() > longer.size()) std::swap(shorter, longer);
  return longer.starts_with(shorter) && kv::all_zeros(longer.substr(shorter.size()));
}

}  // namespace

FileBytes::FileBytes(std::string_view bytes) : size_(bytes.size()) {
  chunks_.reserve(chunks_for(size_));
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), kChunkBytes))) {
    chunks_.push_back(std::make_shared<Chunk>(bytes.substr(0, kChunkBytes)));
  }
}

std::size_t FileBytes::read(std::uint64_t offset, std::span<char> into) const {
  if (offset >= size_) return 0;
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
  for_each_part(offset, count, [&](std::size_t chunk, std::size_t within, std::size_t done, std::size_t part) {
    copy_out(chunks_[chunk].get(), within, into.subspan(done, part));
  });
  return count;
}

std::string FileBytes::substr(std::uint64_t offset, std::uint64_t length) const {
  std::string bytes(offset < size_ ? static_cast<std::size_t>(std::min(length, size_ - offset)) : 0, '\0');
  (void)read(offset, bytes);
  return bytes;
}

bool FileBytes::operator==(const FileBytes& other) const {
  if (size_ != other.size_) return false;
  for (std::size_t i = 0; i < chunks_.size(); ++i) {
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kChunkBytes, size_ - i * kChunkBytes));
    if (!same_chunk(chunks_[i].get(), other.chunks_[i].get(), length)) return false;
  }
  return true;
}

namespace {

// Blocks that are the same are passed whole: comparing them is many times faster than looking at each byte.
constexpr std::size_t kBlock = 256;

// Of two texts of one length: how many bytes they begin with in common.
std::size_t common_prefix(std::string_view a, std::string_view b) {
  std::size_t same = 0;
  while (same + kBlock <= a.size() && a.substr(same, kBlock) == b.substr(same, kBlock)) same += kBlock;
  return static_cast<std::size_t>(std::mismatch(a.begin() + static_cast<std::ptrdiff_t>(same), a.end(),
                                                b.begin() + static_cast<std::ptrdiff_t>(same))
                                      .first -
                                  a.begin());
}

// And how many they end with.
std::size_t common_suffix(std::string_view a, std::string_view b) {
  std::size_t rest = a.size();
  while (rest >= kBlock && a.substr(rest - kBlock, kBlock) == b.substr(rest - kBlock, kBlock)) rest -= kBlock;
  while (rest > 0 && a[rest - 1] == b[rest - 1]) --rest;
  return a.size() - rest;
}

}  // namespace

std::optional<ByteRange> difference(const FileBytes& a, const FileBytes& b) {
  const std::uint64_t common = std::min(a.size_, b.size_);
  std::optional<ByteRange> range;
  for (std::uint64_t begin = 0; begin < common; begin += kChunkBytes) {
    const auto length = static_cast<std::size_t>(std::min(kChunkBytes, common - begin));
    const auto chunk = static_cast<std::size_t>(begin / kChunkBytes);
    if (same_chunk(a.chunks_[chunk].get(), b.chunks_[chunk].get(), length)) continue;
    const std::string left = a.substr(begin, length);
    const std::string right = b.substr(begin, length);
    if (!range) range = ByteRange{begin + common_prefix(left, right), 0};
    range->end = begin + length - common_suffix(left, right);
  }
  if (a.size_ != b.size_) range = ByteRange{range ? range->begin : common, std::max(a.size_, b.size_)};
  return range;
}

FileBytes FileBuffer::freeze() {
  owned_.clear();
  return bytes_;
}

FileBytes::Chunk& FileBuffer::own(std::size_t chunk, std::size_t length) {
  if (owned_.size() <= chunk) owned_.resize(chunk + 1, false);
  auto& place = bytes_.chunks_[chunk];
  if (!owned_[chunk]) place = place ? std::make_shared<FileBytes::Chunk>(*place) : std::make_shared<FileBytes::Chunk>();
  owned_[chunk] = true;
  if (place->size() < length) place->resize(length, '\0');
  return *place;
}

void FileBuffer::write(std::uint64_t offset, std::string_view bytes) {
  if (bytes.empty()) return;
  if (size() < offset + bytes.size()) resize(offset + bytes.size());
  for_each_part(offset, bytes.size(), [&](std::size_t chunk, std::size_t within, std::size_t done, std::size_t part) {
    std::memcpy(own(chunk, within + part).data() + within, bytes.data() + done, part);
  });
}

void FileBuffer::resize(std::uint64_t size) {
  const std::size_t count = chunks_for(size);
  if (count < owned_.size()) owned_.resize(count);
  bytes_.chunks_.resize(count);
  const auto last_length = static_cast<std::size_t>(size - (count == 0 ? 0 : count - 1) * kChunkBytes);
  const bool cuts_a_chunk = size < bytes_.size_ && count > 0 && bytes_.chunks_.back() != nullptr &&
                            bytes_.chunks_.back()->size() > last_length;
  bytes_.size_ = size;
  if (cuts_a_chunk) own(count - 1, 0).resize(last_length);
}

}  // namespace faultfs
