#include "harness/plugin_subject.h"

#include <fmt/format.h>

#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "harness/exported_vfs.h"
#include "harness/plugin_check.h"
#include "harness/plugin_error.h"

namespace walbreaker {

namespace {

using kv::ErrorCode;
using kv::Result;

walbreaker_bytes to_bytes(const std::string& text) { return {text.data(), text.size()}; }

// What a plugin has a visitor visit.
class Visited {
 public:
  static int visit(void* context, walbreaker_bytes key, walbreaker_bytes value) {
    return static_cast<Visited*>(context)->add(key, value) ? 1 : 0;
  }

  // Nothing, or what was wrong with a visit.
  [[nodiscard]] const char* wrong() const { return wrong_; }
  Listing take() { return std::move(listing_); }

 private:
  bool add(walbreaker_bytes key, walbreaker_bytes value) {
    const bool null = (key.data == nullptr && key.size > 0) || (value.data == nullptr && value.size > 0);
    if (null) wrong_ = "visited a null pointer with a size";
    if (key.size > kMostVisitedBytes - bytes_ || value.size > kMostVisitedBytes - bytes_ - key.size ||
        listing_.size() == kMostVisits) {
      wrong_ = "does not come to an end";
    }
    if (wrong_ != nullptr) return false;
    bytes_ += key.size + value.size;
    try {
      listing_.emplace_back(std::string(key.data, key.size), std::string(value.data, value.size));
    } catch (const std::bad_alloc&) {
      wrong_ = "visits more than memory holds";
    }
    return wrong_ == nullptr;
  }

  Listing listing_;
  std::size_t bytes_ = 0;
  const char* wrong_ = nullptr;
};

std::unexpected<kv::Error> defect(std::string_view call, std::string_view text) {
  return kv::fail(ErrorCode::internal, fmt::format("{} {}", call, text));
}

class PluginSession final : public Session {
 public:
  PluginSession(const walbreaker_plugin& plugin, std::unique_ptr<ExportedVfs> vfs, walbreaker_session* session)
      : plugin_(plugin), vfs_(std::move(vfs)), session_(session) {}
  PluginSession(const PluginSession&) = delete;
  PluginSession& operator=(const PluginSession&) = delete;

  ~PluginSession() override {
    vfs_->cut_off();
    plugin_.abandon(session_);
  }

  Result<void> put(const std::string& key, const std::string& value) override {
    return ask("put", [&](auto* error) { return plugin_.put(session_, to_bytes(key), to_bytes(value), error); });
  }

  Result<bool> del(const std::string& key) override {
    return ask_for_key("del", [&](auto* error) { return plugin_.del(session_, to_bytes(key), error); });
  }

  Result<void> batch(const kv::Batch& batch) override {
    if (plugin_.batch == nullptr) return kv::fail(ErrorCode::invalid_argument, "the plugin has no batch");
    std::vector<walbreaker_write> writes;
    writes.reserve(batch.size());
    for (const auto& write : batch.operations()) {
      const bool is_put = write.kind == kv::Batch::Kind::put;
      writes.push_back(
          {is_put ? WALBREAKER_WRITE_PUT : WALBREAKER_WRITE_DEL, to_bytes(write.key), to_bytes(write.value)});
    }
    return ask("batch", [&](auto* error) { return plugin_.batch(session_, writes.data(), writes.size(), error); });
  }

  Result<std::optional<std::string>> get(const std::string& key) override {
    Visited visited;
    const bool found = TRY(ask_for_key(
        "get", [&](auto* error) { return plugin_.get(session_, to_bytes(key), Visited::visit, &visited, error); }));
    if (visited.wrong() != nullptr) return defect("get", visited.wrong());
    Listing listing = visited.take();
    if (listing.size() != (found ? 1U : 0U)) {
      return defect("get", fmt::format("answered {}, and visited {} keys", found ? "ok" : "missing", listing.size()));
    }
    if (!found) return std::nullopt;
    if (listing.front().first != key) return defect("get", "visited another key");
    return std::move(listing.front().second);
  }

  Result<Listing> scan() override {
    Visited visited;
    TRY(ask("scan", [&](auto* error) { return plugin_.scan(session_, Visited::visit, &visited, error); }));
    if (visited.wrong() != nullptr) return defect("scan", visited.wrong());
    return visited.take();
  }

  Result<void> sync() override {
    return ask("sync", [&](auto* error) { return plugin_.sync(session_, error); });
  }

  Result<void> compact() override {
    if (plugin_.compact == nullptr) return kv::fail(ErrorCode::invalid_argument, "the plugin has no compact");
    return ask("compact", [&](auto* error) { return plugin_.compact(session_, error); });
  }

  Result<void> close() override {
    return ask("close", [&](auto* error) { return plugin_.close(session_, error); });
  }

  // Waits until the plugin's threads are out of the vfs.
  Result<void> quiesce() {
    if (plugin_.quiesce == nullptr) return {};
    walbreaker_error error{};
    const int answer = plugin_.quiesce(session_, &error);
    if (answer == WALBREAKER_OK) return {};
    return std::unexpected(from_plugin_error(answer, error, "quiesce"));
  }

 private:
  // Gives a command. False: it answered that there is no such key.
  template <class Call>
  Result<bool> ask_for_key(std::string_view name, Call call) {
    walbreaker_error error{};
    const int answer = call(&error);
    TRY(quiesce());
    if (answer == WALBREAKER_OK) return true;
    if (answer == WALBREAKER_MISSING) return false;
    return std::unexpected(from_plugin_error(answer, error, name));
  }

  template <class Call>
  Result<void> ask(std::string_view name, Call call) {
    if (TRY(ask_for_key(name, call))) return {};
    return defect(name, "answered missing, which is for del and get");
  }

  const walbreaker_plugin& plugin_;
  std::unique_ptr<ExportedVfs> vfs_;
  walbreaker_session* session_;
};

Result<OpenAnswer> answer_of(int answer) {
  switch (answer) {
    case WALBREAKER_CLEAN: return OpenAnswer::clean;
    case WALBREAKER_TORN: return OpenAnswer::torn;
    case WALBREAKER_DAMAGED: return OpenAnswer::damaged;
    default: return defect("open", fmt::format("answered {}, which is neither clean nor torn nor damaged", answer));
  }
}

}  // namespace

PluginSubject::PluginSubject(const walbreaker_plugin& plugin, std::string file)
    : plugin_(plugin), file_(std::move(file)) {}

Capabilities PluginSubject::capabilities() const { return capabilities_of(plugin_); }

std::vector<PromiseTerm> PluginSubject::promise(const Settings& settings) const {
  return promise_of(plugin_, settings);
}

std::vector<Settings> PluginSubject::ways() const {
  if (plugin_.way_count == 0) return {{}};
  std::vector<Settings> ways(plugin_.way_count);
  for (std::size_t i = 0; i < ways.size(); ++i) {
    const walbreaker_way& way = plugin_.ways[i];
    for (std::size_t j = 0; j < way.count; ++j) ways[i][way.settings[j].name] = way.settings[j].value;
  }
  return ways;
}

FileRole PluginSubject::role_of(std::string_view file_name) const {
  if (plugin_.role_of == nullptr) return FileRole::other;
  switch (plugin_.role_of(std::string(file_name).c_str())) {
    case WALBREAKER_ROLE_LOG: return FileRole::log;
    case WALBREAKER_ROLE_SNAPSHOT: return FileRole::snapshot;
    case WALBREAKER_ROLE_UNKNOWN: return FileRole::unknown;
    default: return FileRole::other;
  }
}

Result<Opened> PluginSubject::open(kv::Vfs& vfs, const std::string& directory, const OpenRequest& request) const {
  auto exported = std::make_unique<ExportedVfs>(vfs);
  const auto settings = to_plugin_settings(request.settings);
  const walbreaker_open_request asked{.struct_size = sizeof asked,
                                      .entropy = request.entropy,
                                      .settings = settings.data(),
                                      .setting_count = settings.size(),
                                      .read_only = request.read_only ? 1 : 0};
  walbreaker_opened opened{};
  opened.struct_size = sizeof opened;
  walbreaker_error error{};
  const int answer = plugin_.open(exported->as_c(), directory.c_str(), &asked, &opened, &error);

  if (opened.session == nullptr) {
    if (answer == WALBREAKER_OK) return defect("open", "answered ok, and gave no session");
    return std::unexpected(from_plugin_error(answer, error, "open"));
  }
  auto session = std::make_unique<PluginSession>(plugin_, std::move(exported), opened.session);
  if (answer != WALBREAKER_OK) {
    return defect("open", fmt::format("answered {}, and gave a session", answer));
  }
  TRY(session->quiesce());
  Opened result{TRY(answer_of(opened.answer)), std::string(text_of(opened.text)), nullptr};
  result.session = std::move(session);
  return result;
}

}  // namespace walbreaker
