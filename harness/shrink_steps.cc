// The one user of RapidCheck outside of properties/.
#include "harness/shrink_steps.h"

#include <rapidcheck/shrink/Shrink.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <utility>

#include "faultfs/line_scanner.h"
#include "harness/workload.h"

namespace walbreaker {

namespace {

using Indices = std::vector<std::size_t>;

Indices all_below(std::size_t count) {
  Indices indices(count);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  return indices;
}

// Offers a candidate for each way to leave out a chunk of [0, count). `keep` makes the candidate of what stays.
template <class Keep>
bool offer_chunks(std::size_t count, const TakeCandidate& take, const Keep& keep) {
  auto chunks = rc::shrink::removeChunks(all_below(count));
  while (const auto kept = chunks.next()) {
    if (take(keep(*kept))) return true;
  }
  return false;
}

// The same for each stage.
template <class Offer>
bool in_each_stage(const Case& c, const Offer& offer) {
  for (std::size_t i = 0; i < c.stages.size(); ++i) {
    if (offer(i)) return true;
  }
  return false;
}

template <class T>
std::vector<T> only(const std::vector<T>& all, const Indices& kept) {
  std::vector<T> some;
  some.reserve(kept.size());
  for (const std::size_t index : kept) some.push_back(all[index]);
  return some;
}

std::size_t count_below(const Indices& kept, std::size_t index) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kept, index) - kept.begin());
}

// The place of a command among those that stay.
std::optional<std::size_t> moved(const Indices& kept, std::size_t index) {
  if (!std::ranges::binary_search(kept, index)) return std::nullopt;
  return count_below(kept, index);
}

// An operation of a command that is gone is gone; false then.
bool move(OpAnchor& op, const Indices& kept) {
  if (op.during != During::command) return true;
  const auto place = moved(kept, op.index);
  if (place) op.index = *place;
  return place.has_value();
}

void move(AnchoredCrash& crash, const Indices& kept) {
  if (crash.op && !move(*crash.op, kept)) crash = {};
  std::erase_if(crash.fates, [&](AnchoredFate& fate) { return !move(fate.op, kept); });
}

// The stage with some of its commands, and everything that names them.
void keep_commands(Stage& stage, const Indices& kept) {
  Script& script = stage.script;
  script.commands = only(script.commands, kept);
  std::map<std::size_t, Restart> restarts;
  for (const auto& [index, restart] : script.restarts) restarts.emplace(count_below(kept, index), restart);
  script.restarts = std::move(restarts);
  std::map<std::size_t, faultfs::FaultPlan> faults;
  for (auto& [index, plan] : script.faults) {
    if (const auto place = moved(kept, index)) faults.emplace(*place, std::move(plan));
  }
  script.faults = std::move(faults);
  if (stage.crash) move(stage.crash->at, kept);
  if (stage.found) stage.found->acked = count_below(kept, stage.found->acked);
}

// --- the steps ---

bool for_each_command(const Case& c, const std::function<bool(const Command&, std::size_t, std::size_t)>& offer) {
  return in_each_stage(c, [&](std::size_t stage) {
    const auto& commands = c.stages[stage].script.commands;
    for (std::size_t i = 0; i < commands.size(); ++i) {
      if (offer(commands[i], stage, i)) return true;
    }
    return false;
  });
}

bool fewer_stages(const Case& c, const TakeCandidate& take) {
  if (c.stages.size() < 2) return false;
  return offer_chunks(c.stages.size(), take, [&](const Indices& kept) {
    Case smaller = c;
    smaller.stages = only(c.stages, kept.empty() ? Indices{0} : kept);
    return smaller;
  });
}

bool fewer_commands(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    return offer_chunks(c.stages[stage].script.commands.size(), take, [&](const Indices& kept) {
      Case smaller = c;
      keep_commands(smaller.stages[stage], kept);
      return smaller;
    });
  });
}

// Those of a map at the places that stay.
template <class Map>
Map only(const Map& all, const Indices& kept) {
  Map some;
  for (const std::size_t index : kept) some.insert(*std::next(all.begin(), static_cast<std::ptrdiff_t>(index)));
  return some;
}

bool fewer_restarts(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    return offer_chunks(c.stages[stage].script.restarts.size(), take, [&](const Indices& kept) {
      Case smaller = c;
      smaller.stages[stage].script.restarts = only(c.stages[stage].script.restarts, kept);
      return smaller;
    });
  });
}

bool fewer_faults(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    const Script& script = c.stages[stage].script;
    Case smaller = c;
    smaller.stages[stage].script.live_fault.reset();
    if (script.live_fault && take(smaller)) return true;
    return offer_chunks(script.faults.size(), take, [&](const Indices& kept) {
      Case fewer = c;
      fewer.stages[stage].script.faults = only(script.faults, kept);
      return fewer;
    });
  });
}

// A fault that is counted by operations comes earlier by those of a command that is gone.
bool earlier_faults(const Case& c, const TakeCandidate& take) {
  constexpr std::uint64_t kMostOps = 8;  // few commands do more
  return for_each_command(c, [&](const Command& /*command*/, std::size_t stage, std::size_t index) {
    const auto& live_fault = c.stages[stage].script.live_fault;
    if (!live_fault) return false;
    Indices kept = all_below(c.stages[stage].script.commands.size());
    kept.erase(kept.begin() + static_cast<std::ptrdiff_t>(index));
    for (std::uint64_t ops = 1; ops <= std::min(kMostOps, live_fault->fault.at); ++ops) {
      Case smaller = c;
      keep_commands(smaller.stages[stage], kept);
      smaller.stages[stage].script.live_fault->fault.at -= ops;
      if (take(smaller)) return true;
    }
    return false;
  });
}

Case with_settings(const Case& c, const Settings& settings) {
  Case other = c;
  other.settings = settings;
  for (Stage& stage : other.stages) stage.script.settings = settings;
  return other;
}

bool fewer_settings(const Case& c, const TakeCandidate& take) {
  return offer_chunks(c.settings.size(), take,
                      [&](const Indices& kept) { return with_settings(c, only(c.settings, kept)); });
}

// A store that compacts after every third command needs fewer of them than one that does after sixty.
bool smaller_settings(const Case& c, const TakeCandidate& take) {
  for (const auto& [name, value] : c.settings) {
    std::uint64_t number = 0;
    if (!faultfs::parse_number(value, number) || number < 2) continue;  // 0 is often another word for never
    auto numbers = rc::shrink::towards(number, std::uint64_t{1});
    while (const auto smaller_number = numbers.next()) {
      Settings settings = c.settings;
      settings[name] = std::to_string(*smaller_number);
      if (take(with_settings(c, settings))) return true;
    }
  }
  return false;
}

bool empty_disk(const Case& c, const TakeCandidate& take) {
  if (c.image.files.empty()) return false;
  Case smaller = c;
  smaller.image.files.clear();
  return take(smaller);
}

// --- commands ---

kv::Batch batch_of(const std::vector<kv::Batch::Operation>& writes) {
  kv::Batch batch;
  for (const auto& write : writes) {
    if (write.kind == kv::Batch::Kind::put) {
      batch.put(write.key, write.value);
    } else {
      batch.remove(write.key);
    }
  }
  return batch;
}

Case with_command(const Case& c, std::size_t stage, std::size_t index, Command command) {
  Case other = c;
  other.stages[stage].script.commands[index] = std::move(command);
  return other;
}

bool smaller_batches(const Case& c, const TakeCandidate& take) {
  return for_each_command(c, [&](const Command& command, std::size_t stage, std::size_t index) {
    if (command.kind != CommandKind::batch) return false;
    const auto& writes = command.writes.operations();
    if (writes.size() == 1) {
      const bool is_put = writes.front().kind == kv::Batch::Kind::put;
      return take(with_command(c, stage, index, {is_put ? CommandKind::put : CommandKind::del, command.writes}));
    }
    return offer_chunks(writes.size(), take, [&](const Indices& kept) {
      return with_command(c, stage, index, {CommandKind::batch, batch_of(only(writes, kept))});
    });
  });
}

// How long the part of a value is that says who wrote it: no value becomes shorter, so that no two become equal.
std::size_t shortest(const std::string& value) {
  const auto stamp = read_stamp(value);
  if (!stamp) return value.size();
  return value.find('.', value.find('.') + 1) + 1;
}

std::vector<kv::Batch::Operation> cut_values(std::vector<kv::Batch::Operation> writes, std::size_t filler_bytes) {
  for (auto& write : writes) {
    write.value.resize(std::min(write.value.size(), shortest(write.value) + filler_bytes));
  }
  return writes;
}

bool shortest_values(const Case& c, const TakeCandidate& take) {
  Case smaller = c;
  bool is_smaller = false;
  for (Stage& stage : smaller.stages) {
    for (Command& command : stage.script.commands) {
      const auto cut = cut_values(command.writes.operations(), 0);
      is_smaller |= cut != command.writes.operations();
      command.writes = batch_of(cut);
    }
  }
  return is_smaller && take(smaller);
}

bool shorter_values(const Case& c, const TakeCandidate& take) {
  return for_each_command(c, [&](const Command& command, std::size_t stage, std::size_t index) {
    std::size_t filler = 0;
    for (const auto& write : command.writes.operations()) {
      filler = std::max(filler, write.value.size() - shortest(write.value));
    }
    auto lengths = rc::shrink::towards(filler, std::size_t{0});
    while (const auto length = lengths.next()) {
      const kv::Batch writes = batch_of(cut_values(command.writes.operations(), *length));
      if (take(with_command(c, stage, index, {command.kind, writes}))) return true;
    }
    return false;
  });
}

// a, b, c ... in the order that the keys had.
bool short_keys(const Case& c, const TakeCandidate& take) {
  std::map<std::string, std::string> names;
  for (const Stage& stage : c.stages) {
    for (const Command& command : stage.script.commands) {
      for (const auto& write : command.writes.operations()) names[write.key];
    }
  }
  constexpr std::size_t kLetters = 26;
  if (names.size() > kLetters || !c.image.files.empty()) return false;
  char letter = 'a';
  bool is_shorter = false;
  for (auto& [key, name] : names) {
    name.assign(1, letter++);
    is_shorter |= key.size() > 1;
  }
  if (!is_shorter) return false;
  Case other = c;
  for (Stage& stage : other.stages) {
    for (Command& command : stage.script.commands) {
      auto writes = command.writes.operations();
      for (auto& write : writes) write.key = names.at(write.key);
      command.writes = batch_of(writes);
    }
  }
  return take(other);
}

// --- the crash ---

bool fewer_fates(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    if (!c.stages[stage].crash) return false;
    const auto& fates = c.stages[stage].crash->at.fates;
    return offer_chunks(fates.size(), take, [&](const Indices& kept) {
      Case smaller = c;
      smaller.stages[stage].crash->at.fates = only(fates, kept);
      return smaller;
    });
  });
}

bool whole_fates(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    if (!c.stages[stage].crash) return false;
    for (std::size_t i = 0; i < c.stages[stage].crash->at.fates.size(); ++i) {
      if (c.stages[stage].crash->at.fates[i].pieces == "k") continue;
      Case simpler = c;
      simpler.stages[stage].crash->at.fates[i].pieces.assign(1, 'k');
      if (take(simpler)) return true;
    }
    return false;
  });
}

bool whole_writes(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    if (!c.stages[stage].crash || !c.stages[stage].crash->at.bytes) return false;
    Case simpler = c;
    auto& bytes = simpler.stages[stage].crash->at.bytes;
    bytes.reset();
    if (take(simpler)) return true;
    auto fewer = rc::shrink::towards(*c.stages[stage].crash->at.bytes, std::uint64_t{1});
    while (const auto count = fewer.next()) {
      bytes = *count;
      if (*count > 0 && take(simpler)) return true;
    }
    return false;
  });
}

// A disk that promises more makes the finding stronger.
bool stronger_models(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    if (!c.stages[stage].crash) return false;
    for (const faultfs::NamedModel& row : faultfs::named_models()) {
      if (row.model == c.stages[stage].crash->model) return false;
      Case stronger = c;
      stronger.stages[stage].crash->model = row.model;
      if (take(stronger)) return true;
    }
    return false;
  });
}

bool plain_faults(const Case& c, const TakeCandidate& take) {
  return in_each_stage(c, [&](std::size_t stage) {
    if (!c.stages[stage].script.live_fault) return false;
    Case simpler = c;
    faultfs::Fault& fault = simpler.stages[stage].script.live_fault->fault;
    if (std::exchange(fault.lasting, faultfs::Lasting::once) != faultfs::Lasting::once && take(simpler)) return true;
    simpler = c;
    const bool is_after = faultfs::info(fault.kind).amount == faultfs::Amount::after;
    return is_after && std::exchange(fault.amount, 0) != 0 && take(simpler);
  });
}

constexpr std::array kSteps{
    ShrinkStep{"fewer_stages", fewer_stages},       ShrinkStep{"fewer_commands", fewer_commands},
    ShrinkStep{"empty_disk", empty_disk},           ShrinkStep{"fewer_restarts", fewer_restarts},
    ShrinkStep{"fewer_faults", fewer_faults},       ShrinkStep{"earlier_faults", earlier_faults},
    ShrinkStep{"shortest_values", shortest_values}, ShrinkStep{"smaller_batches", smaller_batches},
    ShrinkStep{"fewer_settings", fewer_settings},   ShrinkStep{"smaller_settings", smaller_settings},
    ShrinkStep{"shorter_values", shorter_values},   ShrinkStep{"short_keys", short_keys},
    ShrinkStep{"stronger_models", stronger_models}, ShrinkStep{"fewer_fates", fewer_fates},
    ShrinkStep{"whole_fates", whole_fates},         ShrinkStep{"whole_writes", whole_writes},
    ShrinkStep{"plain_faults", plain_faults}};

}  // namespace

std::span<const ShrinkStep> shrink_steps() { return kSteps; }

}  // namespace walbreaker
