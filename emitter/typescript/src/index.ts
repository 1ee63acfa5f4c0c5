// Assent's emitter: every side effect recorded, none lost, none invented.

export { Audit } from "./builder.js";
export { Emitter } from "./emitter.js";
export {
  Closed, EmitterError, InvalidEvent, Misconfigured, Refused, SpoolFull, SpoolUnusable, Unconfirmed,
} from "./errors.js";
export type { ActorType, Event, Outcome, Proof } from "./event.js";
export type { Trace } from "./ids.js";
export type { Spooled } from "./lane.js";
export type { EmitterOptions, SpoolOptions } from "./options.js";
export type { Receipt } from "./sending.js";
export type { ProblemKind } from "./spool.js";
export type { Answer, Send } from "./transport.js";
export type { Request } from "./wire.js";
