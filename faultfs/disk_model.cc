#include "faultfs/disk_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <optional>
#include <span>
#include <vector>

#include "faultfs/line_scanner.h"

namespace faultfs {

namespace {

// The spelling of every enumerator, in the order of its enumeration.
constexpr std::array<std::string_view, 3> kSurvivals{"all", "none", "chosen"};
constexpr std::array<std::string_view, 2> kDataOrders{"any", "in_order"};
constexpr std::array<std::string_view, 3> kSizesBeforeData{"none", "zeros", "zeros_garbage_stale"};
constexpr std::array<std::string_view, 3> kDirectoryOrders{"in_order", "any", "lost"};
constexpr std::array<std::string_view, 4> kFailedSyncs{"stays_pending", "clean_readable", "reverted", "reported_late"};
constexpr std::array<std::string_view, 2> kBools{"false", "true"};

template <class Names, class Value>
std::string_view spelled(const Names& names, Value value) {
  return names.at(static_cast<std::size_t>(value));
}

template <class Value>
bool set_to_name(std::span<const std::string_view> names, std::string_view word, Value& value) {
  const auto at = std::ranges::find(names, word);
  if (at != names.end()) value = static_cast<Value>(at - names.begin());
  return at != names.end();
}

constexpr std::uint32_t kMaxSectorBytes = 65'536;

bool set_sector_bytes(std::string_view word, std::uint32_t& value) {
  std::uint64_t number = 0;
  if (!parse_number(word, number)) return false;
  if (!std::has_single_bit(number) || number > kMaxSectorBytes) return false;
  value = static_cast<std::uint32_t>(number);
  return true;
}

// A field of a model that has a text: all but its name.
struct Field {
  std::string_view name;
  std::string expected;
  std::string (*text)(const DiskModel&);
  bool (*set)(DiskModel&, std::string_view);
};

std::string one_of(std::span<const std::string_view> names) { return fmt::format("one of {}", fmt::join(names, ", ")); }

const std::vector<Field>& fields() {
  static const std::vector<Field> kFields{
      {"survival", one_of(kSurvivals), [](const DiskModel& m) { return std::string(to_string(m.survival)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kSurvivals, w, m.survival); }},
      {"sector_bytes", "a power of two from 1 to 65536",
       [](const DiskModel& m) { return fmt::format("{}", m.sector_bytes); },
       [](DiskModel& m, std::string_view w) { return set_sector_bytes(w, m.sector_bytes); }},
      {"data_order", one_of(kDataOrders), [](const DiskModel& m) { return std::string(to_string(m.data_order)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kDataOrders, w, m.data_order); }},
      {"size_before_data", one_of(kSizesBeforeData),
       [](const DiskModel& m) { return std::string(to_string(m.size_before_data)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kSizesBeforeData, w, m.size_before_data); }},
      {"harms_shared_sectors", one_of(kBools),
       [](const DiskModel& m) { return std::string(spelled(kBools, m.harms_shared_sectors)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kBools, w, m.harms_shared_sectors); }},
      {"directory_order", one_of(kDirectoryOrders),
       [](const DiskModel& m) { return std::string(to_string(m.directory_order)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kDirectoryOrders, w, m.directory_order); }},
      {"sync_names_file", one_of(kBools),
       [](const DiskModel& m) { return std::string(spelled(kBools, m.sync_names_file)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kBools, w, m.sync_names_file); }},
      {"failed_sync", one_of(kFailedSyncs), [](const DiskModel& m) { return std::string(to_string(m.failed_sync)); },
       [](DiskModel& m, std::string_view w) { return set_to_name(kFailedSyncs, w, m.failed_sync); }},
  };
  return kFields;
}

const DiskModel* find_named(std::string_view name) {
  const auto at = std::ranges::find(named_models(), name, [](const NamedModel& m) { return m.model.name; });
  return at == named_models().end() ? nullptr : &at->model;
}

std::string names_of_models() {
  std::vector<std::string_view> names;
  for (const NamedModel& named : named_models()) names.push_back(named.model.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// Takes the next word off the text; words are separated by blanks.
std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(word.size());
  return word;
}

kv::Result<void> set_field(DiskModel& model, std::string_view word) {
  const std::size_t equals = std::min(word.find('='), word.size());
  const auto field = std::ranges::find(fields(), word.substr(0, equals), &Field::name);
  if (field == fields().end() || equals == word.size()) {
    return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("disk model: \"{}\" is no FIELD=VALUE", word));
  }
  if (!field->set(model, word.substr(equals + 1))) {
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("disk model: \"{}\": expected {}", word, field->expected));
  }
  return {};
}

}  // namespace

std::string_view to_string(Survival value) { return spelled(kSurvivals, value); }
std::string_view to_string(DataOrder value) { return spelled(kDataOrders, value); }
std::string_view to_string(SizeBeforeData value) { return spelled(kSizesBeforeData, value); }
std::string_view to_string(DirectoryOrder value) { return spelled(kDirectoryOrders, value); }
std::string_view to_string(FailedSync value) { return spelled(kFailedSyncs, value); }

const std::array<NamedModel, 4>& named_models() {
  static const std::array<NamedModel, 4> kModels{{
      {{.name = "process_kill", .survival = Survival::all}, "the process dies and the page cache lives"},
      {{.name = "synced_only", .survival = Survival::none}, "the power is cut, and all that was pending is gone"},
      {{.name = "ordered",
        .size_before_data = SizeBeforeData::none,
        .directory_order = DirectoryOrder::in_order,
        .sync_names_file = true},
       "the power is cut on a file system that journals its metadata and writes data first, like ext4 data=ordered"},
      {{.name = "posix"}, "the power is cut, and nothing survives for certain but what was synced"},
  }};
  return kModels;
}

std::string to_text(const DiskModel& model) {
  const DiskModel* base = find_named(model.name);
  std::string text = base == nullptr ? "posix" : model.name;
  if (base == nullptr) base = find_named(text);
  for (const Field& field : fields()) {
    if (field.text(model) != field.text(*base)) text += fmt::format(" {}={}", field.name, field.text(model));
  }
  return text;
}

kv::Result<DiskModel> parse_disk_model(std::string_view text) {
  const std::string_view name = take_word(text);
  const DiskModel* base = find_named(name);
  if (base == nullptr) {
    return kv::fail(kv::ErrorCode::invalid_argument,
                    fmt::format("\"{}\" is no disk model: expected one of {}", name, names_of_models()));
  }
  DiskModel model = *base;
  for (std::string_view word = take_word(text); !word.empty(); word = take_word(text)) {
    TRY(set_field(model, word));
  }
  return model;
}

}  // namespace faultfs
