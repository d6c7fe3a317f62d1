// For tests: a program that uses a store, goes on calling it whatever it answers, and keeps account of the answers.
//
//   Account account = run_program(vfs, options);
//   EXPECT_TRUE(account.allows_after_a_kill(reopened(disk.image()).contents));
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/store_scene.h"

namespace kv {

// What a program was told, and what it may therefore expect to find later.
struct Account {
  bool opened = false;
  std::vector<Contents> states;   // what the open served, and then the contents after each command that was acked
  std::size_t durable = 0;        // the state that the last acked sync, compact or close has made durable
  std::optional<Contents> maybe;  // the contents with the first command that failed
  std::optional<Error> poison;
  std::size_t operations_before_close = 0;

  // Whether contents are those after k commands: for a kill all that were acked; for a power cut at least the durable
  // ones. The command that failed may be there, whole.
  [[nodiscard]] bool allows_after_a_kill(const Contents& contents) const;
  [[nodiscard]] bool allows_after_a_power_cut(const Contents& contents) const;
};

struct Command {
  std::string name;
  std::function<Result<void>(Store&)> run;
  std::function<void(Contents&)> apply;
  bool makes_durable = false;  // everything, where it is acked
};

// Puts, removes, batches, a sync, two compactions on request and more that are due.
[[nodiscard]] std::vector<Command> long_program();

// Two puts, a compaction, and another put.
[[nodiscard]] std::vector<Command> short_program();

// What programs run with: a compaction is due after five operations.
[[nodiscard]] Options program_options(SyncPolicy sync = SyncPolicy::on_commit);

// Opens the store, which holds `before`, runs the commands, and closes it. After each command it checks that reads show
// the acked commands and no other, that a store that is poisoned refuses every write with the same error, and that it
// touches the disk no more.
Account run_program(ScriptedVfs& vfs, const Options& options, const std::vector<Command>& commands,
                    const Contents& before = {});

}  // namespace kv
