/*
 * The manual's example, compiled as C90: shows that the header needs no C++, and that a C program gets by with it.
 * kvstore_test.cc calls it.
 */
#include "engine/kvstore.h"

#include <string.h>

int kvstore_c_test(const char* path);

static int count_entry(void* context, const void* key, size_t key_size, const void* value, size_t value_size) {
  size_t* count = (size_t*)context;
  (void)key;
  (void)key_size;
  (void)value;
  (void)value_size;
  ++*count;
  return 1;
}

static int use_integers(kvstore* store) {
  long value = 0;
  int error = kvstore_put(store, 7, 700L);
  if (error == KVSTORE_OK) error = kvstore_search(store, 7, &value);
  if (error == KVSTORE_OK && value != 700L) error = KVSTORE_INTERNAL;
  return error;
}

static int use_bytes(kvstore* store) {
  char* value = NULL;
  size_t size = 0;
  size_t count = 0;
  int error = kvstore_put_bytes(store, "name", 4, "value", 5);
  if (error == KVSTORE_OK) error = kvstore_get_bytes(store, "name", 4, &value, &size);
  if (error == KVSTORE_OK && (size != 5 || strcmp(value, "value") != 0)) error = KVSTORE_INTERNAL;
  kvstore_free(value);
  if (error == KVSTORE_OK) error = kvstore_scan_bytes(store, NULL, 0, NULL, 0, count_entry, &count);
  if (error == KVSTORE_OK && count != 2) error = KVSTORE_INTERNAL;
  return error;
}

/* 0, or the first error met. */
int kvstore_c_test(const char* path) {
  kvstore* store = kvstore_create(path);
  int error = kvstore_status(store);
  if (error == KVSTORE_OK) error = use_integers(store);
  if (error == KVSTORE_OK) error = use_bytes(store);
  if (error == KVSTORE_OK) error = kvstore_close(store);
  kvstore_destroy(store);
  return error;
}
