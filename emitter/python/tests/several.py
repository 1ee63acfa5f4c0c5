"""One event of each type, buffered and sent at once: several.py URL KEY SPOOL TYPE...

Prints what became of each: its id, or the status with which it was refused.
"""

import dataclasses
import json
import sys

from sinks import PLAIN
from assent_emitter import Emitter, Options, Refused

url, key, spool, *types = sys.argv[1:]
told = []
with Emitter(Options(url=url, keys={"default": key}, spool=spool, producer="p", sync="never",
                     report=lambda *_: None)) as emitter:
    handles = [emitter.buffer(dataclasses.replace(PLAIN, client_id="default", action_type=each))
               for each in types]
    left = emitter.flush(20)
    for handle in handles:
        try:
            told.append(handle.wait(0).id)
        except Refused as refused:
            told.append(refused.status)
print(json.dumps({"told": told, "left": left}))
