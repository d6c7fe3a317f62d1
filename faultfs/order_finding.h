// Findings of the order check: barriers that a subject left out or issued too late, as values.
//
// The check itself, and what exactly makes each finding, is order_check_vfs.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "faultfs/op.h"

namespace faultfs {

enum class OrderKind {
  ack_before_durable,
  rename_before_sync,
  unlink_too_early,
  write_after_failed_sync,
};

struct OrderKindInfo {
  OrderKind kind;
  std::string_view name;  // the enumerator's
  std::string_view meaning;
};

inline constexpr std::array<OrderKindInfo, 4> kOrderKinds{{
    {OrderKind::ack_before_durable, "ack_before_durable",
     "a command was acknowledged while something that it wrote was not durable"},
    {OrderKind::rename_before_sync, "rename_before_sync", "a file was renamed while bytes of it were not synced"},
    {OrderKind::unlink_too_early, "unlink_too_early",
     "a durable file was taken away before the name of the file that replaces it was durable"},
    {OrderKind::write_after_failed_sync, "write_after_failed_sync",
     "a file was written or synced again after a sync of it had failed"},
}};

[[nodiscard]] const OrderKindInfo& info(OrderKind kind);

// One cause: a kind, and the file whose barrier is missing. Files whose names differ in digits alone, as those of two
// generations do, have the same cause.
struct OrderFinding {
  OrderKind kind;
  std::vector<OpIndex>
      operations;                  // involved when it was first met, in order: what is not durable, and what came after
  std::vector<std::string> paths;  // as the subject spelled them: first the file that is at risk
  std::optional<std::uint64_t> command;  // under way or acknowledged when it was first met
  std::string text;                      // what happened, what a power cut can do, and which call is missing
  std::uint64_t repeats = 0;             // how many times more the same was met
};

}  // namespace faultfs
