"""A key of one tenant under the name of another: foreign.py URL KEY SPOOL"""

import dataclasses
import json
import sys

from sinks import PLAIN
from assent_emitter import Emitter, Options, Refused

url, key, spool = sys.argv[1:]
foreign = dataclasses.replace(PLAIN, client_id="somebody-else")
status = None
with Emitter(Options(url=url, keys={"somebody-else": key})) as emitter:
    try:
        emitter.emit(foreign)
    except Refused as refused:
        status = refused.status
emitter = Emitter(Options(url=url, keys={"somebody-else": key}, spool=spool, producer="p",
                          sync="never", report=lambda *_: None))
emitter.buffer(foreign)
print(json.dumps({"status": status, "left": emitter.flush(1)}))
emitter.close(0)
