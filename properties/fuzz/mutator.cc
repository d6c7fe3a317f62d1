#include "properties/fuzz/mutator.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/bytes.h"
#include "engine/log_record.h"
#include "properties/fuzz/file_parts.h"
#include "properties/fuzz/packed_store.h"

namespace walbreaker::fuzz {

namespace {

using reference::FileKind;

// A number that is likely to matter where `old` stands.
std::uint64_t other_number(std::uint64_t old, Random& random) {
  switch (random.below(7)) {
    case 0: return old + 1;
    case 1: return old - 1;
    case 2: return old ^ (std::uint64_t{1} << random.below(64));
    case 3: return random.below(8);
    case 4: return ~std::uint64_t{0} - random.below(2);
    case 5: return random.next();
    default: return kv::round_up(random.below(8192), 8);
  }
}

void change_field(std::string& bytes, const std::vector<Field>& fields, Random& random) {
  const Field& field = fields[random.below(fields.size())];
  set(bytes, field, other_number(get(bytes, field), random));
}

std::string any_word(Random& random) {
  return std::string(random.below(6),
                     static_cast<char>('a' + random.below(4)));  // NOLINT(modernize-return-braced-init-list)
}

std::string record_of(std::uint8_t kind, std::string_view payload) {
  std::string record;
  kv::encode_record(record, kv::RecordKind{kind}, 1, 0, payload, 0);
  return record;
}

std::string new_record(Random& random) {
  std::string payload;
  const auto kind = static_cast<std::uint8_t>(random.between(1, 5));  // 5 is no kind that there is
  if (kind == reference::kPut) kv::encode_put(payload, any_word(random), any_word(random));
  if (kind == reference::kRemove) kv::encode_remove(payload, any_word(random));
  if (kind == reference::kBatch) {
    kv::Batch batch;
    batch.put(any_word(random), any_word(random));
    batch.remove(any_word(random));
    kv::encode_batch(payload, batch);
  }
  return record_of(kind, payload);
}

void append_text(std::string& entry, std::string_view key, std::string_view value) {
  kv::append(entry, static_cast<std::uint32_t>(key.size()));
  kv::append(entry, static_cast<std::uint32_t>(value.size()));
  entry.append(key).append(value);
}

std::string block_of(std::string_view entries) {
  std::string block;
  kv::append(block, std::uint32_t{0});
  kv::append(block, static_cast<std::uint32_t>(entries.size()));
  return block.append(entries);
}

std::string new_block(Random& random) {
  std::string entries;
  append_text(entries, any_word(random), any_word(random));
  return block_of(entries);
}

// Changes what a record or a block holds, and makes its length fit.
void change_contents(FileKind kind, std::string& piece, const MutateBytes& mutate_bytes) {
  const bool is_log = kind == FileKind::log;
  const std::size_t head = is_log ? reference::kRecordHeaderBytes : reference::kBlockHeaderBytes;
  if (piece.size() < head) return mutate_bytes(piece);
  std::string contents = piece.substr(head, kv::load<std::uint32_t>(piece, 4));
  mutate_bytes(contents);
  std::string changed = is_log ? record_of(kv::load<std::uint8_t>(piece, 24), contents) : block_of(contents);
  if (is_log) changed.replace(8, 17, piece, 8, 17);  // seq, durable seq, kind
  piece = std::move(changed);
}

// Does something to whole pieces, of which there is at least one.
void rearrange(std::vector<std::string>& pieces, Random& random) {
  const std::size_t a = random.below(pieces.size());
  const std::size_t b = random.below(pieces.size());
  const auto at = [&](std::size_t i) { return pieces.begin() + static_cast<std::ptrdiff_t>(i); };
  switch (random.below(5)) {
    case 0: pieces.insert(at(b), std::string(pieces[a])); break;
    case 1: pieces.erase(at(a)); break;
    case 2: std::swap(pieces[a], pieces[b]); break;
    case 3: {
      std::string moved = std::move(pieces[a]);
      pieces.erase(at(a));
      pieces.insert(at(std::min(b, pieces.size())), std::move(moved));
      break;
    }
    default: pieces[a].resize(random.below(pieces[a].size() + 1)); break;
  }
}

void change(FileParts& parts, Random& random, const MutateBytes& mutate_bytes) {
  const bool is_log = parts.kind == FileKind::log;
  auto& pieces = parts.pieces;
  if (pieces.empty() || random.one_in(8)) {
    pieces.insert(pieces.begin() + static_cast<std::ptrdiff_t>(random.below(pieces.size() + 1)),
                  is_log ? new_record(random) : new_block(random));
    return;
  }
  std::string& piece = pieces[random.below(pieces.size())];
  switch (random.below(8)) {
    case 0: change_field(parts.header, header_fields(), random); break;
    case 1:
      is_log ? change_field(piece, record_fields(), random) : change_field(parts.footer, footer_fields(), random);
      break;
    case 2: change_contents(parts.kind, piece, mutate_bytes); break;
    case 3: piece.append(8 * random.between(1, 4), random.one_in(2) ? '\0' : 'x'); break;
    default: rearrange(pieces, random); break;
  }
}

void fix(FileParts& parts, Random& random) {
  if (random.one_in(2)) renumber(parts);
  seal_header(parts);
  const bool leave_one = !parts.pieces.empty() && random.one_in(4);
  seal_pieces(parts, leave_one ? random.below(parts.pieces.size()) : kSealAll);
}

std::string mutate_file(FileKind kind, std::string_view file, Random& random, const MutateBytes& mutate_bytes) {
  FileParts parts = split(kind, file);
  for (std::uint64_t changes = random.between(1, 3); changes > 0; --changes) change(parts, random, mutate_bytes);
  if (random.one_in(2)) fix(parts, random);
  return join(parts);
}

// --- stores ---

FileKind kind_of(const PackedFile& file) {
  const bool is_log = file.kind == PackedKind::log || file.kind == PackedKind::log_aside;
  return is_log ? FileKind::log : FileKind::snapshot;
}

const Field& header_field(std::string_view name) { return *std::ranges::find(header_fields(), name, &Field::name); }

// Gives a file another number, and its bytes the generation that goes with it.
void renumber_file(PackedFile& file, std::uint8_t number) {
  file.number = number;
  FileParts parts = split(kind_of(file), file.bytes);
  set(parts.header, header_field("generation"), generation_of(file));
  seal_header(parts);
  seal_pieces(parts);
  file.bytes = join(parts);
}

// Makes a log go on from another file: behind the last record of a log, or with the base seq of a snapshot.
void tie(const PackedFile& from, PackedFile& log, Random& random) {
  const FileParts before = split(kind_of(from), from.bytes);
  FileParts after = split(FileKind::log, log.bytes);
  std::uint64_t base = get(before.header, header_field("base seq"));
  const bool follows = before.kind == FileKind::log && from.number < log.number;
  if (before.kind == FileKind::log) base += before.pieces.size();
  set(after.header, header_field("link"), follows ? 1 : 2);
  set(after.header, header_field("store id"), get(before.header, header_field("store id")));
  set(after.header, header_field("base seq"), base);
  set(after.header, header_field("predecessor"), follows ? generation_of(from) : 0);
  set(after.header, header_field("predecessor end"), follows ? from.bytes.size() : 0);
  if (random.one_in(2)) renumber(after);
  seal_header(after);
  seal_pieces(after);
  log.bytes = join(after);
}

void cut(PackedFile& file, Random& random) {
  const FileParts parts = split(kind_of(file), file.bytes);
  if (parts.pieces.empty() || random.one_in(4)) return file.bytes.resize(random.below(file.bytes.size() + 1));
  FileParts kept = parts;
  kept.footer.clear();
  kept.pieces.resize(random.below(parts.pieces.size()));
  file.bytes = join(kept);
}

void change_files(std::vector<PackedFile>& files, Random& random) {
  const std::size_t a = random.below(files.size());
  const std::size_t b = random.below(files.size());
  switch (random.below(7)) {
    case 0: files.push_back(PackedFile(files[a])); [[fallthrough]];
    case 1: renumber_file(files.back(), static_cast<std::uint8_t>(files[a].number + random.between(1, 2))); break;
    case 2: files.erase(files.begin() + static_cast<std::ptrdiff_t>(a)); break;
    case 3: files[a].kind = PackedKind{static_cast<std::uint8_t>(random.below(8))}; break;
    case 4: files[a].number = static_cast<std::uint8_t>(other_number(files[a].number, random)); break;
    case 5: cut(files[a], random); break;
    default:
      if (a != b && files[b].kind == PackedKind::log) tie(files[a], files[b], random);
      break;
  }
}

}  // namespace

std::string mutate_log(std::string_view packed, Random& random, const MutateBytes& mutate_bytes) {
  return pack_file(mutate_file(FileKind::log, unpack_file(packed), random, mutate_bytes));
}

std::string mutate_snapshot(std::string_view packed, Random& random, const MutateBytes& mutate_bytes) {
  return pack_file(mutate_file(FileKind::snapshot, unpack_file(packed), random, mutate_bytes));
}

std::string mutate_store(std::string_view packed, Random& random, const MutateBytes& mutate_bytes) {
  auto files = unpack_store(packed);
  if (files.empty()) return {};
  if (random.one_in(3)) {
    change_files(files, random);
  } else {
    PackedFile& file = files[random.below(files.size())];
    file.bytes = mutate_file(kind_of(file), file.bytes, random, mutate_bytes);
  }
  return pack_store(files);
}

}  // namespace walbreaker::fuzz
