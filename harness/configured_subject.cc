#include "harness/configured_subject.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <utility>

#include "faultfs/sim_disk.h"
#include "harness/promise.h"

namespace walbreaker {

namespace {

constexpr std::string_view kSet = "set ";
constexpr std::string_view kPromise = "promise ";

}  // namespace

kv::Result<std::shared_ptr<const ConfiguredSubject>> ConfiguredSubject::make(const Subject& inner, Settings settings,
                                                                             std::vector<PromiseTerm> promise) {
  TRY(parse_promise(promise));
  for (const auto& [key, value] : settings) {
    if (key.contains('\n') || value.contains('\n')) {
      return kv::fail(kv::ErrorCode::invalid_argument, fmt::format("setting {}: a newline in it", key));
    }
  }
  return std::shared_ptr<const ConfiguredSubject>(
      new ConfiguredSubject(inner, std::move(settings), std::move(promise)));
}

ConfiguredSubject::ConfiguredSubject(const Subject& inner, Settings settings, std::vector<PromiseTerm> promise)
    : inner_(inner), settings_(std::move(settings)), promise_(std::move(promise)) {}

std::string ConfiguredSubject::found_by() const {
  std::string text = inner_.found_by();
  for (const auto& [key, value] : settings_) text += fmt::format("\n{}{}={}", kSet, key, value);
  for (const auto& [key, value] : promise_) text += fmt::format("\n{}{}={}", kPromise, key, value);
  return text;
}

Settings ConfiguredSubject::over(Settings settings) const {
  for (const auto& [key, value] : settings_) settings[key] = value;
  return settings;
}

std::vector<PromiseTerm> ConfiguredSubject::promise(const Settings& settings) const {
  std::vector<PromiseTerm> terms = inner_.promise(over(settings));
  for (const PromiseTerm& mine : promise_) {
    const auto term = std::ranges::find(terms, mine.key, &PromiseTerm::key);
    if (term == terms.end()) {
      terms.push_back(mine);
    } else {
      term->value = mine.value;
    }
  }
  return terms;
}

std::vector<Settings> ConfiguredSubject::ways() const {
  std::vector<Settings> ways;
  for (Settings& way : inner_.ways()) {
    Settings configured = over(std::move(way));
    if (std::ranges::find(ways, configured) == ways.end()) ways.push_back(std::move(configured));
  }
  return ways;
}

kv::Result<Opened> ConfiguredSubject::open(kv::Vfs& vfs, const std::string& directory,
                                           const OpenRequest& request) const {
  OpenRequest configured = request;
  configured.settings = over(std::move(configured.settings));
  return inner_.open(vfs, directory, configured);
}

namespace {

// What stands behind the first line of found_by(). False: it is something else.
bool parse_lines(std::string_view lines, Settings& settings, std::vector<PromiseTerm>& promise) {
  while (!lines.empty()) {
    lines.remove_prefix(1);  // the newline
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(line.size());
    const bool set = line.starts_with(kSet);
    if (!set && !line.starts_with(kPromise)) return false;
    auto term = parse_term(line.substr(set ? kSet.size() : kPromise.size()));
    if (!term) return false;
    if (set) {
      settings[term->key] = term->value;
    } else {
      promise.push_back(std::move(*term));
    }
  }
  return true;
}

}  // namespace

const Subject* find_configured(std::string_view found_by, const Subject* (*find)(std::string_view)) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const ConfiguredSubject>, std::less<>> known;
  const std::lock_guard lock(mutex);
  if (const auto found = known.find(found_by); found != known.end()) return found->second.get();

  const std::string_view inner_name = found_by.substr(0, found_by.find('\n'));
  const Subject* inner = find(inner_name);
  Settings settings;
  std::vector<PromiseTerm> promise;
  if (inner == nullptr || !parse_lines(found_by.substr(inner_name.size()), settings, promise)) return nullptr;
  auto made = ConfiguredSubject::make(*inner, std::move(settings), std::move(promise));
  if (!made) return nullptr;
  return known.emplace(found_by, std::move(*made)).first->second.get();
}

kv::Result<void> try_settings(const Subject& subject) {
  for (const Settings& way : subject.ways()) {
    faultfs::SimDisk disk;
    auto opened = subject.open(disk, "store", {.settings = way, .entropy = 1});
    const bool refused = !opened && opened.error().code == kv::ErrorCode::invalid_argument;
    if (refused) return std::unexpected(std::move(opened).error());
  }
  return {};
}

}  // namespace walbreaker
