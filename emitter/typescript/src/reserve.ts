// Room that is kept free, so that a spool which filled its disk can still note what was sent.

import { randomFillSync } from "node:crypto";
import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { createSynced } from "./files.js";

const RESERVE_BYTES = 64 * 1024;

export function isNoRoom(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT";
}

// A file of that size. While it is lent nothing is spooled, which would take the room.
export class Reserve {
  readonly #path: string;
  #isThere: boolean;
  #isLent = false;

  constructor(directory: string) {
    this.#path = join(directory, "reserve");
    this.#isThere = statSync(this.#path, { throwIfNoEntry: false })?.size === RESERVE_BYTES;
  }

  // Gives up its room until restore(), if it has any.
  lend(): boolean {
    const wasThere = this.#isThere;
    this.#isLent = true;
    this.#isThere = false;
    if (wasThere) rmSync(this.#path);
    return wasThere;
  }

  // Takes the room back, if there is some.
  restore(): void {
    this.#isLent = false;
    try {
      this.#make();
    } catch {
      // The disk is still full. Who spools next tries again, and is told.
    }
  }

  // Throws unless the room is there.
  require(): void {
    if (this.#isLent) throw Object.assign(new Error("no room"), { code: "ENOSPC" });
    this.#make();
  }

  #make(): void {
    if (this.#isThere) return;
    createSynced(this.#path, randomFillSync(Buffer.alloc(RESERVE_BYTES)));
    this.#isThere = true;
  }
}
