// One process at a time in a spool. Node has no flock: the file says whose it is
// (emitter/README.md), and those who have flock read that too.

import {
  closeSync, constants, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync,
} from "node:fs";
import { SpoolUnusable } from "./errors.js";

const TAKING_SECONDS_MAX = 10;

// When the process began, which tells it from another that has its id later.
function started(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // Dead, but its parent has not asked yet how it died.
    return fields[0] === "Z" || fields[0] === "X" ? "" : fields[19] ?? "-";
  } catch {
    return "-";
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

function holds(pid: string | undefined, start: string | undefined): boolean {
  if (pid === undefined || start === undefined || !/^\d+$/.test(pid)) return false;
  return isAlive(Number(pid)) && (start === "-" || start === started(Number(pid)));
}

// Two that find a lock without a holder must not both take it.
function withTaking(path: string, take: () => void): void {
  const taking = `${path}.taking`;
  try {
    // Of the future, too: a clock may have been set back.
    const age = Math.abs(Date.now() - statSync(taking).mtimeMs);
    if (age > TAKING_SECONDS_MAX * 1000) rmSync(taking);
  } catch {
    // There is none, which is the usual.
  }
  let file: number;
  try {
    file = openSync(taking, "wx", 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    throw new SpoolUnusable(`${path} is being taken by another emitter`);
  }
  try {
    take();
  } finally {
    closeSync(file);
    rmSync(taking, { force: true });
  }
}

export class SpoolLock {
  readonly #file: number;

  constructor(path: string) {
    this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      withTaking(path, () => {
        const [pid, start] = readFileSync(path, "latin1").split(/\s+/);
        if (holds(pid, start)) throw new SpoolUnusable(`${path} is held by process ${pid}`);
        this.#say(`${process.pid} ${started(process.pid)}\n`);
      });
    } catch (error) {
      closeSync(this.#file);
      throw error;
    }
  }

  // Never empty in between: on a full disk the room would be gone, and the spool with it.
  #say(text: string): void {
    ftruncateSync(this.#file, writeSync(this.#file, text, 0));
  }

  release(): void {
    this.#say("-\n");
    closeSync(this.#file);
  }
}
