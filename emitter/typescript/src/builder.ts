// The fluent way to an event: `audit().forClient(…).action(…)…`. Every step is a new value.

import { DEPTH_MAX, isObject } from "./canonical.js";
import { InvalidEvent } from "./errors.js";
import type { ActorType, Event, Outcome, Proof } from "./event.js";
import type { Spooled } from "./lane.js";
import type { Receipt } from "./sending.js";

// The steps that no event is without.
type Step = "forClient" | "action" | "actor" | "target" | "outcome";

export interface Sink {
  emit(event: Event): Promise<Receipt>;
  buffer(event: Event): Promise<Spooled>;
}

// What the caller changes afterwards must not change the event.
function copied(value: unknown, path: string, depth = 1): unknown {
  const isArray = Array.isArray(value);
  if (!isArray && !isObject(value)) return value;
  if (depth > DEPTH_MAX) throw new InvalidEvent(path, "is nested too deep");
  if (isArray) return Array.from(value, (item) => copied(item, path, depth + 1));
  return Object.fromEntries(Object.entries(value)
    .map(([name, member]) => [name, copied(member, path, depth + 1)]));
}

// An event under construction, and who will emit it. Immutable: share it, branch off it. `Missing`
// is what it still lacks: emit() and buffer() are there when nothing is.
export class Audit<Missing extends Step = Step> {
  readonly #sink: Sink;
  readonly #event: Partial<Event>;
  declare readonly missing: Missing;

  constructor(sink: Sink, event: Partial<Event> = {}) {
    this.#sink = sink;
    this.#event = event;
  }

  #with<Done extends Step = never>(fields: Partial<Event>): Audit<Exclude<Missing, Done>> {
    return new Audit(this.#sink, { ...this.#event, ...fields });
  }

  #ended(outcome: Outcome): Audit<Exclude<Missing, "outcome">> {
    return this.#with<"outcome">({ outcome });
  }

  forClient(clientId: string): Audit<Exclude<Missing, "forClient">> {
    return this.#with<"forClient">({ clientId });
  }

  action(actionType: string): Audit<Exclude<Missing, "action">> {
    return this.#with<"action">({ actionType });
  }

  actor(actorType: ActorType, actorId: string): Audit<Exclude<Missing, "actor">> {
    return this.#with<"actor">({ actorType, actorId });
  }

  target(targetType: string, targetId: string): Audit<Exclude<Missing, "target">> {
    return this.#with<"target">({ targetType, targetId });
  }

  succeeded(): Audit<Exclude<Missing, "outcome">> {
    return this.#ended("success");
  }

  failed(code?: string, message?: string): Audit<Exclude<Missing, "outcome">> {
    const why = {
      ...(code === undefined ? {} : { errorCode: code }),
      ...(message === undefined ? {} : { errorMessage: message }),
    };
    return this.withMetadata(why).#ended("failure");
  }

  partial(): Audit<Exclude<Missing, "outcome">> {
    return this.#ended("partial");
  }

  pending(): Audit<Exclude<Missing, "outcome">> {
    return this.#ended("pending");
  }

  withProof(proof: Proof): Audit<Missing> {
    return this.#with({ proof: copied(proof, "proof") as Proof });
  }

  withApiProof(data: unknown): Audit<Missing> {
    return this.withProof({ type: "api_response", data });
  }

  withScreenshotProof(url: string, sha256?: string): Audit<Missing> {
    return this.withProof({ type: "screenshot", url, sha256 });
  }

  // Joins what is there already; of one name the later counts.
  withMetadata(metadata: Readonly<Record<string, unknown>>): Audit<Missing> {
    if (!isObject(metadata)) throw new InvalidEvent("metadata", "must be an object");
    const added = copied(metadata, "metadata") as Record<string, unknown>;
    return this.#with({ metadata: { ...this.#event.metadata, ...added } });
  }

  // Any text, or a W3C `traceparent`, whose trace is meant then.
  withCorrelation(correlationId: string): Audit<Missing> {
    return this.#with({ correlationId });
  }

  // The event that caused this one.
  childOf(eventId: string): Audit<Missing> {
    return this.#with({ causationId: eventId });
  }

  // Sends it. Resolves when it is durable in the log.
  emit(this: Audit<never>): Promise<Receipt> {
    return this.#sink.emit(this.#event as Event);
  }

  // Spools it, to be sent soon.
  buffer(this: Audit<never>): Promise<Spooled> {
    return this.#sink.buffer(this.#event as Event);
  }
}
