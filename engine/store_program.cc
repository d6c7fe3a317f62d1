#include "engine/store_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace kv {
namespace {

Command put(const std::string& key, const std::string& value) {
  return {"put " + key, [=](Store& store) { return store.put(key, value); },
          [=](Contents& contents) { contents[key] = value; }};
}

Command remove(const std::string& key) {
  return {"remove " + key, [=](Store& store) { return store.remove(key); },
          [=](Contents& contents) { contents.erase(key); }};
}

// Puts one key and removes another.
Command batch(const std::string& key, const std::string& value, const std::string& removed) {
  Batch both;
  both.put(key, value);
  both.remove(removed);
  return {"batch", [=](Store& store) { return store.write(both); },
          [=](Contents& contents) {
            contents[key] = value;
            contents.erase(removed);
          }};
}

void changes_nothing(Contents& /*contents*/) {}

Command sync() {
  return {"sync", [](Store& store) { return store.sync(); }, changes_nothing, true};
}

Command compact() {
  return {"compact", [](Store& store) { return store.compact(); }, changes_nothing, true};
}

// One command on a store, and what must hold whatever comes of it.
void run_command(Store& store, const Command& command, const ScriptedVfs& vfs, Account& account) {
  SCOPED_TRACE(command.name);
  const std::size_t operations = vfs.operations().size();
  const auto result = command.run(store);
  if (account.poison) {
    EXPECT_EQ(error_of(result).message(), account.poison->message());
    EXPECT_EQ(vfs.operations().size(), operations);
  } else if (result) {
    command.apply(account.states.emplace_back(account.states.back()));
    if (command.makes_durable) account.durable = account.states.size() - 1;
  } else if (result.error().code != ErrorCode::not_found && !account.maybe) {
    command.apply(account.maybe.emplace(account.states.back()));
  }
  if (store.status() != ErrorCode::ok && !account.poison) {
    account.poison = store.problem();
    EXPECT_EQ(result ? account.poison->message() : result.error().message(), account.poison->message());
  }
  EXPECT_EQ(contents_of(store), account.states.back());
}

}  // namespace

bool Account::allows_after_a_kill(const Contents& contents) const {
  return contents == states.back() || (maybe && contents == *maybe);
}

bool Account::allows_after_a_power_cut(const Contents& contents) const {
  const auto first = states.begin() + static_cast<std::ptrdiff_t>(durable);
  return std::find(first, states.end(), contents) != states.end() || (maybe && contents == *maybe);
}

std::vector<Command> long_program() {
  return {put("a", "1"),
          put("b", "2"),
          batch("c", "3", "a"),
          sync(),
          put("b", std::string(600, 'x')),
          compact(),
          put("d", "5"),
          remove("c"),
          put("e", "6"),
          batch("f", "7", "d"),
          put("g", "8"),
          put("b", "9"),
          compact(),
          put("h", "10"),
          put("h", "11")};
}

std::vector<Command> short_program() { return {put("a", "1"), put("b", "2"), compact(), put("a", "3")}; }

Options program_options(SyncPolicy sync) {
  return seeded({.sync = sync, .compact_after_operations = 5, .compact_after_bytes = 0}, 1);
}

Account run_program(ScriptedVfs& vfs, const Options& options, const std::vector<Command>& commands,
                    const Contents& before) {
  Account account{.states = {before}};
  const auto store = open_store(vfs, options);
  if (!store) return account;
  account.opened = true;
  EXPECT_EQ(contents_of(**store), before);
  const bool on_commit = options.sync == SyncPolicy::on_commit;
  for (Command command : commands) {
    command.makes_durable |= on_commit;
    run_command(**store, command, vfs, account);
  }
  account.operations_before_close = vfs.operations().size();
  const auto closed = (*store)->close();
  if (closed) account.durable = account.states.size() - 1;
  if (account.poison) {
    EXPECT_EQ(error_of(closed).message(), account.poison->message());
    EXPECT_EQ(vfs.operations().size(), account.operations_before_close);
  }
  return account;
}

}  // namespace kv
