// What waits to be sent, tenant by tenant.

import { Unconfirmed } from "./errors.js";
import type { EmitterError } from "./errors.js";
import type { Entry } from "./segment.js";
import type { Receipt } from "./sending.js";

// What the server takes at once.
const BATCH_EVENTS_MAX = 1000;
const BATCH_BYTES_MAX = 1024 * 1024;

export type Outcome = Receipt | EmitterError;

// An event in the spool. It survives the process; `confirmed()` tells where it ended up.
export class Spooled {
  #outcome: Outcome | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(readonly id: string, readonly sequence: number) {}

  // Its place in the log. Rejects with Refused, or Unconfirmed if that is not known in time.
  confirmed(timeoutMs?: number): Promise<Receipt> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const tell = () => {
        clearTimeout(timer);
        this.#waiting.delete(tell);
        const outcome = this.#outcome ?? new Unconfirmed(this.id, "it is spooled and will be sent");
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      if (this.#outcome) return tell();
      this.#waiting.add(tell);
      if (timeoutMs !== undefined) timer = setTimeout(tell, timeoutMs);
    });
  }

  // For the one that sends.
  settle(outcome: Outcome): void {
    this.#outcome = outcome;
    for (const tell of this.#waiting) tell();
  }
}

// What waits. Of events found in the spool at the start there is only the entry.
export interface Item {
  readonly entry: Entry;
  readonly since: number;
  readonly handle?: Spooled;
  // Somebody waits for it: it is sent by itself, with its trace.
  readonly isAlone?: boolean;
  readonly traceparent?: string | undefined;
}

// The events of one tenant, in order. A tenant whose key fails holds up nobody else.
export class Lane {
  items: Item[] = [];
  added = 0;
  settled = 0;
  noted = 0;  // So many of the settled are noted in the spool.
  hurriedTo = 0;  // Somebody waits for so many of them.
  failures = 0;
  notBefore = 0;

  constructor(readonly tenant: string) {}

  get isHurried(): boolean {
    return this.settled < this.hurriedTo;
  }

  add(item: Item): void {
    this.items.push(item);
    this.added += 1;
    if (item.isAlone) this.hurriedTo = this.added;
  }

  hurry(): void {
    this.hurriedTo = this.added;
  }

  batch(): readonly Item[] {
    let size = 0;
    let end = 0;
    for (const item of this.items) {
      size += item.entry.event.size + 1;
      if (end > 0 && (end === BATCH_EVENTS_MAX || size > BATCH_BYTES_MAX || item.isAlone)) break;
      end += 1;
      if (item.isAlone) break;
    }
    return this.items.slice(0, end);
  }
}
