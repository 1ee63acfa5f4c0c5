"""Assent's emitter: every side effect recorded, none lost, none invented."""

from .builder import Audit
from .emitter import Emitter
from .errors import (Closed, EmitterError, InvalidEvent, Misconfigured, Refused, SpoolFull,
                     SpoolUnusable, Unconfirmed)
from .event import Event
from .ids import Trace
from .lane import Spooled
from .options import Options
from .sending import Receipt

__all__ = ["Audit", "Closed", "Emitter", "EmitterError", "Event", "InvalidEvent", "Misconfigured",
           "Options", "Receipt", "Refused", "Spooled", "SpoolFull", "SpoolUnusable", "Trace",
           "Unconfirmed"]
