"""Buffers for some seconds, then sends all: load.py URL KEY SPOOL PRODUCER SECONDS

Prints the ids that it was told at the end, or each at once if ASSENT_TELL is set.
"""

import dataclasses
import json
import os
import sys
import time

from sinks import PLAIN
from assent_emitter import Emitter, Options

url, key, spool, producer, seconds = sys.argv[1:]
ids = []
emitter = Emitter(Options(url=url, keys={"default": key}, spool=spool, producer=producer,
                          sync="never", timeout=5, flush_interval=0.2, report=lambda *_: None))
ends = time.monotonic() + float(seconds)
while time.monotonic() < ends:
    event = dataclasses.replace(PLAIN, client_id="default", target_id=str(len(ids)))
    ids.append(emitter.buffer(event).id)
    if os.environ.get("ASSENT_TELL"):
        print(ids[-1], flush=True)
    if len(ids) % 20 == 0:
        time.sleep(0.005)
left = emitter.close(120)
if not os.environ.get("ASSENT_TELL"):
    print(json.dumps({"ids": ids}))
sys.exit(1 if left else 0)
