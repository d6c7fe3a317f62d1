/*
 * How a storage engine is tested as a plugin: a shared library that walbreaker loads, gives a disk, and tells what to
 * do. Any language that can export one C function will do. Compiles as C99 and as C++, and includes nothing of
 * walbreaker; a complete plugin in C is examples/log_store_plugin.c.
 *
 *   cc -std=c99 -shared -fPIC -I. -o log_store.so harness/examples/log_store_plugin.c
 *   walbreaker run --plugin ./log_store.so --campaign power
 *
 * There are two seams. The harness gives the engine a walbreaker_vfs: the engine does all its file I/O through it, and
 * so on a disk in memory that can lose power between any two calls. The engine gives the harness a walbreaker_plugin,
 * which opens stores on such a disk and answers commands. Below, "the harness" is the caller and "the plugin" the
 * callee of walbreaker_plugin, and the other way round for walbreaker_vfs.
 *
 * Results. Every call that can fail returns one of the numbers below. Where it is negative, and where `error` is not
 * null, *error says more; else *error means nothing.
 *
 * Memory. Whoever makes a thing frees it: a file is closed by close_file, a session is freed by abandon. Whatever is
 * passed in, pointers within it included, belongs to the caller and is valid until the call returns, so keep copies;
 * the one exception is the walbreaker_vfs, which is valid until abandon returns. What a plugin hands to a visitor needs
 * to be valid until the visitor returns. A string is UTF-8 or any other bytes that end with a zero; keys and values are
 * counted bytes, zeros included. A pointer to 0 bytes may be null.
 *
 * Threads. The harness opens many stores at once from several threads, each on a disk of its own, and uses one session
 * from one thread at a time. So what sessions share, global variables for one, must stand that. An engine may call its
 * walbreaker_vfs from threads of its own: see quiesce.
 *
 * Unwinding. No C++ exception, panic or longjmp leaves a function of the plugin or passes through a visitor.
 *
 * Versions. Structs that may grow begin with their size in bytes, as the one who filled it knew it; new members come at
 * the end, so a plugin for version 1 that is compiled today goes on working. Members that this version does not have
 * are not looked at. walbreaker_bytes, walbreaker_error, walbreaker_setting, walbreaker_way and walbreaker_write never
 * change.
 */
#ifndef WALBREAKER_HARNESS_WALBREAKER_PLUGIN_H
#define WALBREAKER_HARNESS_WALBREAKER_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define WALBREAKER_ABI_VERSION 1u

/* Stable numbers: none is ever reused. */
enum {
  WALBREAKER_OK = 0,
  WALBREAKER_MISSING = 1, /* no such key: an answer to get and del, and no error */

  WALBREAKER_INTERNAL = -2,         /* a defect of the one who answers it */
  WALBREAKER_IO_ERROR = -3,         /* the disk refused; error->os_error tells: ENOENT, EEXIST, EIO, ... */
  WALBREAKER_INVALID_ARGUMENT = -4, /* a setting, a path or a size that is not taken */
  WALBREAKER_UNSUPPORTED = -5,      /* the engine has no such command */
  WALBREAKER_NOT_OPEN = -6,         /* a session, file or lock that was closed before */
  WALBREAKER_READ_ONLY = -10,       /* a write to a session that only reads, or a store that is open so as damaged */
  WALBREAKER_LOCKED = -12,          /* somebody else has the store open */
  WALBREAKER_CORRUPTED = -21,       /* damage that no crash explains: a refusal to serve what is there */
  WALBREAKER_UNSUPPORTED_VERSION = -22, /* a newer program wrote the store */
  WALBREAKER_NO_MEMORY = -30,
  WALBREAKER_NO_SPACE = -31
};

#define WALBREAKER_TEXT_BYTES 512

/* What an error was about. The caller provides it; whoever answers an error fills it. */
typedef struct walbreaker_error {
  int os_error;                     /* an errno; 0 where the operating system had no part in it */
  char text[WALBREAKER_TEXT_BYTES]; /* "sync wal-3.log", zero-terminated; may be empty */
} walbreaker_error;

typedef struct walbreaker_bytes {
  const char* data;
  size_t size;
} walbreaker_bytes;

/* --- The disk, provided by the harness ---------------------------------------------------------------------------- */
/*
 * What is durable, and when. A call that returned has changed what every later call sees (the page cache), and nothing
 * more. Contents become durable by sync, names by sync_dir; until then a process kill keeps a change and a power cut
 * may keep it, drop it or tear it, each change apart from the others and in any order.
 *
 * A missing file is WALBREAKER_IO_ERROR with os_error ENOENT. A path is used as it stands; "a/b" is b in a.
 * After abandon was called every call but close_file and unlock is refused: a killed process writes no more.
 *
 * Threads: any number, on one vfs and on one file; calls are carried out one at a time. A file or lock that is closed
 * by one thread must not be in use by another.
 */
typedef struct walbreaker_vfs walbreaker_vfs;
typedef struct walbreaker_file walbreaker_file;
typedef struct walbreaker_lock walbreaker_lock;

enum {                             /* how a file is opened */
       WALBREAKER_OPEN_READ = 0,   /* must exist; writing is an error */
       WALBREAKER_OPEN_READ_WRITE, /* must exist */
       WALBREAKER_OPEN_CREATE,     /* opened as it is, or created empty; to read and write */
       WALBREAKER_OPEN_CREATE_NEW  /* created empty, IO_ERROR with EEXIST where the name exists; to read and write */
};

enum {                             /* how a lock is taken */
       WALBREAKER_LOCK_SHARED = 0, /* beside other shared locks; the file must exist and is not created */
       WALBREAKER_LOCK_EXCLUSIVE   /* beside none; the file is created where it is missing */
};

/* Called with a name, valid during the call. Returns 1 to go on, 0 to stop. */
typedef int (*walbreaker_name_visitor)(void* context, const char* name);

struct walbreaker_vfs {
  size_t struct_size;
  uint32_t abi_version;

  /* Stores an open file in *file. A name created here is durable once sync_dir on its directory has returned. */
  int (*open)(const walbreaker_vfs* vfs, const char* path, int mode, walbreaker_file** file, walbreaker_error* error);

  /*
   * Reads up to `size` bytes at `offset` and stores in *done how many they were. Fewer than asked for is no error and
   * not the end of the file: only 0, where size is not 0, says that `offset` is at or past the end.
   */
  int (*read_at)(const walbreaker_vfs* vfs, walbreaker_file* file, uint64_t offset, void* into, size_t size,
                 size_t* done, walbreaker_error* error);

  /*
   * Writes up to `size` bytes at `offset`, growing the file where it must; a gap reads as zeros. Stores in *done how
   * many were written, from the first one on. Fewer than asked for is no error: write the rest, and take a write of 0
   * bytes for a full disk. Nothing is durable on return: until sync returns, a power cut may keep any subset of the
   * sectors written, may grow the file without its bytes, and may leave the file as it was. After an error none, some
   * or all of the bytes may be in the file.
   */
  int (*write_at)(const walbreaker_vfs* vfs, walbreaker_file* file, uint64_t offset, const void* bytes, size_t size,
                  size_t* done, walbreaker_error* error);

  /* Cuts the file to `size` bytes, or grows it with zeros. Not durable until sync returns. */
  int (*truncate)(const walbreaker_vfs* vfs, walbreaker_file* file, uint64_t size, walbreaker_error* error);

  /* Reserves room for `size` bytes from the start; a shorter file grows, with zeros. Not durable until sync returns. */
  int (*allocate)(const walbreaker_vfs* vfs, walbreaker_file* file, uint64_t size, walbreaker_error* error);

  /*
   * On return, all earlier writes and the size of this file are durable. Its name is not: that takes sync_dir. An error
   * means that what was pending may be lost, and a second sync that succeeds does not bring it back.
   */
  int (*sync)(const walbreaker_vfs* vfs, walbreaker_file* file, walbreaker_error* error);

  /* Stores in *size the file's size in bytes, as later reads see it. */
  int (*size)(const walbreaker_vfs* vfs, walbreaker_file* file, uint64_t* size, walbreaker_error* error);

  /* Makes nothing durable and reports nothing. Null is allowed and does nothing. */
  void (*close_file)(const walbreaker_vfs* vfs, walbreaker_file* file);

  /*
   * Gives a file another name, in place of any file that had it, in one step. Which of the two files a power cut leaves
   * there is open until sync_dir has returned. Makes no contents durable: sync the file first.
   */
  int (*rename)(const walbreaker_vfs* vfs, const char* from, const char* to, walbreaker_error* error);

  /* Takes a name away. Before sync_dir has returned, a power cut may bring the file back. */
  int (*unlink)(const walbreaker_vfs* vfs, const char* path, walbreaker_error* error);

  /* IO_ERROR with EEXIST where the name exists. Durable once sync_dir on the parent directory has returned. */
  int (*make_dir)(const walbreaker_vfs* vfs, const char* path, walbreaker_error* error);

  /* Visits the names in a directory, without "." and "..", in byte order. */
  int (*list)(const walbreaker_vfs* vfs, const char* path, walbreaker_name_visitor visit, void* context,
              walbreaker_error* error);

  /* On return, all earlier creations, renames and unlinks in this directory are durable. An error is as for sync. */
  int (*sync_dir)(const walbreaker_vfs* vfs, const char* path, walbreaker_error* error);

  /*
   * Takes a lock without waiting: WALBREAKER_LOCKED where somebody else, this process included, holds one that excludes
   * it. unlock, a process kill and a power cut release it.
   */
  int (*lock)(const walbreaker_vfs* vfs, const char* path, int mode, walbreaker_lock** lock, walbreaker_error* error);
  void (*unlock)(const walbreaker_vfs* vfs, walbreaker_lock* lock); /* null is allowed and does nothing */
};

/* --- The engine, provided by the plugin --------------------------------------------------------------------------- */

typedef struct walbreaker_session walbreaker_session; /* an open store; the plugin says what is in it */

/* A name and a value, both text: "sync", "on_request". */
typedef struct walbreaker_setting {
  const char* name;
  const char* value;
} walbreaker_setting;

typedef struct walbreaker_way {
  const walbreaker_setting* settings;
  size_t count;
} walbreaker_way;

/*
 * How a store is opened. Three settings are the harness's own, and reach every plugin; where the engine has no such
 * knob it ignores them, and a setting of any other name that it does not know is WALBREAKER_INVALID_ARGUMENT.
 *
 *   compact_after_operations=N, compact_after_bytes=N   compact by itself after so many puts and dels, or bytes of log;
 *                                                       0: never
 *   sync=on_commit|on_request                           what an ack survives a power cut by
 */
typedef struct walbreaker_open_request {
  size_t struct_size;
  uint64_t entropy; /* seeds whatever the engine draws at random, so that a run repeats; differs from open to open */
  const walbreaker_setting* settings;
  size_t setting_count;
  int read_only; /* not 0: change no byte, create nothing, and answer every write with WALBREAKER_READ_ONLY */
} walbreaker_open_request;

enum {                       /* what an open says of the contents it will serve */
       WALBREAKER_CLEAN = 0, /* nothing was found amiss */
       WALBREAKER_TORN,      /* the end of the log was left by a crash; nothing that was promised is missing */
       WALBREAKER_DAMAGED    /* acknowledged data is known to be gone */
};

/* What open fills in. It comes with null, CLEAN and an empty text. */
typedef struct walbreaker_opened {
  size_t struct_size;
  walbreaker_session* session;
  int answer;                       /* CLEAN, TORN or DAMAGED */
  char text[WALBREAKER_TEXT_BYTES]; /* what was found, in the engine's words */
} walbreaker_opened;

enum { WALBREAKER_WRITE_PUT = 1, WALBREAKER_WRITE_DEL = 2 };

typedef struct walbreaker_write { /* one of a batch */
  int kind;
  walbreaker_bytes key;
  walbreaker_bytes value; /* empty for a del */
} walbreaker_write;

enum {                           /* what a file of the store is, as far as its name says */
       WALBREAKER_ROLE_LOG = 1,  /* every acked command's bytes, in order, after a header */
       WALBREAKER_ROLE_SNAPSHOT, /* the contents at one moment */
       WALBREAKER_ROLE_OTHER,    /* locks, temporary files, files of somebody else: never damaged by a campaign */
       WALBREAKER_ROLE_UNKNOWN   /* none of these: it is damaged, and judged by which command wrote the harmed bytes */
};

enum { /* what an engine need not have */
       WALBREAKER_CAN_BATCH = 1,
       WALBREAKER_CAN_COMPACT = 2,
       WALBREAKER_CAN_READ_ONLY = 4, /* it opens stores read-only */
       WALBREAKER_CAN_LOCK = 8       /* while a store is open, a second opener is answered WALBREAKER_LOCKED */
};

/* Called with a key and its value. Returns 1 to go on, 0 to stop: the plugin then returns at once, with WALBREAKER_OK.
 */
typedef int (*walbreaker_visitor)(void* context, walbreaker_bytes key, walbreaker_bytes value);

/* Called with a term of a promise. */
typedef void (*walbreaker_term_visitor)(void* context, const char* key, const char* value);

/*
 * The engine. Functions are required unless they say otherwise. It lives as long as the process: the library is never
 * unloaded.
 */
typedef struct walbreaker_plugin {
  size_t struct_size;    /* sizeof(walbreaker_plugin) */
  uint32_t abi_version;  /* WALBREAKER_ABI_VERSION */
  uint32_t capabilities; /* of WALBREAKER_CAN_*, or-ed; commands that it lacks are not drawn */
  const char* name;      /* as reports show it: letters, digits, '_', '-' and '.' */

  /* Settings worth a test, each a way of its own to work; may be null where way_count is 0: no settings, one way. */
  const walbreaker_way* ways;
  size_t way_count;

  /*
   * Tells what the engine promises when opened with these settings, term by term, each key once. It is judged by that;
   * what it does not say is taken for the weakest.
   *
   * - kill, power: what an ack survives, a process kill and a power cut. on_ack; on_sync, once a later sync, compact or
   *   close was acked; never.
   * - served: durable, what a read-write open has served never goes away; cached, it may, at a power cut.
   * - order: prefix, the contents are those after some prefix of the commands; per_key, of each key alone.
   * - batches: atomic, none.
   * - on_error: whether a command that returned an error is invisible to reads of the session, or unknown.
   * - on_damage: exact_prefix, detect, prefix, none (README.md, beside this file).
   * - keys, values: bytes, int32, int64; max_key, max_value: in bytes.
   *
   * The campaigns kill and soak judge kill=on_ack, and truncate, bitflip and damage judge on_damage: where a plugin
   * promises nothing of it, they are inconclusive.
   */
  void (*promise)(const walbreaker_setting* settings, size_t count, walbreaker_term_visitor visit, void* context);

  /* Optional; without it every file is WALBREAKER_ROLE_OTHER. Any other number counts as that, too. */
  int (*role_of)(const char* file_name);

  /*
   * Opens the store in `directory`, making a new one, the directory included, where there is none and the request is
   * not read-only; the directory's parent exists. Where it answers an error, opened->session stays null and everything
   * that was opened on the vfs is closed. CORRUPTED and UNSUPPORTED_VERSION are refusals to serve what is there.
   */
  int (*open)(const walbreaker_vfs* vfs, const char* directory, const walbreaker_open_request* request,
              walbreaker_opened* opened, walbreaker_error* error);

  int (*put)(walbreaker_session* session, walbreaker_bytes key, walbreaker_bytes value, walbreaker_error* error);

  /* WALBREAKER_MISSING where there is no such key. */
  int (*del)(walbreaker_session* session, walbreaker_bytes key, walbreaker_error* error);

  /* All of it happens or nothing; later writes win over earlier ones. Null without WALBREAKER_CAN_BATCH. */
  int (*batch)(walbreaker_session* session, const walbreaker_write* writes, size_t count, walbreaker_error* error);

  /* Visits the key with its value, once; or returns WALBREAKER_MISSING, and visits nothing. */
  int (*get)(walbreaker_session* session, walbreaker_bytes key, walbreaker_visitor visit, void* context,
             walbreaker_error* error);

  /* Visits every key with its value, in byte order: a prefix comes before what it begins. */
  int (*scan)(walbreaker_session* session, walbreaker_visitor visit, void* context, walbreaker_error* error);

  /* On return, every command that was acked is durable. */
  int (*sync)(walbreaker_session* session, walbreaker_error* error);

  /* Writes the present state anew, and drops the log. Null without WALBREAKER_CAN_COMPACT. */
  int (*compact)(walbreaker_session* session, walbreaker_error* error);

  /* Makes everything durable, and releases locks and files. No command follows; abandon does. */
  int (*close)(walbreaker_session* session, walbreaker_error* error);

  /*
   * For an engine with threads of its own, else null. Waits until none of the session's threads is inside a call of the
   * vfs, or begins one before the next command. The harness calls it after open and after each command, before it looks
   * at the disk itself.
   */
  int (*quiesce)(walbreaker_session* session, walbreaker_error* error);

  /*
   * Frees the session; called once for each, after close or instead of it. Instead of it, that is what a process kill
   * does: the engine stops its threads and frees its memory, and nothing more reaches the disk. If it tries, as the
   * destructor of many an engine does, it is refused with WALBREAKER_IO_ERROR.
   */
  void (*abandon)(walbreaker_session* session);
} walbreaker_plugin;

#if defined(__GNUC__)
#define WALBREAKER_EXPORT __attribute__((visibility("default")))
#else
#define WALBREAKER_EXPORT
#endif

/*
 * The one symbol that the library exports. `abi_version` is the harness's: a plugin may serve several. Null says that
 * it does not serve this one.
 */
WALBREAKER_EXPORT const walbreaker_plugin* walbreaker_plugin_entry(uint32_t abi_version);

#ifdef __cplusplus
}
#endif

#endif
