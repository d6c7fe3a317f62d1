#include "properties/store_model.h"

#include <fmt/format.h>

#include <utility>

namespace walbreaker::properties {
namespace {

constexpr const char* kDirectory = "db";

kv::Batch batch_of(const Command& command) {
  kv::Batch batch;
  for (const char* suffix : {"", "+", "++"}) batch.put(command.key + suffix, command.value);
  return batch;
}

std::string_view name_of(Verb verb) {
  switch (verb) {
    case Verb::put: return "put";
    case Verb::remove: return "remove";
    case Verb::batch: return "batch";
    case Verb::sync: return "sync";
    case Verb::compact: return "compact";
  }
  return "unknown";
}

}  // namespace

rc::Gen<Command> any_command() {
  const auto verb = rc::gen::weightedElement<Verb>(
      {{8, Verb::put}, {3, Verb::remove}, {2, Verb::batch}, {1, Verb::sync}, {1, Verb::compact}});
  const auto key = rc::gen::map(rc::gen::inRange(0, 12), [](int number) { return fmt::format("key{}", number); });
  const auto value = rc::gen::map(rc::gen::pair(rc::gen::inRange(0, 1'000), rc::gen::inRange(0, 300)), [](auto drawn) {
    return std::string(static_cast<std::size_t>(drawn.second), 'v') + std::to_string(drawn.first);
  });
  return rc::gen::build<Command>(rc::gen::set(&Command::verb, verb), rc::gen::set(&Command::key, key),
                                 rc::gen::set(&Command::value, value));
}

std::ostream& operator<<(std::ostream& out, const Command& command) {
  return out << fmt::format("{} {} ({} bytes)", name_of(command.verb), command.key, command.value.size());
}

void apply(const Command& command, Contents& contents) {
  if (command.verb == Verb::put) contents[command.key] = command.value;
  if (command.verb == Verb::remove) contents.erase(command.key);
  if (command.verb != Verb::batch) return;
  const kv::Batch batch = batch_of(command);
  for (const auto& operation : batch.operations()) contents[operation.key] = operation.value;
}

std::vector<Contents> contents_after_each(const std::vector<Command>& commands) {
  std::vector<Contents> all(1);
  for (const Command& command : commands) {
    all.push_back(all.back());
    apply(command, all.back());
  }
  return all;
}

kv::Result<void> issue(kv::Store& store, const Command& command) {
  switch (command.verb) {
    case Verb::put: return store.put(command.key, command.value);
    case Verb::remove: return store.remove(command.key);
    case Verb::batch: return store.write(batch_of(command));
    case Verb::sync: return store.sync();
    case Verb::compact: return store.compact();
  }
  return {};
}

void run(kv::Store& store, const std::vector<Command>& commands) {
  for (const Command& command : commands) {
    const auto answer = issue(store, command);
    const bool missing = !answer && answer.error().code == kv::ErrorCode::not_found && command.verb == Verb::remove;
    if (!answer && !missing) RC_FAIL(answer.error().message());
  }
}

kv::Options options_with_seed(std::uint64_t seed) {
  kv::Options options;
  options.entropy = [seed]() mutable { return seed += 0x9e3779b97f4a7c15; };
  return options;
}

std::unique_ptr<kv::Store> open_store(kv::Vfs& vfs, const kv::Options& options) {
  auto store = kv::Store::open(vfs, kDirectory, options);
  if (!store) RC_FAIL(store.error().message());
  return std::move(*store);
}

Contents scan_all(const kv::Store& store) {
  Contents contents;
  const auto scanned = store.scan({}, std::nullopt, [&](std::string_view key, std::string_view value) {
    contents.emplace(key, value);
    return true;
  });
  if (!scanned) RC_FAIL(scanned.error().message());
  return contents;
}

Outcome reopen(const faultfs::Image& image) {
  faultfs::SimDisk disk(image);
  const auto store = kv::Store::open(disk, kDirectory, options_with_seed(99));
  if (!store) return {std::nullopt, store.error().code == kv::ErrorCode::corrupted};
  return {scan_all(**store), (*store)->status() == kv::ErrorCode::corrupted};
}

}  // namespace walbreaker::properties
