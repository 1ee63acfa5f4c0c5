// How a spool writes files: for their owner alone, and so that they survive a loss of power.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

export function syncDirectory(path: string): void {
  const directory = openSync(path, "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

// All of `content`, or an error and no file.
export function createSynced(path: string, content: Buffer): void {
  const file = openSync(path, "w", 0o600);
  try {
    for (let done = 0; done < content.length;) done += writeSync(file, content, done);
    fsyncSync(file);
  } catch (error) {
    rmSync(path, { force: true });  // What it has of the disk is wanted elsewhere.
    throw error;
  } finally {
    closeSync(file);
  }
}

// The file has the old content or the new one, whatever happens.
export function replaceSyncedNow(path: string, content: Buffer): void {
  createSynced(`${path}.new`, content);
  renameSync(`${path}.new`, path);
  syncDirectory(dirname(path));
}

// The same, while others go on.
export async function replaceSynced(path: string, content: Buffer): Promise<void> {
  const file = await open(`${path}.new`, "w", 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } catch (error) {
    await rm(`${path}.new`, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
  syncDirectory(dirname(path));
}

// All of `content`, lines, or an error and none of it.
export async function appendSynced(path: string, content: Buffer): Promise<void> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.from("\n");
    if (size > 0) await file.read(last, 0, 1, size - 1);
    // What a crash left of a line ends before it.
    const end = Buffer.from(last.toString("latin1") === "\n" ? "" : "\n");
    try {
      await file.writeFile(Buffer.concat([end, content]));
      await file.sync();
    } catch (error) {
      await file.truncate(size);
      throw error;
    }
  } finally {
    await file.close();
  }
}
