// What can go wrong, by who has to do something about it.

// All errors of this package.
export class EmitterError extends Error {
  override get name(): string {
    return this.constructor.name;
  }
}

// The event says something it must not. Nothing was sent or spooled. The text is
// `<field> <what is wrong>`, such as `targetId is required`.
export class InvalidEvent extends EmitterError {
  constructor(readonly path: string, message: string) {
    super(`${path} ${message}`);
  }
}

// The emitter was given options that cannot work.
export class Misconfigured extends EmitterError {}

// The spool has no room; the event was not taken.
export class SpoolFull extends EmitterError {
  // `isHopeless`: there never will be room for it.
  constructor(message: string, readonly isHopeless = false) {
    super(message);
  }
}

// The spool's directory cannot be used, or the disk refused a write.
export class SpoolUnusable extends EmitterError {}

// The emitter was closed; the event was not taken.
export class Closed extends EmitterError {}

// The server said no, and would say it again.
export class Refused extends EmitterError {
  constructor(readonly status: number, readonly code: string, detail: string) {
    super(code ? `${status} ${code}: ${detail}` : `${status} ${detail}`);
  }
}

// Whether the event is in the log is not known: to send it again is harmless. With a spool, the
// event is in it and will be sent.
export class Unconfirmed extends EmitterError {
  constructor(readonly eventId: string, readonly reason: string) {
    super(`${eventId} is not confirmed: ${reason}`);
  }
}
