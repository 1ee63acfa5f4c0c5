from __future__ import annotations
from dataclasses import dataclass
from typing import Any
from .builder import Audit
from .event import Event, prepare
from .errors import EmitterError
from .redact import Redactor
from .wire import *
from .ids import Trace
@dataclass
class Options:
    url: str
    keys: dict
    producer: Any = None
    spool: Any = None
    redact: Any = ()
    current_trace: Any = None
    now: Any = None
    random: Any = None
    send: Any = None
    log: Any = None
    flush_interval: Any = 5
class Emitter:
    def __init__(self, o):
        self.o = o; self.next = {}; self.q = {}
        self.r = Redactor(o.redact)
    def audit(self): return Audit(self)
    def prep(self, e):
        return prepare(e, tenants=self.o.keys, now=self.o.now(), random=self.o.random, redactor=self.r, active=self.o.current_trace())
    def number(self, p):
        if not self.o.producer: return p.bytes()
        n = self.next.get(p.tenant, 1)
        b = p.bytes(self.o.producer, n)
        self.next[p.tenant] = n + 1
        return b
    def emit(self, e):
        p = self.prep(e); b = self.number(p); k = self.o.keys[p.tenant]
        if p.blob: self.o.send(blob_request(k, p.blob))
        self.o.send(event_request(k, b, p.traceparent)); self.o.log(p.log_line)
    def buffer(self, e):
        p = self.prep(e); b = self.number(p)
        q = self.q.setdefault(p.tenant, ([], []))
        if p.blob: q[0].append(p.blob)
        q[1].append(b); self.o.log(p.log_line)
    def close(self):
        for t, (blobs, events) in self.q.items():
            for b in blobs: self.o.send(blob_request(self.o.keys[t], b))
            self.o.send(batch_request(self.o.keys[t], events))
