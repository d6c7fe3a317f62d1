#include "properties/format_model.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/text.h"

namespace kv {

std::ostream& operator<<(std::ostream& out, const FileHeader& header) {
  return out << fmt::format("{{type {}, link {}, store {:#x}, generation {}, salt {:#x}, base {}, behind {} at {}}}",
                            header.type == FileType::log ? "log" : "snapshot", static_cast<std::uint32_t>(header.link),
                            header.store_id, header.generation, header.salt, header.base_seq, header.predecessor,
                            header.predecessor_end);
}

std::ostream& operator<<(std::ostream& out, const Batch::Operation& operation) {
  return out << fmt::format("{} \"{}\" \"{}\"", operation.kind == Batch::Kind::put ? "put" : "remove",
                            printable(operation.key), printable(operation.value));
}

}  // namespace kv

namespace walbreaker::properties {

using kv::FileHeader;
using kv::FileType;
using kv::LogLink;

std::uint64_t any_below(std::uint64_t limit) {
  return *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::uint64_t>(0, limit));
}

rc::Gen<std::uint64_t> any_number() {
  return rc::gen::weightedOneOf<std::uint64_t>({{4, rc::gen::inRange<std::uint64_t>(0, 20)},
                                                {2, rc::gen::arbitrary<std::uint64_t>()},
                                                {1, rc::gen::element(std::uint64_t{0}, ~std::uint64_t{0})}});
}

rc::Gen<std::string> any_bytes() {
  const auto repeated = [](std::size_t count) { return std::string(count, 'x'); };
  return rc::gen::weightedOneOf<std::string>(
      {{8, rc::gen::container<std::string>(rc::gen::arbitrary<char>())},
       {1, rc::gen::map(rc::gen::inRange<std::size_t>(0, 1'200), repeated)},
       {1, rc::gen::map(rc::gen::inRange<std::size_t>(0, 64), [](std::size_t n) { return std::string(n, '\0'); })}});
}

namespace {

FileHeader with_link(FileHeader header, bool follows, std::uint64_t number) {
  header.link = follows && header.generation > 1 ? LogLink::follows : LogLink::void_until_snapshot;
  if (header.link == LogLink::follows) {
    header.predecessor = 1 + number % (header.generation - 1);
    header.predecessor_end = std::max<std::uint64_t>(number, kv::kFileHeaderBytes);
  }
  return header;
}

}  // namespace

rc::Gen<FileHeader> any_header(FileType type) {
  return rc::gen::map(
      rc::gen::tuple(rc::gen::container<std::vector<std::uint64_t>>(5, any_number()), rc::gen::arbitrary<bool>()),
      [type](const auto& drawn) {
        const auto& [numbers, follows] = drawn;
        const FileHeader header{.type = type,
                                .store_id = numbers[0],
                                .generation = std::max<std::uint64_t>(1, numbers[1] >> 1),
                                .salt = numbers[2],
                                .base_seq = numbers[3] >> 1};
        return type == FileType::log ? with_link(header, follows, numbers[4]) : header;
      });
}

rc::Gen<kv::RecordKind> any_record_kind() {
  return rc::gen::element(kv::RecordKind::put, kv::RecordKind::remove, kv::RecordKind::batch, kv::RecordKind::close);
}

rc::Gen<std::vector<kv::Batch::Operation>> any_operations() {
  const auto operation = rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<bool>(), any_bytes(), any_bytes()),
                                      [](const auto& drawn) -> kv::Batch::Operation {
                                        const auto& [put, key, value] = drawn;
                                        if (!put) return {kv::Batch::Kind::remove, key, {}};
                                        return {kv::Batch::Kind::put, key, value};
                                      });
  return rc::gen::container<std::vector<kv::Batch::Operation>>(operation);
}

kv::SampleLog any_log(std::size_t fewest) {
  const FileHeader header = *any_header(FileType::log);
  auto payloads = *rc::gen::container<std::vector<std::string>>(any_bytes());
  payloads.resize(std::clamp<std::size_t>(payloads.size(), fewest, 12), "payload");
  return kv::make_log(any_below(4), header, payloads);
}

}  // namespace walbreaker::properties
