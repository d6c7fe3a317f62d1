/* Puts one pair into a new store and finds it again. usage: consumer DIRECTORY */
#include <stdio.h>

#include "engine/kvstore.h"

int main(int argc, char** argv) {
  long value = 0;
  kvstore* store = kvstore_create(argc == 2 ? argv[1] : NULL);
  int error = kvstore_put(store, 7, 700L);
  if (error == KVSTORE_OK) error = kvstore_search(store, 7, &value);
  if (error == KVSTORE_OK) error = kvstore_close(store);
  printf("7 -> %ld: %s\n", value, kvstore_strerror(error));
  kvstore_destroy(store);
  return error == KVSTORE_OK && value == 700L ? 0 : 1;
}
