// The Merkle tree of RFC 6962.

import { sha256 } from "@noble/hashes/sha2";
import { concat, same } from "./bytes.js";
import { need } from "./rejected.js";

export type Hash = Uint8Array;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const EMPTY_ROOT: Hash = sha256(new Uint8Array());

export function leafHash(entry: Uint8Array): Hash {
  return sha256.create().update(LEAF).update(entry).digest();
}

function nodeHash(left: Hash, right: Hash): Hash {
  return sha256(concat(NODE, left, right));
}

function countOnes(size: number): number {
  let ones = 0;
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2;
  return ones;
}

// The peaks of a growing tree, the largest first.
export class Frontier {
  private readonly peaks: Hash[];

  constructor(public size: number, peaks: readonly Hash[]) {
    need(peaks.length === countOnes(size), "the peaks are not those of a tree of that size");
    this.peaks = [...peaks];
  }

  append(leaf: Hash): void {
    let node = leaf;
    for (let rest = this.size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      node = nodeHash(this.peaks.pop() as Hash, node);
    }
    this.peaks.push(node);
    this.size += 1;
  }

  root(): Hash {
    if (this.peaks.length === 0) return EMPTY_ROOT;
    return this.peaks.reduceRight((right, left) => nodeHash(left, right));
  }
}

// Walks from a node to the root; `join` is told of each sibling and on which side it is.
function climb(node: bigint, last: bigint, path: readonly Hash[],
  join: (sibling: Hash, isLeft: boolean) => void): boolean {
  for (const sibling of path) {
    if (last === 0n) return false;
    const isLeft = (node & 1n) === 1n || node === last;
    join(sibling, isLeft);
    while (isLeft && (node & 1n) === 0n && node !== 0n) {
      node >>= 1n;
      last >>= 1n;
    }
    node >>= 1n;
    last >>= 1n;
  }
  return last === 0n;
}

export function isIncluded(leaf: Hash, index: number, size: number, path: readonly Hash[],
  root: Hash): boolean {
  if (index >= size) return false;
  let found = leaf;
  const arrives = climb(BigInt(index), BigInt(size) - 1n, path, (sibling, isLeft) => {
    found = isLeft ? nodeHash(sibling, found) : nodeHash(found, sibling);
  });
  return arrives && same(found, root);
}

export interface Head {
  size: number;
  root: Hash;
}

export function isConsistent(first: Head, second: Head, proof: readonly Hash[]): boolean {
  if (first.size === second.size) return proof.length === 0 && same(first.root, second.root);
  if (first.size > second.size) return false;
  if (first.size === 0) return proof.length === 0 && same(first.root, EMPTY_ROOT);
  const size = BigInt(first.size);
  const path = (size & (size - 1n)) === 0n ? [first.root, ...proof] : [...proof];
  const start = path.shift();
  if (start === undefined) return false;
  let node = size - 1n;
  let last = BigInt(second.size) - 1n;
  while ((node & 1n) === 1n) {
    node >>= 1n;
    last >>= 1n;
  }
  let before = start;
  let after = start;
  const arrives = climb(node, last, path, (sibling, isLeft) => {
    if (isLeft) before = nodeHash(sibling, before);
    after = isLeft ? nodeHash(sibling, after) : nodeHash(after, sibling);
  });
  return arrives && same(before, first.root) && same(after, second.root);
}
