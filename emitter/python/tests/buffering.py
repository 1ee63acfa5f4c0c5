"""Buffers until it is killed, or COUNT events; prints the ids that it was told, a line each.

  buffering.py DIRECTORY SYNC [URL COUNT]
"""

import itertools
import sys

from sinks import PLAIN, FakeServer
from assent_emitter import Emitter, Options

directory, sync, *more = sys.argv[1:]
server = FakeServer(lambda request: None)
emitter = Emitter(Options(url=more[0] if more else "http://127.0.0.1:1", keys={"acme": "key-a"},
                          spool=directory, producer="worker-1", sync=sync, flush_interval=None,
                          flush_size=10**9, send=None if more else server))
for _ in range(int(more[1])) if more else itertools.count():
    print(emitter.buffer(PLAIN).id, flush=True)
