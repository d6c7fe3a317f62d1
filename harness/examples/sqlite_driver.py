#!/usr/bin/env python3
"""SQLite behind walbreaker's line protocol (../PROTOCOL.md), through Python's own sqlite3 module, on real directories.

  walbreaker run --driver "python3 harness/examples/sqlite_driver.py" --campaign kill
  walbreaker run --driver "python3 harness/examples/sqlite_driver.py" --set journal_mode=wal --promise on_damage=prefix \\
      --campaign truncate,bitflip

Settings: journal_mode=delete|truncate|persist|wal, synchronous=off|normal|full|extra, each the PRAGMA of its name, and
check=1, which reads the whole database at open and refuses it where PRAGMA integrity_check finds something.

Its promise says nothing of damage, since SQLite says nothing: it has no checksums but those of its journals and logs.
"""
import os
import sqlite3
import sys

HELLO = "ok sqlite_driver kill=on_ack power=on_ack order=prefix batches=atomic"
SETTINGS = {
    "journal_mode": ("delete", "truncate", "persist", "wal"),
    "synchronous": ("off", "normal", "full", "extra"),
    "check": ("0", "1"),
}
OF_THE_HARNESS = ("compact_after_operations", "compact_after_bytes", "sync", "entropy")
CODES = {
    sqlite3.SQLITE_CORRUPT: "corrupted",
    sqlite3.SQLITE_NOTADB: "corrupted",
    sqlite3.SQLITE_BUSY: "locked",
    sqlite3.SQLITE_FULL: "no_space",
    sqlite3.SQLITE_IOERR: "io_error",
    sqlite3.SQLITE_CANTOPEN: "io_error",
    sqlite3.SQLITE_NOMEM: "no_memory",
}


class Refused(Exception):
    """An answer that is an error: a code and a text."""


def decoded(word):
    return b"" if word == "-" else bytes.fromhex(word)


def encoded(value):
    # A cell that was damaged may hold a number or a text.
    return (value if isinstance(value, bytes) else str(value).encode()).hex() or "-"


def settings_of(words):
    settings = {"journal_mode": "delete", "synchronous": "extra", "check": "0"}
    for word in words:
        name, _, value = word.partition("=")
        if name not in OF_THE_HARNESS and value not in SETTINGS.get(name, ()):
            raise Refused("invalid_argument", "no such setting: " + word)
        settings[name] = value
    return settings


def opened(words):
    if "read_only" in words:
        raise Refused("unsupported", "a journal that a crash left has to be played back first")
    settings = settings_of(words[2:])
    store = sqlite3.connect(os.path.join(words[1], "kv.db"), isolation_level=None, timeout=0)
    try:
        if settings["journal_mode"] == "wal":
            store.execute("PRAGMA locking_mode=EXCLUSIVE")
        store.execute("PRAGMA synchronous=" + settings["synchronous"])
        store.execute("PRAGMA journal_mode=" + settings["journal_mode"])
        store.execute("CREATE TABLE IF NOT EXISTS kv(key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID")
        if settings["check"] == "1":
            found = store.execute("PRAGMA integrity_check").fetchone()[0]
            if found != "ok":
                raise Refused("corrupted", found.splitlines()[0])
    except BaseException:
        store.close()
        raise
    return store


def write(store, words):
    """`put KEY VALUE del KEY ...`. Returns how many rows the last one changed."""
    changed = 0
    while words:
        if words[0] == "put":
            key, value, words = words[1], words[2], words[3:]
            changed = store.execute("REPLACE INTO kv VALUES(?, ?)", (decoded(key), decoded(value))).rowcount
        else:
            key, words = words[1], words[2:]
            changed = store.execute("DELETE FROM kv WHERE key = ?", (decoded(key),)).rowcount
    return changed


def batch(store, words):
    store.execute("BEGIN IMMEDIATE")
    try:
        write(store, words)
        store.execute("COMMIT")
    except sqlite3.Error:
        if store.in_transaction:
            store.execute("ROLLBACK")
        raise


def answer(store, words):
    verb = words[0]
    if verb == "put":
        write(store, words)
    elif verb == "del":
        return "ok" if write(store, words) else "missing"
    elif verb == "batch":
        batch(store, words[1:])
    elif verb == "get":
        row = store.execute("SELECT value FROM kv WHERE key = ?", (decoded(words[1]),)).fetchone()
        return "ok " + encoded(row[0]) if row else "missing"
    elif verb == "scan":
        rows = store.execute("SELECT key, value FROM kv ORDER BY key").fetchall()
        return "\n".join(["ok %d" % len(rows)] + ["%s %s" % (encoded(key), encoded(value)) for key, value in rows])
    elif verb == "compact":
        is_log = store.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        store.execute("PRAGMA wal_checkpoint(TRUNCATE)" if is_log else "VACUUM")
    elif verb == "close":
        store.close()
    return "ok"  # `sync` too: with synchronous=extra every commit was durable


def main():
    store = None
    for line in sys.stdin:
        words = line.split()
        try:
            if words[0] == "hello":
                text = HELLO
            elif words[0] == "open":
                store = opened(words)
                text = "ok clean"
            elif store is None:
                text = "err not_open"
            else:
                text = answer(store, words)
                store = None if words[0] == "close" else store
        except Refused as refused:
            text = "err %s %s" % refused.args
        except (sqlite3.Error, sqlite3.Warning) as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            text = "err %s %s" % (CODES.get(code, "internal"), " ".join(str(error).split()))
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


main()
