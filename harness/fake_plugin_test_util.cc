#include "harness/fake_plugin_test_util.h"

#include <array>

namespace walbreaker {

namespace {

int g_sessions = 0;

std::string to_string(walbreaker_bytes bytes) { return {bytes.data, bytes.size}; }
walbreaker_bytes to_bytes(const std::string& text) { return {text.data(), text.size()}; }

void promise(const walbreaker_setting*, std::size_t, walbreaker_term_visitor visit, void* context) {
  constexpr std::array<const char*, 14> kTerms{"kill",   "on_ack",  "power",  "never", "served", "durable", "order",
                                               "prefix", "batches", "atomic", "keys",  "bytes",  "values",  "bytes"};
  for (std::size_t i = 0; i < kTerms.size(); i += 2) visit(context, kTerms.at(i), kTerms.at(i + 1));
}

int open(const walbreaker_vfs* vfs, const char*, const walbreaker_open_request*, walbreaker_opened* opened,
         walbreaker_error*) {
  opened->session = new walbreaker_session{vfs, {}};
  ++g_sessions;
  return WALBREAKER_OK;
}

int put(walbreaker_session* session, walbreaker_bytes key, walbreaker_bytes value, walbreaker_error*) {
  session->contents[to_string(key)] = to_string(value);
  return WALBREAKER_OK;
}

int del(walbreaker_session* session, walbreaker_bytes key, walbreaker_error*) {
  return session->contents.erase(to_string(key)) > 0 ? WALBREAKER_OK : WALBREAKER_MISSING;
}

int batch(walbreaker_session* session, const walbreaker_write* writes, std::size_t count, walbreaker_error* error) {
  for (std::size_t i = 0; i < count; ++i) {
    if (writes[i].kind == WALBREAKER_WRITE_PUT) put(session, writes[i].key, writes[i].value, error);
    if (writes[i].kind == WALBREAKER_WRITE_DEL) del(session, writes[i].key, error);
  }
  return WALBREAKER_OK;
}

int get(walbreaker_session* session, walbreaker_bytes key, walbreaker_visitor visit, void* context, walbreaker_error*) {
  const auto found = session->contents.find(to_string(key));
  if (found == session->contents.end()) return WALBREAKER_MISSING;
  visit(context, key, to_bytes(found->second));
  return WALBREAKER_OK;
}

int scan(walbreaker_session* session, walbreaker_visitor visit, void* context, walbreaker_error*) {
  for (const auto& [key, value] : session->contents) {
    if (visit(context, to_bytes(key), to_bytes(value)) == 0) break;
  }
  return WALBREAKER_OK;
}

int nothing(walbreaker_session*, walbreaker_error*) { return WALBREAKER_OK; }

void abandon(walbreaker_session* session) {
  delete session;
  --g_sessions;
}

}  // namespace

walbreaker_plugin fake_plugin() {
  return {.struct_size = sizeof(walbreaker_plugin),
          .abi_version = WALBREAKER_ABI_VERSION,
          .capabilities = WALBREAKER_CAN_BATCH | WALBREAKER_CAN_COMPACT,
          .name = "fake",
          .ways = nullptr,
          .way_count = 0,
          .promise = promise,
          .role_of = nullptr,
          .open = open,
          .put = put,
          .del = del,
          .batch = batch,
          .get = get,
          .scan = scan,
          .sync = nothing,
          .compact = nothing,
          .close = nothing,
          .quiesce = nullptr,
          .abandon = abandon};
}

int open_fake_sessions() { return g_sessions; }

}  // namespace walbreaker
