/*
 * The store for C, and for every language that can call C. Compiles as C89, C99 and C++.
 *
 *   kvstore* store = kvstore_create("/var/lib/example");
 *   long value;
 *   if (kvstore_put(store, 7, 700L) != KVSTORE_OK) fprintf(stderr, "%s\n", kvstore_message(store));
 *   if (kvstore_search(store, 7, &value) == KVSTORE_OK) printf("%ld\n", value);
 *   if (kvstore_close(store) != KVSTORE_OK) fprintf(stderr, "%s\n", kvstore_message(store));
 *   kvstore_destroy(store);
 *
 * Results. Every call that can fail returns KVSTORE_OK or one of the other numbers below, all negative; kvstore_message
 * then tells what failed, in which file and where. No C++ exception leaves this interface.
 *
 * What is durable. A put, an insert or a delete that returned KVSTORE_OK survives a process kill and a power cut. One
 * that returned an error is not visible to this handle; after the store is opened anew it is there whole, or not at
 * all.
 *
 * After a failed write or sync every later write on the handle returns that same error, and reads go on. Only a new
 * kvstore_create ends that: after a failed sync nobody knows what the disk holds.
 *
 * Threads: one at a time for a handle. Processes: one has a store open through this interface; a second one is
 * refused with KVSTORE_LOCKED, as is a second handle of the same process.
 */
#ifndef WALBREAKER_ENGINE_KVSTORE_H
#define WALBREAKER_ENGINE_KVSTORE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Stable numbers: none is ever reused. */
enum {
  KVSTORE_OK = 0,
  KVSTORE_NULL_ARGUMENT = -1,        /* a handle or a pointer that must not be null is */
  KVSTORE_INTERNAL = -2,             /* a defect of this library, or of a visitor that threw */
  KVSTORE_IO_ERROR = -3,             /* the operating system refused to open, read, write or sync */
  KVSTORE_INVALID_ARGUMENT = -4,     /* too large a key or value; a value that is no integer; a closed store */
  KVSTORE_READ_ONLY = -10,           /* a write to a store that is open read-only because it is damaged */
  KVSTORE_RECOVERING = -11,          /* reserved: no call returns it */
  KVSTORE_LOCKED = -12,              /* somebody else has the store open */
  KVSTORE_NOT_FOUND = -20,           /* no such key */
  KVSTORE_CORRUPTED = -21,           /* damage that no crash explains */
  KVSTORE_UNSUPPORTED_VERSION = -22, /* a newer program wrote the store */
  KVSTORE_NO_MEMORY = -30,
  KVSTORE_NO_SPACE = -31 /* the disk or the quota is full */
};

typedef struct kvstore kvstore;

/* --- Opening and closing ------------------------------------------------------------------------------------------ */

/*
 * Opens the store in directory `path`. Where there is none it creates one, the directory included; the directory's
 * parent must exist. On return everything that the store holds is durable.
 *
 * Returns NULL only where `path` is null or there is no memory for a handle. Otherwise the handle's kvstore_status is
 *   KVSTORE_OK         the store is open;
 *   KVSTORE_CORRUPTED  the store is damaged. Where a prefix of what was written is known to be right, the store is open
 *                      read-only at exactly that prefix: reads answer, and writes return KVSTORE_READ_ONLY. Where not,
 *                      the open failed;
 *   anything else      the open failed.
 * Where the open failed, every call on the handle returns that status, and the directory opens as it did before.
 * The handle is released with kvstore_destroy in every case.
 */
kvstore* kvstore_create(const char* path);

/*
 * Makes everything durable, compacts if anything was logged, and releases the lock. The store is closed whatever is
 * returned; an error says that it was not closed cleanly, which loses nothing that was acknowledged. Every later call
 * returns KVSTORE_INVALID_ARGUMENT, but for kvstore_close, which is KVSTORE_OK and does nothing, and kvstore_status,
 * kvstore_message and kvstore_destroy, which work.
 */
int kvstore_close(kvstore* store);

/*
 * Closes the store where that was not done, and releases the handle. It cannot tell how the close went: call
 * kvstore_close first to know. Null is allowed and does nothing.
 */
void kvstore_destroy(kvstore* store);

/*
 * KVSTORE_OK; KVSTORE_CORRUPTED for a store that is open read-only because it is damaged; the error of the failed write
 * or sync after which the store refuses writes; or the error with which the open failed.
 */
int kvstore_status(kvstore* store);

/*
 * What the last call on this handle failed with, in words: "corrupted: wal-3.log at offset 4096: ...". Right after
 * kvstore_create: why the open failed, or what the damage is. Empty where that call returned KVSTORE_OK, never null.
 * kvstore_status and kvstore_message do not count as calls. Valid until the next call on the handle.
 */
const char* kvstore_message(kvstore* store);

/*
 * A number's name and meaning: "locked: somebody else has the store open". Never null, never freed; for a number that
 * is not one of the above a fixed text that says so.
 */
const char* kvstore_strerror(int error);

/* --- Integer keys and values -------------------------------------------------------------------------------------- */
/*
 * In the byte strings of the next section an integer key is 4 bytes, big-endian, offset by 2^31, so that byte order
 * is numeric order (INT_MIN is 00 00 00 00, 0 is 80 00 00 00); a value is 8 bytes, big-endian, two's complement.
 */

/*
 * Gives `key` a value, whether it had one or not. kvstore_insert and kvstore_put are the same.
 * Errors: READ_ONLY, INVALID_ARGUMENT (closed), IO_ERROR, NO_SPACE, NO_MEMORY.
 */
int kvstore_insert(kvstore* store, int key, long value);
int kvstore_put(kvstore* store, int key, long value);

/*
 * Stores the value of `key` in *out_value, which stays as it was on an error.
 * Errors: NOT_FOUND; INVALID_ARGUMENT where the value is not 8 bytes long, as only kvstore_put_bytes can have made it
 * (kvstore_get_bytes returns it), or closed; NULL_ARGUMENT.
 */
int kvstore_search(kvstore* store, int key, long* out_value);

/*
 * Takes `key` and its value away. kvstore_delete and kvstore_del are the same.
 * Errors: NOT_FOUND, and those of kvstore_put.
 */
int kvstore_delete(kvstore* store, int key);
int kvstore_del(kvstore* store, int key);

/* --- Byte strings as keys and values ------------------------------------------------------------------------------ */
/*
 * Any bytes, zeros included; sizes are in bytes. A key has at most 64 KiB and a value at most 16 MiB, beyond that a put
 * is INVALID_ARGUMENT. Both may be empty, and a pointer with the size 0 may be null. What is passed in is copied.
 */

int kvstore_put_bytes(kvstore* store, const void* key, size_t key_size, const void* value, size_t value_size);

/*
 * Stores a copy of the value in *out_value and its size in *out_size. The copy is the caller's, who gives it back
 * to kvstore_free; it is never null, even where the size is 0, and a zero byte that the size does not count follows it.
 * On an error both stay as they were, and there is nothing to free.
 * Errors: NOT_FOUND, NULL_ARGUMENT, INVALID_ARGUMENT (closed), NO_MEMORY.
 */
int kvstore_get_bytes(kvstore* store, const void* key, size_t key_size, char** out_value, size_t* out_size);

int kvstore_delete_bytes(kvstore* store, const void* key, size_t key_size);

/*
 * Called with a key and its value, which stay the store's and are valid during the call. Returns 1 to go on, 0 to stop.
 * Must not call anything on the same handle.
 */
typedef int (*kvstore_visitor)(void* context, const void* key, size_t key_size, const void* value, size_t value_size);

/*
 * Visits the keys from `from` (included; null: from the first) to `to` (not included; null: to the last), in byte
 * order, a prefix before what it begins. A scan that its visitor stopped is KVSTORE_OK.
 * Errors: NULL_ARGUMENT, INVALID_ARGUMENT (closed).
 */
int kvstore_scan_bytes(kvstore* store, const void* from, size_t from_size, const void* to, size_t to_size,
                       kvstore_visitor visit, void* context);

/* Releases what kvstore_get_bytes returned. Null is allowed and does nothing. */
void kvstore_free(void* memory);

/* --- The disk ----------------------------------------------------------------------------------------------------- */

/*
 * On return everything that was acknowledged is durable. It already was (see above): an error here says that the store
 * refuses writes.
 */
int kvstore_sync(kvstore* store);

/*
 * Replaces the log by a snapshot of the present state, so that the next open is quick. The store does this by itself
 * every 1,000 operations or 4 MiB. Where it fails for another reason than a failed write or sync, the store goes on.
 * Errors: READ_ONLY, INVALID_ARGUMENT (closed), IO_ERROR, NO_SPACE, NO_MEMORY.
 */
int kvstore_compact(kvstore* store);

#ifdef __cplusplus
}
#endif

#endif
