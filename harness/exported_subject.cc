#include "harness/exported_subject.h"

#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "harness/imported_vfs.h"
#include "harness/plugin_error.h"
#include "harness/subject.h"
#include "harness/walbreaker_plugin.h"

// The disk and the store on it, which goes first.
struct walbreaker_session {
  explicit walbreaker_session(const walbreaker_vfs* disk) : vfs(disk) {}

  walbreaker::ImportedVfs vfs;
  std::unique_ptr<walbreaker::Session> session;
};

namespace walbreaker {
namespace {

using kv::ErrorCode;
using kv::Result;

// Answers the result of `work`, and lets no exception out.
template <class Work>
int answer(walbreaker_error* error, Work work) {
  try {
    const Result<int> result = work();
    return result ? *result : to_plugin_error(result.error(), error);
  } catch (const std::bad_alloc&) {
    return to_plugin_error({ErrorCode::no_memory, 0, {}}, error);
  } catch (...) {
    return to_plugin_error({ErrorCode::internal, 0, "an exception"}, error);
  }
}

std::string to_string(walbreaker_bytes bytes) { return bytes.size == 0 ? "" : std::string(bytes.data, bytes.size); }

walbreaker_bytes to_bytes(const std::string& text) { return {text.data(), text.size()}; }

Settings to_settings(const walbreaker_setting* settings, std::size_t count) {
  Settings result;
  for (std::size_t i = 0; i < count; ++i) result[settings[i].name] = settings[i].value;
  return result;
}

void promise(const walbreaker_setting* settings, std::size_t count, walbreaker_term_visitor visit, void* context) {
  for (const PromiseTerm& term : exported_subject().promise(to_settings(settings, count))) {
    visit(context, term.key.c_str(), term.value.c_str());
  }
}

int role_of(const char* file_name) {
  switch (exported_subject().role_of(file_name)) {
    case FileRole::log: return WALBREAKER_ROLE_LOG;
    case FileRole::snapshot: return WALBREAKER_ROLE_SNAPSHOT;
    case FileRole::unknown: return WALBREAKER_ROLE_UNKNOWN;
    case FileRole::other: break;
  }
  return WALBREAKER_ROLE_OTHER;
}

int number_of(OpenAnswer found) {
  switch (found) {
    case OpenAnswer::clean: return WALBREAKER_CLEAN;
    case OpenAnswer::torn: return WALBREAKER_TORN;
    case OpenAnswer::damaged: break;
  }
  return WALBREAKER_DAMAGED;
}

int open(const walbreaker_vfs* vfs, const char* directory, const walbreaker_open_request* request,
         walbreaker_opened* opened, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    auto session = std::make_unique<walbreaker_session>(vfs);
    const OpenRequest asked{.read_only = request->read_only != 0,
                            .settings = to_settings(request->settings, request->setting_count),
                            .entropy = request->entropy};
    auto found = TRY(exported_subject().open(session->vfs, directory, asked));
    session->session = std::move(found.session);
    opened->answer = number_of(found.answer);
    copy_text(found.text, opened->text);
    opened->session = session.release();
    return WALBREAKER_OK;
  });
}

int put(walbreaker_session* session, walbreaker_bytes key, walbreaker_bytes value, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    TRY(session->session->put(to_string(key), to_string(value)));
    return WALBREAKER_OK;
  });
}

int del(walbreaker_session* session, walbreaker_bytes key, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    return TRY(session->session->del(to_string(key))) ? WALBREAKER_OK : WALBREAKER_MISSING;
  });
}

int batch(walbreaker_session* session, const walbreaker_write* writes, std::size_t count, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    kv::Batch batch;
    for (std::size_t i = 0; i < count; ++i) {
      if (writes[i].kind == WALBREAKER_WRITE_PUT) {
        batch.put(to_string(writes[i].key), to_string(writes[i].value));
      } else {
        batch.remove(to_string(writes[i].key));
      }
    }
    TRY(session->session->batch(batch));
    return WALBREAKER_OK;
  });
}

int get(walbreaker_session* session, walbreaker_bytes key, walbreaker_visitor visit, void* context,
        walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    const auto value = TRY(session->session->get(to_string(key)));
    if (!value) return WALBREAKER_MISSING;
    visit(context, key, to_bytes(*value));
    return WALBREAKER_OK;
  });
}

int scan(walbreaker_session* session, walbreaker_visitor visit, void* context, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    const Listing listing = TRY(session->session->scan());
    for (const auto& [key, value] : listing) {
      if (visit(context, to_bytes(key), to_bytes(value)) == 0) break;
    }
    return WALBREAKER_OK;
  });
}

int sync(walbreaker_session* session, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    TRY(session->session->sync());
    return WALBREAKER_OK;
  });
}

int compact(walbreaker_session* session, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    TRY(session->session->compact());
    return WALBREAKER_OK;
  });
}

int close(walbreaker_session* session, walbreaker_error* error) {
  return answer(error, [&]() -> Result<int> {
    TRY(session->session->close());
    return WALBREAKER_OK;
  });
}

void abandon(walbreaker_session* session) { delete session; }

// The ways of the subject, as the ABI lists them.
class Ways {
 public:
  Ways() {
    for (const Settings& way : ways_) {
      auto& settings = settings_.emplace_back();
      for (const auto& [name, value] : way) settings.push_back({name.c_str(), value.c_str()});
    }
    for (const auto& settings : settings_) list_.push_back({settings.data(), settings.size()});
  }

  [[nodiscard]] const std::vector<walbreaker_way>& list() const { return list_; }

 private:
  std::vector<Settings> ways_ = exported_subject().ways();
  std::vector<std::vector<walbreaker_setting>> settings_;
  std::vector<walbreaker_way> list_;
};

std::uint32_t to_flags(const Capabilities& can) {
  std::uint32_t flags = 0;
  if (can.batch) flags |= WALBREAKER_CAN_BATCH;
  if (can.compact) flags |= WALBREAKER_CAN_COMPACT;
  if (can.read_only) flags |= WALBREAKER_CAN_READ_ONLY;
  if (can.locks) flags |= WALBREAKER_CAN_LOCK;
  return flags;
}

walbreaker_plugin make_plugin() {
  static const Ways kWays;
  static const std::string kName(exported_subject().name());
  const Capabilities can = exported_subject().capabilities();
  return {.struct_size = sizeof(walbreaker_plugin),
          .abi_version = WALBREAKER_ABI_VERSION,
          .capabilities = to_flags(can),
          .name = kName.c_str(),
          .ways = kWays.list().data(),
          .way_count = kWays.list().size(),
          .promise = promise,
          .role_of = role_of,
          .open = open,
          .put = put,
          .del = del,
          .batch = can.batch ? batch : nullptr,
          .get = get,
          .scan = scan,
          .sync = sync,
          .compact = can.compact ? compact : nullptr,
          .close = close,
          .quiesce = nullptr,
          .abandon = abandon};
}

}  // namespace
}  // namespace walbreaker

extern "C" const walbreaker_plugin* walbreaker_plugin_entry(std::uint32_t abi_version) {
  static const walbreaker_plugin kPlugin = walbreaker::make_plugin();
  return abi_version == WALBREAKER_ABI_VERSION ? &kPlugin : nullptr;
}
