// Faults: what a live disk does wrong, and at which operation, as values that print, parse and compare.
//
// A fault plan is text, one fault a line, words separated by one blank; a line that is empty or starts with # says
// nothing:
//
//   # the third sync of any log fails; later the disk is full
//   sync_error sync at 2 once of wal-*.log
//   no_space any at 40 for_ever after 100 of *
//   misdirected_write write at 5 once by -4096 of store/snapshot-?.dat
//
//   KIND OPERATION|any at INDEX once|for_ever [AMOUNT-WORD AMOUNT] of PATTERN
//
// KIND is a row of kFaultKinds, and OPERATION an operation of that row. The amount stands where the row has one, behind
// the word of kAmounts. PATTERN is the rest of the line, blanks and all.
//
// Which operations a fault counts. Those of its operation (any: of every one in its row) on a path that its pattern
// fits, to which it can do something: a short_write of 100 bytes counts the writes of more than 100, a bit_flip the
// reads that get any byte. INDEX is a number among these, from 0; `once` is at that one, `for_ever` at that one and all
// that follow. So a fault that is planned at 0, 1, 2 ... fires in each run until there is no such operation, and the
// first run in which it does not fire has gone past the last.
//
// Patterns are those of fnmatch(): * ? [a-z], and a backslash takes the next character as it is. One without a slash
// has to fit the last name of the path, one with a slash the whole path as the caller spelled it, where * stands for
// slashes, too. A rename is matched by either of its names; an open file by the name with which it was opened.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/result.h"
#include "faultfs/op.h"

namespace faultfs {

enum class FaultKind {
  read_error,
  write_error,
  sync_error,
  no_space,
  short_write,
  short_read,
  lying_sync,
  lost_write,
  misdirected_write,
  bit_flip,
  kill,
};

// What the amount of a fault means.
enum class Amount { none, after, bytes, bit, by };

struct AmountInfo {
  Amount amount;
  std::string_view word;  // in front of the number, and the enumerator's name
  std::string_view meaning;
};

inline constexpr std::array<AmountInfo, 5> kAmounts{{
    {Amount::none, "none", "the fault has no amount"},
    {Amount::after, "after",
     "how much is done first: of a write, the amount modulo (its length + 1) bytes; of another operation, all where "
     "the amount is odd. Of the first operation that a for_ever fault hits; of those after it, nothing"},
    {Amount::bytes, "bytes", "how many bytes it leaves: the longer calls are cut to that"},
    {Amount::bit, "bit", "which bit, from the lowest one of the first byte on, modulo the number of bits read"},
    {Amount::by, "by", "how many bytes further; where negative, how many before. A place before the start is no place"},
}};

inline constexpr std::array kLookingOps{OpKind::open, OpKind::read, OpKind::size, OpKind::list};
inline constexpr std::array kChangingOps{OpKind::create, OpKind::write,  OpKind::truncate, OpKind::allocate,
                                         OpKind::rename, OpKind::unlink, OpKind::make_dir};
inline constexpr std::array kFillingOps{OpKind::create,   OpKind::write,  OpKind::truncate,
                                        OpKind::allocate, OpKind::rename, OpKind::make_dir};
inline constexpr std::array kSyncingOps{OpKind::sync, OpKind::sync_dir};
inline constexpr std::array kWrites{OpKind::write};
inline constexpr std::array kReads{OpKind::read};

struct FaultKindInfo {
  FaultKind kind;
  std::string_view name;  // the enumerator's
  std::span<const OpKind> hits;
  Amount amount;
  std::string_view meaning;
};

inline constexpr std::array<FaultKindInfo, 11> kFaultKinds{{
    {FaultKind::read_error, "read_error", kLookingOps, Amount::none, "a look at the disk fails with EIO"},
    {FaultKind::write_error, "write_error", kChangingOps, Amount::after,
     "a change fails with EIO, and may have been made in part or whole"},
    {FaultKind::sync_error, "sync_error", kSyncingOps, Amount::none,
     "a sync fails with EIO, and what was pending may be lost"},
    {FaultKind::no_space, "no_space", kFillingOps, Amount::after,
     "a change that takes room fails with ENOSPC, and may have been made in part or whole"},
    {FaultKind::short_write, "short_write", kWrites, Amount::bytes, "a write writes fewer bytes, and says how many"},
    {FaultKind::short_read, "short_read", kReads, Amount::bytes, "a read gets fewer bytes, and says how many"},
    {FaultKind::lying_sync, "lying_sync", kSyncingOps, Amount::none, "a sync answers ok, and makes nothing durable"},
    {FaultKind::lost_write, "lost_write", kWrites, Amount::none, "a write answers ok, and writes nothing"},
    {FaultKind::misdirected_write, "misdirected_write", kWrites, Amount::by,
     "a write answers ok, and its bytes land at another offset of the file"},
    {FaultKind::bit_flip, "bit_flip", kReads, Amount::bit,
     "one bit of what is read is inverted; on the disk it is right"},
    {FaultKind::kill, "kill", kChangingOps, Amount::after,
     "the process dies before, after or, in a write, inside a change; what was done stays"},
}};

[[nodiscard]] const FaultKindInfo& info(FaultKind kind);
[[nodiscard]] const AmountInfo& info(Amount amount);

// The enumerators' names.
[[nodiscard]] std::string_view to_string(FaultKind kind);

// Whether the row of a kind names an operation.
[[nodiscard]] bool hits(FaultKind kind, OpKind op);

enum class Lasting { once, for_ever };
[[nodiscard]] std::string_view to_string(Lasting lasting);

struct Fault {
  FaultKind kind;
  std::optional<OpKind> op = std::nullopt;  // none: every operation that this kind hits
  std::string path = "*";                   // a pattern
  std::uint64_t at = 0;                     // among the operations that it counts
  Lasting lasting = Lasting::once;
  std::uint64_t amount = 0;  // as info(kind).amount says; a distance is in two's complement

  bool operator==(const Fault&) const = default;
};

// The longest distance of a misdirected write, in bytes: a file that grows by it still fits into memory.
inline constexpr std::uint64_t kMaxDistanceBytes = std::uint64_t{64} << 20;

// Whether there can be such a fault: its kind hits its operation, its amount means something, its pattern can stand in
// a line. Errors: invalid_argument, saying what is wrong.
kv::Result<void> check(const Fault& fault);

// The pattern that fits this path and no other.
[[nodiscard]] std::string pattern_of(std::string_view path);

// Whether the fault counts the operation. The length of a read is the number of bytes that it got.
[[nodiscard]] bool counts(const Fault& fault, const Op& op);

// One line, without its end; and back: parse_fault(to_text(fault)) == fault wherever check(fault) finds nothing.
// Errors: invalid_argument, saying what is wrong. There is one spelling for a fault, and any other is refused.
[[nodiscard]] std::string to_text(const Fault& fault);
kv::Result<Fault> parse_fault(std::string_view line);

// An operation meets at most one fault of a plan: the first that is due. The others have counted it all the same.
struct FaultPlan {
  std::vector<Fault> faults;

  bool operator==(const FaultPlan&) const = default;
};

// Errors: invalid_argument, saying in which line, counted from 1, what is wrong.
[[nodiscard]] std::string to_text(const FaultPlan& plan);
kv::Result<FaultPlan> parse_fault_plan(std::string_view text);

}  // namespace faultfs
