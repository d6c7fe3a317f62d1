#include "harness/plugin_library.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include <dlfcn.h>

#include "harness/plugin_check.h"
#include "harness/plugin_subject.h"

namespace walbreaker {

namespace fs = std::filesystem;

namespace {

using kv::ErrorCode;
using kv::Result;

constexpr std::string_view kEnding = ".so";

std::optional<std::string> find_file(const std::string& name) {
  std::error_code error;
  for (const std::string& folder : plugin_folders()) {
    const fs::path path = fs::path(folder) / fmt::format("{}{}", name, kEnding);
    if (fs::exists(path, error)) return path.string();
  }
  return std::nullopt;
}

Result<std::string> path_of(const std::string& name_or_path) {
  std::optional<std::string> path = name_or_path;
  if (!name_or_path.contains('/')) path = find_file(name_or_path);
  if (!path) {
    return kv::fail(ErrorCode::invalid_argument,
                    fmt::format("there is no plugin {}{} in {}; a library elsewhere is named with a '/'", name_or_path,
                                kEnding, fmt::join(plugin_folders(), ", ")));
  }
  std::error_code error;
  const fs::path real = fs::canonical(*path, error);
  if (error) return kv::fail_errno(error.value(), "plugin " + *path);
  return real.string();
}

struct CloseLibrary {
  void operator()(void* library) const { ::dlclose(library); }
};

Result<std::unique_ptr<PluginSubject>> load(const std::string& path) {
  std::unique_ptr<void, CloseLibrary> library(::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL));
  if (!library) {
    const char* why = ::dlerror();
    return kv::fail(ErrorCode::invalid_argument, fmt::format("plugin {}: it cannot be loaded: {}", path, why));
  }
  void* const symbol = ::dlsym(library.get(), "walbreaker_plugin_entry");
  if (symbol == nullptr) {
    return kv::fail(ErrorCode::invalid_argument,
                    fmt::format("plugin {}: it does not export walbreaker_plugin_entry", path));
  }
  const auto entry = reinterpret_cast<decltype(&walbreaker_plugin_entry)>(symbol);
  const walbreaker_plugin* plugin = entry(WALBREAKER_ABI_VERSION);
  TRY(check_plugin(plugin, path));
  (void)library.release();  // threads of its own, and what it runs at exit, stand no unloading
  return std::make_unique<PluginSubject>(*plugin, path);
}

}  // namespace

std::vector<std::string> plugin_folders() {
  std::vector<std::string> folders;
  if (const char* configured = std::getenv("WALBREAKER_PLUGIN_PATH"); configured != nullptr) {
    std::string_view rest = configured;
    while (!rest.empty()) {
      const std::string_view folder = rest.substr(0, rest.find(':'));
      if (!folder.empty()) folders.emplace_back(folder);
      rest.remove_prefix(std::min(folder.size() + 1, rest.size()));
    }
    return folders;
  }
  std::error_code error;
  const fs::path prefix = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  folders.push_back((prefix / "plugins").string());
  folders.push_back((prefix / WALBREAKER_PLUGIN_DIR).string());
  return folders;
}

std::vector<std::string> plugin_names() {
  std::set<std::string> names;
  for (const std::string& folder : plugin_folders()) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      if (entry.path().extension() == kEnding) names.insert(entry.path().stem().string());
    }
  }
  return {names.begin(), names.end()};
}

Result<const Subject*> load_plugin(const std::string& name_or_path) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<PluginSubject>> loaded;
  const std::string path = TRY(path_of(name_or_path));
  const std::lock_guard lock(mutex);
  auto& subject = loaded[path];
  if (!subject) subject = TRY(load(path));
  return subject.get();
}

}  // namespace walbreaker
