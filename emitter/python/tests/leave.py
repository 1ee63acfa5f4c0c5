"""Leaves three events in the spool DIRECTORY, the second with a blob; prints their ids."""

import dataclasses
import json
import sys

from sinks import PLAIN, FakeServer
from assent_emitter import Emitter, Options

emitter = Emitter(Options(url="http://127.0.0.1:1", keys={"acme": "key-a"}, spool=sys.argv[1],
                          producer="worker-1", sync="each", send=FakeServer(lambda request: None),
                          report=lambda *_: None))
big = dataclasses.replace(PLAIN, proof={"type": "api_response", "data": "x" * 20000})
print(json.dumps([emitter.buffer(event).id for event in (PLAIN, big, PLAIN)]))
emitter.close(0)
