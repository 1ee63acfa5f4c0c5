from .emitter import *
from .event import Event
