// What the laws of the file formats share: headers, payloads and contents that RapidCheck draws and shows.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch.h"
#include "engine/file_header.h"
#include "engine/log_record.h"
#include "engine/wal_test_util.h"

namespace kv {

std::ostream& operator<<(std::ostream& out, const FileHeader& header);
std::ostream& operator<<(std::ostream& out, const Batch::Operation& operation);

}  // namespace kv

namespace walbreaker::properties {

// In [0, limit), each as likely as the others, however large the case is.
[[nodiscard]] std::uint64_t any_below(std::uint64_t limit);

// Small numbers, whole ones of 64 bits, and the two ends of the range.
[[nodiscard]] rc::Gen<std::uint64_t> any_number();

// Bytes of any value: none, a few, now and then more than a sector of 512.
[[nodiscard]] rc::Gen<std::string> any_bytes();

// A header that a writer of this version may write.
[[nodiscard]] rc::Gen<kv::FileHeader> any_header(kv::FileType type);

[[nodiscard]] rc::Gen<kv::RecordKind> any_record_kind();
[[nodiscard]] rc::Gen<std::vector<kv::Batch::Operation>> any_operations();

// Draws a log of at least `fewest` records, with syncs between some of them.
[[nodiscard]] kv::SampleLog any_log(std::size_t fewest = 0);

}  // namespace walbreaker::properties
