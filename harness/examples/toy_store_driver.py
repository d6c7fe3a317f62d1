#!/usr/bin/env python3
"""A whole store behind walbreaker's line protocol (../PROTOCOL.md), to be copied.

One file of records, "@CRC REQUEST;": the requests that wrote, as they came. The CRC covers the record's place, too, so
that bytes of another place never pass. A record is on the disk before it is answered. A bad record with a good one
behind it is damage: the good one was only written when the other was synced. A bad end is a torn tail, and is cut.
An open store is open.log; a close adds a record and calls it closed.log, so that a lost end of it is no torn tail.
"""
import os
import re
import sys
import zlib

HELLO = "ok toy_store kill=on_ack power=on_ack served=durable order=prefix batches=atomic on_damage=exact_prefix"
RECORD = re.compile(rb"@([0-9a-f]{8}) ([^@;]*);")


def record(place, request):
    return b"@%08x %s;" % (zlib.crc32(b"%d %s" % (place, request)), request)


class Store:
    def __init__(self, directory, read_only):
        self.directory, self.read_only = directory, read_only
        self.contents, self.size, self.answer = {}, 0, b"ok clean"
        self.opened, self.closed = (os.path.join(directory, name) for name in ("open.log", "closed.log"))
        was_closed = os.path.exists(self.closed)
        self.file = open(self.closed if was_closed else self.opened, "rb" if read_only else "a+b")
        self.file.seek(0)
        self.recover(self.file.read(), was_closed)
        if not self.read_only:
            self.file.truncate(self.size)
            os.fsync(self.file.fileno())
            self.rename(self.closed if was_closed else self.opened, self.opened)

    def recover(self, log, was_closed):
        last = b""
        for match in RECORD.finditer(log):
            if match[0] != record(match.start(), match[2]):
                continue
            if match.start() != self.size:
                return self.damaged(b"a record is bad, and a later one is good")
            last, self.size = match[2], match.end()
            self.apply(last.split())
        if was_closed and (last != b"close" or self.size < len(log)):
            self.damaged(b"the end of a closed store is bad")
        elif self.size < len(log):
            self.answer = b"ok torn the last record is not whole"

    def damaged(self, text):
        self.answer, self.read_only = b"ok damaged " + text, True

    def rename(self, old, new):
        os.rename(old, new)
        directory = os.open(self.directory, os.O_RDONLY)
        os.fsync(directory)
        os.close(directory)

    def apply(self, words):
        for at, word in enumerate(words):  # keys and values are hex or "-", so never one of these
            if word == b"put":
                self.contents[words[at + 1]] = words[at + 2]
            elif word == b"del":
                self.contents.pop(words[at + 1], None)

    def write(self, request):
        if self.read_only:
            return b"err read_only"
        self.size += self.file.write(record(self.size, request))
        self.file.flush()
        os.fsync(self.file.fileno())
        self.apply(request.split())
        return b"ok"

    def close(self):
        if not self.read_only and self.write(b"close"):
            self.rename(self.opened, self.closed)
        self.file.close()
        return b"ok"


def answer(store, request, words):
    if words[0] == b"get":
        return b"ok " + store.contents[words[1]] if words[1] in store.contents else b"missing"
    if words[0] == b"scan":  # "-", the empty key, sorts before every digit
        return b"\n".join([b"ok %d" % len(store.contents)] + [b"%s %s" % kv for kv in sorted(store.contents.items())])
    if words[0] == b"del" and words[1] not in store.contents:
        return b"missing"
    return {b"sync": lambda: b"ok", b"close": store.close}.get(words[0], lambda: store.write(request))()


store = None
for line in sys.stdin.buffer:
    words = line.split()
    if words[0] == b"open":
        store = Store(words[1].decode(), b"read_only" in words[2:])
    text = {b"hello": HELLO.encode(), b"open": store and store.answer, b"compact": b"err unsupported"}.get(words[0])
    sys.stdout.buffer.write((text or answer(store, line.rstrip(b"\n"), words)) + b"\n")
    sys.stdout.buffer.flush()
