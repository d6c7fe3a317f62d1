// Fuzz targets: what any bytes are held against.
//
// A target takes an input, gives it to a parser, and states the laws that hold whatever came: what is not understood is
// refused with a reason, what is understood prints and parses as itself, and two readers of one format say the same.
// That nothing crashes, hangs or reads where it may not is the sanitizers' to see.
//
//   if (const auto held = fuzz::wal_reader(input); !held) complain(held.error().context);   // the law, and what broke
//   it
//
// fuzz_main.cc makes a libFuzzer of each, and fuzz_corpus_test.cc replays corpora/fuzz/TARGET with any compiler.
#pragma once

#include <array>
#include <string_view>

#include "engine/result.h"

namespace walbreaker::fuzz {

// One log, packed (packed_store.h): the engine's reader and the one that was written from FORMAT.md agree on every
// record, on where they end, and on what a search finds.
kv::Result<void> wal_reader(std::string_view input);

// One snapshot, packed: both readers agree on its entries, or on that there are none.
kv::Result<void> snapshot_reader(std::string_view input);

// A store's directory, packed: a read-only open changes no byte; the decoder says the same of what is served; a scan
// agrees with gets; what a read-write open serves, the next one serves too; repair keeps the prefix.
kv::Result<void> store(std::string_view input);

// A case: it parses, prints and parses as itself, or an error names the line.
kv::Result<void> case_file(std::string_view input);

// Lines that a harness sends, or that a driver answers: each parses and prints as itself, and what the reference
// answers to it as a driver is an answer.
kv::Result<void> line_protocol(std::string_view input);

// A trace, a fault plan, a crash state, a disk model, damage, or a report: whatever takes the text gives it back.
kv::Result<void> text(std::string_view input);

struct Target {
  std::string_view name;  // the function's, and that of its folder in corpora/fuzz
  kv::Result<void> (*run)(std::string_view input);
};

inline constexpr std::array<Target, 6> kTargets{{
    {"wal_reader", wal_reader},
    {"snapshot_reader", snapshot_reader},
    {"store", store},
    {"case_file", case_file},
    {"line_protocol", line_protocol},
    {"text", text},
}};

}  // namespace walbreaker::fuzz
