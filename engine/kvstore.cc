#include "engine/kvstore.h"

#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <string_view>

#include "engine/posix_vfs.h"
#include "engine/result.h"
#include "engine/store.h"

namespace {

using kv::Error;
using kv::ErrorCode;
using kv::fail;
using kv::Result;

constexpr bool same(int number, ErrorCode code) { return number == static_cast<int>(code); }
static_assert(same(KVSTORE_OK, ErrorCode::ok));
static_assert(same(KVSTORE_NULL_ARGUMENT, ErrorCode::null_argument));
static_assert(same(KVSTORE_INTERNAL, ErrorCode::internal));
static_assert(same(KVSTORE_IO_ERROR, ErrorCode::io_error));
static_assert(same(KVSTORE_INVALID_ARGUMENT, ErrorCode::invalid_argument));
static_assert(same(KVSTORE_READ_ONLY, ErrorCode::read_only));
static_assert(same(KVSTORE_RECOVERING, ErrorCode::recovering));
static_assert(same(KVSTORE_LOCKED, ErrorCode::locked));
static_assert(same(KVSTORE_NOT_FOUND, ErrorCode::not_found));
static_assert(same(KVSTORE_CORRUPTED, ErrorCode::corrupted));
static_assert(same(KVSTORE_UNSUPPORTED_VERSION, ErrorCode::unsupported_version));
static_assert(same(KVSTORE_NO_MEMORY, ErrorCode::no_memory));
static_assert(same(KVSTORE_NO_SPACE, ErrorCode::no_space));

static_assert(sizeof(int) == 4, "an integer key is 4 bytes");
static_assert(sizeof(long) == 8, "an integer value is 8 bytes");

std::string big_endian(std::uint64_t number, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = size; i-- > 0; number >>= 8) bytes[i] = static_cast<char>(number & 0xff);
  return bytes;
}

// Adding 2^31 modulo 2^32 flips the sign bit: INT_MIN becomes 0, INT_MAX the largest.
std::string key_bytes(int key) { return big_endian(static_cast<std::uint32_t>(key) ^ 0x8000'0000U, sizeof key); }

std::string value_bytes(long value) { return big_endian(static_cast<std::uint64_t>(value), sizeof value); }

Result<long> value_from(std::string_view bytes) {
  if (bytes.size() != sizeof(long)) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("the value has {} bytes, not the 8 of an integer", bytes.size()));
  }
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return static_cast<long>(number);
}

Result<std::string_view> view(const void* bytes, std::size_t size, const char* name) {
  if (bytes == nullptr && size > 0) return fail(ErrorCode::null_argument, name);
  return std::string_view(static_cast<const char*>(bytes), size);
}

// Runs `call` so that no exception leaves it.
template <class Call>
auto without_exceptions(Call&& call) noexcept -> decltype(call()) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    return std::unexpected(Error{ErrorCode::no_memory, 0, {}});
  } catch (...) {
    return std::unexpected(Error{ErrorCode::internal, 0, {}});
  }
}

}  // namespace

struct kvstore {
  kv::PosixVfs vfs;
  std::unique_ptr<kv::Store> store;  // null where the open failed
  Error open_error{ErrorCode::ok, 0, {}};
  Error last{ErrorCode::ok, 0, {}};
  std::string message;  // of `last`, made when it is asked for

  void open(const char* path) noexcept {
    auto opened = without_exceptions([&] { return kv::Store::open(vfs, path); });
    if (!opened) {
      open_error = std::move(opened).error();
      return;
    }
    store = *std::move(opened);
  }
};

namespace {

// What every entry point does: refuses a null handle and one whose open failed, runs `call` on the store, and notes
// the outcome for kvstore_message.
template <class Call>
int run(kvstore* handle, Call&& call) noexcept {
  if (handle == nullptr) return KVSTORE_NULL_ARGUMENT;
  if (handle->store == nullptr) return static_cast<int>(handle->open_error.code);
  Result<void> done = without_exceptions([&]() -> Result<void> { return call(*handle->store); });
  handle->last = done ? Error{ErrorCode::ok, 0, {}} : std::move(done).error();
  return static_cast<int>(handle->last.code);
}

// malloc, so that kvstore_free works for a caller that knows nothing of C++.
Result<char*> copy_out(std::string_view bytes) {
  char* const copy = static_cast<char*>(std::malloc(bytes.size() + 1));
  if (copy == nullptr) throw std::bad_alloc();
  std::memcpy(copy, bytes.data(), bytes.size());
  copy[bytes.size()] = '\0';
  return copy;
}

const Error& last_error(const kvstore& handle) { return handle.store == nullptr ? handle.open_error : handle.last; }

const char* meaning(int error) {
  switch (error) {
    case KVSTORE_OK: return "ok";
    case KVSTORE_NULL_ARGUMENT: return "null_argument: a handle or a pointer that must not be null is";
    case KVSTORE_INTERNAL: return "internal: a defect of this library, or of a visitor";
    case KVSTORE_IO_ERROR: return "io_error: the operating system refused to open, read, write or sync";
    case KVSTORE_INVALID_ARGUMENT: return "invalid_argument: too large, no integer, or the store is closed";
    case KVSTORE_READ_ONLY: return "read_only: the store is open read-only";
    case KVSTORE_RECOVERING: return "recovering: reserved";
    case KVSTORE_LOCKED: return "locked: somebody else has the store open";
    case KVSTORE_NOT_FOUND: return "not_found: no such key";
    case KVSTORE_CORRUPTED: return "corrupted: damage that no crash explains";
    case KVSTORE_UNSUPPORTED_VERSION: return "unsupported_version: a newer program wrote the store";
    case KVSTORE_NO_MEMORY: return "no_memory: there is not enough memory";
    case KVSTORE_NO_SPACE: return "no_space: the disk or the quota is full";
    default: return "unknown_error: no number of this library";
  }
}

}  // namespace

kvstore* kvstore_create(const char* path) {
  if (path == nullptr) return nullptr;
  auto* const handle = new (std::nothrow) kvstore;
  if (handle == nullptr) return nullptr;
  handle->open(path);
  if (handle->store != nullptr) {
    // Damage that was met at the open is what kvstore_message tells until the first call.
    run(handle, [](kv::Store& store) -> Result<void> {
      if (auto problem = store.problem()) return std::unexpected(*std::move(problem));
      return {};
    });
  }
  return handle;
}

int kvstore_close(kvstore* store) {
  return run(store, [](kv::Store& opened) { return opened.close(); });
}

void kvstore_destroy(kvstore* store) {
  if (store == nullptr) return;
  kvstore_close(store);
  delete store;
}

int kvstore_status(kvstore* store) {
  if (store == nullptr) return KVSTORE_NULL_ARGUMENT;
  return static_cast<int>(store->store == nullptr ? store->open_error.code : store->store->status());
}

const char* kvstore_message(kvstore* store) {
  if (store == nullptr) return meaning(KVSTORE_NULL_ARGUMENT);
  const Error& last = last_error(*store);
  if (last.code == ErrorCode::ok) return "";
  try {
    store->message = last.message();
    return store->message.c_str();
  } catch (...) {
    return meaning(static_cast<int>(last.code));
  }
}

const char* kvstore_strerror(int error) { return meaning(error); }

int kvstore_insert(kvstore* store, int key, long value) { return kvstore_put(store, key, value); }

int kvstore_put(kvstore* store, int key, long value) {
  return run(store, [&](kv::Store& opened) { return opened.put(key_bytes(key), value_bytes(value)); });
}

int kvstore_search(kvstore* store, int key, long* out_value) {
  return run(store, [&](kv::Store& opened) -> Result<void> {
    if (out_value == nullptr) return fail(ErrorCode::null_argument, "out_value");
    const std::string value = TRY(opened.get(key_bytes(key)));
    *out_value = TRY(value_from(value));
    return {};
  });
}

int kvstore_delete(kvstore* store, int key) {
  return run(store, [&](kv::Store& opened) { return opened.remove(key_bytes(key)); });
}

int kvstore_del(kvstore* store, int key) { return kvstore_delete(store, key); }

int kvstore_put_bytes(kvstore* store, const void* key, size_t key_size, const void* value, size_t value_size) {
  return run(store, [&](kv::Store& opened) -> Result<void> {
    return opened.put(TRY(view(key, key_size, "key")), TRY(view(value, value_size, "value")));
  });
}

int kvstore_get_bytes(kvstore* store, const void* key, size_t key_size, char** out_value, size_t* out_size) {
  return run(store, [&](kv::Store& opened) -> Result<void> {
    if (out_value == nullptr) return fail(ErrorCode::null_argument, "out_value");
    if (out_size == nullptr) return fail(ErrorCode::null_argument, "out_size");
    const std::string_view name = TRY(view(key, key_size, "key"));
    const std::string value = TRY(opened.get(name));
    *out_value = TRY(copy_out(value));
    *out_size = value.size();
    return {};
  });
}

int kvstore_delete_bytes(kvstore* store, const void* key, size_t key_size) {
  return run(store, [&](kv::Store& opened) -> Result<void> { return opened.remove(TRY(view(key, key_size, "key"))); });
}

int kvstore_scan_bytes(kvstore* store, const void* from, size_t from_size, const void* to, size_t to_size,
                       kvstore_visitor visit, void* context) {
  return run(store, [&](kv::Store& opened) -> Result<void> {
    if (visit == nullptr) return fail(ErrorCode::null_argument, "visit");
    const std::string_view first = TRY(view(from, from_size, "from"));
    std::optional<std::string_view> end = TRY(view(to, to_size, "to"));
    if (to == nullptr) end.reset();
    return opened.scan(first, end, [&](std::string_view key, std::string_view value) {
      return visit(context, key.data(), key.size(), value.data(), value.size()) != 0;
    });
  });
}

void kvstore_free(void* memory) { std::free(memory); }

int kvstore_sync(kvstore* store) {
  return run(store, [](kv::Store& opened) { return opened.sync(); });
}

int kvstore_compact(kvstore* store) {
  return run(store, [](kv::Store& opened) { return opened.compact(); });
}
