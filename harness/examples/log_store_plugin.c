/*
 * A complete plugin in C: a small store that appends each command to one file, "log", and syncs it before it answers.
 *
 *   cc -std=c99 -shared -fPIC -I. -o log_store.so harness/examples/log_store_plugin.c
 *   walbreaker run --plugin ./log_store.so
 *
 * The file, all numbers of 8 bytes as the machine stores them:
 *
 *   header   magic, salt, closed (0 or 1), size and checksum of the base, checksum of these five
 *   base     what the store held when the file was made: writes, one after the other
 *   records  size and checksum of a payload, the payload: the writes of one command; none in a closed file
 *   a write  kind, size of the key, size of the value, the key, the value
 *
 * A file is made whole under the name "log.tmp", synced, and renamed: at each open, and at a close. So a crash leaves
 * the old file or the new one, and no header or base that does not verify. Records are the one thing that is appended,
 * and one at a time: a crash can spoil the last, and nothing before it. Where a record verifies behind one that does
 * not, no crash did that, and the store does not open. A salt of its own, drawn for each file, goes into every
 * checksum, so that what a deleted file left on the disk does not pass for a record.
 *
 * With -DWITHOUT_RECORD_SYNC the store answers before its record is durable; the campaign `power` finds that.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness/walbreaker_plugin.h"

enum { MAGIC, SALT, CLOSED, BASE_SIZE, BASE_SUM, HEADER_SUM, HEADER_WORDS };

static const uint64_t kMagic = 0x31676f6c; /* "log1" */

typedef struct entry {
  char* bytes; /* the key, and behind it the value */
  size_t key_size;
  size_t value_size;
} entry;

typedef struct buffer {
  char* data;
  size_t size;
} buffer;

struct walbreaker_session {
  const walbreaker_vfs* vfs;
  char directory[256], log_path[256], temporary_path[256], lock_path[256];
  walbreaker_file* log;
  walbreaker_lock* lock;
  uint64_t entropy, salt, end; /* what salts are drawn from; the log's salt, and its size */
  int failed;                  /* a write or sync did: nobody knows what the file holds, so nothing more is written */
  entry* entries;              /* in the order of their keys */
  size_t count;
};

static int fail(walbreaker_error* error, int number, const char* text) {
  error->os_error = 0;
  snprintf(error->text, sizeof error->text, "%s", text);
  return number;
}

/* FNV-1a: no change of a single byte leaves it as it was. */
static uint64_t checksum(uint64_t sum, const void* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) sum = (sum ^ ((const unsigned char*)bytes)[i]) * 0x100000001b3u;
  return sum;
}

static uint64_t record_sum(uint64_t salt, uint64_t offset, uint64_t size, const char* payload) {
  const uint64_t place[3] = {salt, offset, size};
  return checksum(checksum(0xcbf29ce484222325u, place, sizeof place), payload, size);
}

/* Without memory the program ends: a test has enough of it. */
static void* grow(void* memory, size_t size) {
  void* grown = realloc(memory, size + 1);
  if (grown == NULL) abort();
  return grown;
}

static void append(buffer* to, const void* bytes, size_t size) {
  to->data = grow(to->data, to->size + size);
  if (size > 0) memcpy(to->data + to->size, bytes, size);
  to->size += size;
}

static void append_write(buffer* to, int kind, walbreaker_bytes key, walbreaker_bytes value) {
  const uint64_t head[3] = {(uint64_t)kind, key.size, value.size};
  append(to, head, sizeof head);
  append(to, key.data, key.size);
  append(to, value.data, value.size);
}

/* --- The contents, in memory -------------------------------------------------------------------------------------- */

static int compare(walbreaker_bytes a, const entry* b) {
  const size_t shorter = a.size < b->key_size ? a.size : b->key_size;
  const int order = shorter == 0 ? 0 : memcmp(a.data, b->bytes, shorter);
  return order != 0 ? order : (a.size > b->key_size) - (a.size < b->key_size);
}

/* The place of the key, or the one where it belongs. */
static size_t find(const walbreaker_session* s, walbreaker_bytes key, int* found) {
  size_t at = 0;
  while (at < s->count && compare(key, &s->entries[at]) > 0) ++at;
  *found = at < s->count && compare(key, &s->entries[at]) == 0;
  return at;
}

static void apply_write(walbreaker_session* s, uint64_t kind, walbreaker_bytes key, walbreaker_bytes value) {
  int found;
  const size_t at = find(s, key, &found);
  if (found) {
    free(s->entries[at].bytes);
    memmove(&s->entries[at], &s->entries[at + 1], (--s->count - at) * sizeof(entry));
  }
  if (kind != WALBREAKER_WRITE_PUT) return;
  buffer both = {NULL, 0};
  append(&both, key.data, key.size);
  append(&both, value.data, value.size);
  s->entries = grow(s->entries, (s->count + 1) * sizeof(entry));
  memmove(&s->entries[at + 1], &s->entries[at], (s->count++ - at) * sizeof(entry));
  s->entries[at] = (entry){both.data, key.size, value.size};
}

static void apply(walbreaker_session* s, const char* payload, size_t size) {
  for (size_t at = 0; at < size;) {
    uint64_t head[3];
    memcpy(head, payload + at, sizeof head);
    const walbreaker_bytes key = {payload + at + sizeof head, head[1]};
    const walbreaker_bytes value = {key.data + key.size, head[2]};
    apply_write(s, head[0], key, value);
    at += sizeof head + key.size + value.size;
  }
}

static walbreaker_bytes key_of(const entry* e) { return (walbreaker_bytes){e->bytes, e->key_size}; }
static walbreaker_bytes value_of(const entry* e) { return (walbreaker_bytes){e->bytes + e->key_size, e->value_size}; }

/* --- The file ----------------------------------------------------------------------------------------------------- */

static int write_all(walbreaker_session* s, walbreaker_file* file, uint64_t at, buffer bytes, walbreaker_error* error) {
  for (size_t written = 0, done = 0; written < bytes.size; written += done) {
    const int result =
        s->vfs->write_at(s->vfs, file, at + written, bytes.data + written, bytes.size - written, &done, error);
    if (result != WALBREAKER_OK) return result;
    if (done == 0) return fail(error, WALBREAKER_NO_SPACE, "a write of no bytes");
  }
  return WALBREAKER_OK;
}

static buffer whole_file(walbreaker_session* s, int closed) {
  buffer bytes = {NULL, 0};
  uint64_t header[HEADER_WORDS] = {kMagic, s->salt, (uint64_t)closed, 0, 0, 0};
  append(&bytes, header, sizeof header);
  for (size_t i = 0; i < s->count; ++i) {
    append_write(&bytes, WALBREAKER_WRITE_PUT, key_of(&s->entries[i]), value_of(&s->entries[i]));
  }
  header[BASE_SIZE] = bytes.size - sizeof header;
  header[BASE_SUM] = record_sum(s->salt, 0, header[BASE_SIZE], bytes.data + sizeof header);
  header[HEADER_SUM] = checksum(0, header, HEADER_SUM * sizeof *header);
  memcpy(bytes.data, header, sizeof header);
  return bytes;
}

/* Makes a file of the contents, and puts it in place of the one there is. All of it is durable on return. */
static int replace_file(walbreaker_session* s, int closed, walbreaker_error* error) {
  const walbreaker_vfs* vfs = s->vfs;
  s->salt = s->entropy = s->entropy * 6364136223846793005u + 1442695040888963407u;
  vfs->close_file(vfs, s->log);
  s->log = NULL;
  buffer bytes = whole_file(s, closed);
  s->end = bytes.size;
  int result = vfs->open(vfs, s->temporary_path, WALBREAKER_OPEN_CREATE, &s->log, error);
  if (result == WALBREAKER_OK) result = vfs->truncate(vfs, s->log, 0, error);
  if (result == WALBREAKER_OK) result = write_all(s, s->log, 0, bytes, error);
  if (result == WALBREAKER_OK) result = vfs->sync(vfs, s->log, error);
  if (result == WALBREAKER_OK) result = vfs->rename(vfs, s->temporary_path, s->log_path, error);
  if (result == WALBREAKER_OK) result = vfs->sync_dir(vfs, s->directory, error);
  free(bytes.data);
  s->failed = result != WALBREAKER_OK;
  return result;
}

static int read_file(walbreaker_session* s, buffer* bytes, walbreaker_error* error) {
  const walbreaker_vfs* vfs = s->vfs;
  uint64_t size = 0;
  int result = vfs->open(vfs, s->log_path, WALBREAKER_OPEN_READ, &s->log, error);
  if (result == WALBREAKER_OK) result = vfs->size(vfs, s->log, &size, error);
  bytes->data = grow(NULL, size);
  for (size_t done = 1; result == WALBREAKER_OK && bytes->size < size && done > 0; bytes->size += done) {
    result = vfs->read_at(vfs, s->log, bytes->size, bytes->data + bytes->size, size - bytes->size, &done, error);
  }
  return result;
}

/* The payload's size; 0 where there is no record. */
static size_t record_at(const walbreaker_session* s, buffer file, size_t at) {
  uint64_t head[2];
  if (file.size - at <= sizeof head) return 0;
  memcpy(head, file.data + at, sizeof head);
  if (head[0] > file.size - at - sizeof head) return 0;
  return head[1] == record_sum(s->salt, at, head[0], file.data + at + sizeof head) ? head[0] : 0;
}

static int recover(walbreaker_session* s, buffer file, int* answer, walbreaker_error* error) {
  uint64_t header[HEADER_WORDS];
  if (file.size < sizeof header) return fail(error, WALBREAKER_CORRUPTED, "the log ends within its header");
  memcpy(header, file.data, sizeof header);
  const int good = header[MAGIC] == kMagic && header[HEADER_SUM] == checksum(0, header, HEADER_SUM * sizeof *header);
  if (!good || header[BASE_SIZE] > file.size - sizeof header ||
      header[BASE_SUM] != record_sum(header[SALT], 0, header[BASE_SIZE], file.data + sizeof header)) {
    return fail(error, WALBREAKER_CORRUPTED, "the header or the base of the log does not verify");
  }
  apply(s, file.data + sizeof header, header[BASE_SIZE]);
  size_t at = sizeof header + header[BASE_SIZE];
  if (header[CLOSED] && at < file.size) return fail(error, WALBREAKER_CORRUPTED, "bytes after the end of a closed log");
  s->salt = header[SALT];
  for (size_t size; (size = record_at(s, file, at)) > 0; at += 16 + size) apply(s, file.data + at + 16, size);
  *answer = at < file.size ? WALBREAKER_TORN : WALBREAKER_CLEAN;
  for (; at < file.size; ++at) {
    if (record_at(s, file, at) > 0)
      return fail(error, WALBREAKER_CORRUPTED, "a record does not verify, a later one does");
  }
  return WALBREAKER_OK;
}

/* One command: a record, durable before it is applied and answered. */
static int commit(walbreaker_session* s, buffer payload, walbreaker_error* error) {
  int result = s->failed ? fail(error, WALBREAKER_IO_ERROR, "an earlier write failed") : WALBREAKER_OK;
  if (result == WALBREAKER_OK && payload.size > 0) {
    const uint64_t head[2] = {payload.size, record_sum(s->salt, s->end, payload.size, payload.data)};
    buffer record = {NULL, 0};
    append(&record, head, sizeof head);
    append(&record, payload.data, payload.size);
    result = write_all(s, s->log, s->end, record, error);
#ifndef WITHOUT_RECORD_SYNC
    if (result == WALBREAKER_OK) result = s->vfs->sync(s->vfs, s->log, error);
#endif
    s->end += record.size;
    s->failed = result != WALBREAKER_OK;
    free(record.data);
    if (!s->failed) apply(s, payload.data, payload.size);
  }
  free(payload.data);
  return result;
}

/* --- The plugin --------------------------------------------------------------------------------------------------- */

static void store_promise(const walbreaker_setting* settings, size_t count, walbreaker_term_visitor visit,
                          void* context) {
  /* Its one file may be deleted, and nothing is left that could tell: a prefix, and no report. */
  static const char* const kTerms[][2] = {
      {"kill", "on_ack"},      {"power", "on_ack"},   {"served", "durable"},
      {"order", "prefix"},     {"batches", "atomic"}, {"on_error", "invisible"},
      {"on_damage", "prefix"}, {"keys", "bytes"},     {"values", "bytes"},
  };
  (void)settings, (void)count;
  for (size_t i = 0; i < sizeof kTerms / sizeof *kTerms; ++i) visit(context, kTerms[i][0], kTerms[i][1]);
}

static int store_role_of(const char* file_name) {
  return strcmp(file_name, "log") == 0 ? WALBREAKER_ROLE_LOG : WALBREAKER_ROLE_OTHER;
}

static void store_abandon(walbreaker_session* s) {
  s->vfs->close_file(s->vfs, s->log);
  s->vfs->unlock(s->vfs, s->lock);
  while (s->count > 0) free(s->entries[--s->count].bytes);
  free(s->entries);
  free(s);
}

/* Makes the directory where it is missing; durably, before the first file is in it. */
static int prepare_directory(walbreaker_session* s, walbreaker_error* error) {
  char parent[sizeof s->directory];
  strcpy(parent, s->directory);
  char* const slash = strrchr(parent, '/');
  if (slash == NULL) strcpy(parent, ".");
  if (slash != NULL) slash[slash == parent] = '\0';
  const int result = s->vfs->make_dir(s->vfs, s->directory, error);
  if (result != WALBREAKER_OK && error->os_error != EEXIST) return result;
  return s->vfs->sync_dir(s->vfs, parent, error);
}

static int open_session(walbreaker_session* s, walbreaker_opened* opened, walbreaker_error* error) {
  buffer file = {NULL, 0};
  int result = prepare_directory(s, error);
  if (result == WALBREAKER_OK) {
    result = s->vfs->lock(s->vfs, s->lock_path, WALBREAKER_LOCK_EXCLUSIVE, &s->lock, error);
  }
  if (result != WALBREAKER_OK) return result;
  result = read_file(s, &file, error);
  if (result == WALBREAKER_OK) {
    result = recover(s, file, &opened->answer, error);
  } else if (result == WALBREAKER_IO_ERROR && error->os_error == ENOENT) {
    result = WALBREAKER_OK; /* a new store */
  }
  free(file.data);
  return result == WALBREAKER_OK ? replace_file(s, 0, error) : result;
}

static int store_open(const walbreaker_vfs* vfs, const char* directory, const walbreaker_open_request* request,
                      walbreaker_opened* opened, walbreaker_error* error) {
  if (request->read_only) return fail(error, WALBREAKER_UNSUPPORTED, "opening to read only");
  if (strlen(directory) > 200) return fail(error, WALBREAKER_INVALID_ARGUMENT, "too long a path");
  walbreaker_session* const s = grow(NULL, sizeof *s);
  *s = (walbreaker_session){.vfs = vfs, .entropy = request->entropy};
  strcpy(s->directory, directory);
  snprintf(s->log_path, sizeof s->log_path, "%s/log", directory);
  snprintf(s->temporary_path, sizeof s->temporary_path, "%s/log.tmp", directory);
  snprintf(s->lock_path, sizeof s->lock_path, "%s/LOCK", directory);
  const int result = open_session(s, opened, error);
  if (result == WALBREAKER_OK) opened->session = s;
  if (result != WALBREAKER_OK) store_abandon(s);
  return result;
}

static int store_batch(walbreaker_session* s, const walbreaker_write* writes, size_t count, walbreaker_error* error) {
  buffer payload = {NULL, 0};
  for (size_t i = 0; i < count; ++i) append_write(&payload, writes[i].kind, writes[i].key, writes[i].value);
  return commit(s, payload, error);
}

static int store_put(walbreaker_session* s, walbreaker_bytes key, walbreaker_bytes value, walbreaker_error* error) {
  const walbreaker_write write = {WALBREAKER_WRITE_PUT, key, value};
  return store_batch(s, &write, 1, error);
}

static int store_del(walbreaker_session* s, walbreaker_bytes key, walbreaker_error* error) {
  const walbreaker_write write = {WALBREAKER_WRITE_DEL, key, {NULL, 0}};
  int found;
  find(s, key, &found);
  return found ? store_batch(s, &write, 1, error) : WALBREAKER_MISSING;
}

static int store_get(walbreaker_session* s, walbreaker_bytes key, walbreaker_visitor visit, void* context,
                     walbreaker_error* error) {
  int found;
  const size_t at = find(s, key, &found);
  (void)error;
  if (found) visit(context, key, value_of(&s->entries[at]));
  return found ? WALBREAKER_OK : WALBREAKER_MISSING;
}

static int store_scan(walbreaker_session* s, walbreaker_visitor visit, void* context, walbreaker_error* error) {
  (void)error;
  for (size_t i = 0; i < s->count && visit(context, key_of(&s->entries[i]), value_of(&s->entries[i])); ++i) continue;
  return WALBREAKER_OK;
}

static int store_sync(walbreaker_session* s, walbreaker_error* error) {
  return s->failed ? fail(error, WALBREAKER_IO_ERROR, "an earlier write failed") : WALBREAKER_OK;
}

static int store_close(walbreaker_session* s, walbreaker_error* error) {
  const int result = s->failed ? store_sync(s, error) : replace_file(s, 1, error);
  s->vfs->close_file(s->vfs, s->log);
  s->vfs->unlock(s->vfs, s->lock);
  s->log = NULL;
  s->lock = NULL;
  return result;
}

const walbreaker_plugin* walbreaker_plugin_entry(uint32_t abi_version) {
  static const walbreaker_plugin kPlugin = {.struct_size = sizeof(walbreaker_plugin),
                                            .abi_version = WALBREAKER_ABI_VERSION,
                                            .capabilities = WALBREAKER_CAN_BATCH,
                                            .name = "log_store",
                                            .promise = store_promise,
                                            .role_of = store_role_of,
                                            .open = store_open,
                                            .put = store_put,
                                            .del = store_del,
                                            .batch = store_batch,
                                            .get = store_get,
                                            .scan = store_scan,
                                            .sync = store_sync,
                                            .close = store_close,
                                            .abandon = store_abandon};
  return abi_version == WALBREAKER_ABI_VERSION ? &kPlugin : NULL;
}
