"""What can go wrong, by who has to do something about it."""

from __future__ import annotations


class EmitterError(Exception):
    """All errors of this package."""


class InvalidEvent(EmitterError):
    """The event says something it must not. Nothing was sent or spooled.

    The text is `<field> <what is wrong>`, such as `targetId is required`.
    """

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path} {message}")
        self.path = path


class Misconfigured(EmitterError):
    """The emitter was given options that cannot work."""


class SpoolFull(EmitterError):
    """The spool has no room; the event was not taken."""

    def __init__(self, message: str, *, is_hopeless: bool = False) -> None:
        super().__init__(message)
        self.is_hopeless = is_hopeless  # There never will be room for it.


class SpoolUnusable(EmitterError):
    """The spool's directory cannot be used, or the disk refused a write."""


class Closed(EmitterError):
    """The emitter was closed; the event was not taken."""


class Refused(EmitterError):
    """The server said no, and would say it again."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}" if code else f"{status} {detail}")
        self.status = status
        self.code = code


class Unconfirmed(EmitterError):
    """Whether the event is in the log is not known. To send it again is harmless: it has an id.

    With a spool, the event is in it and will be sent.
    """

    def __init__(self, event_id: str, reason: str) -> None:
        super().__init__(f"{event_id} is not confirmed: {reason}")
        self.event_id = event_id
        self.reason = reason
