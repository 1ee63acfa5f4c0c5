// Verification of a bundle (docs/ledger-format.md, "Bundles"). Knows no page and no server.

import { isHash } from "./bytes.js";
import { followKeys, isAt, parseEvent, parseKeys, parseManifest, parseMemberProof, parseRangeProof,
  parseWitnesses, type Event, type KeyChain, type Manifest,
  type RangeProof } from "./documents.js";
import { checkHash, FIXED, FIXED_COUNT, Lines, membersOfTar, rankOf, readWhole, type FileEntry,
  type Member, type Source } from "./members.js";
import { cosignaturesOf, Key, NOTE_BYTES_MAX, openCheckpoint, type Cosignature } from "./note.js";
import { need, Rejected } from "./rejected.js";
import { Frontier, isConsistent, isIncluded, leafHash, type Head } from "./tree.js";

const ENTRY_BYTES_MAX = 65_535;
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;
const KEYS_BYTES_MAX = 4 * 1024 * 1024;
const WITNESSES_BYTES_MAX = 1024 * 1024;
const PROOF_LINE_BYTES_MAX = 8192;
const EVENTS_PER_PROGRESS = 2048;

export interface Report {
  ok: boolean;
  sequence: number | null;
  keyPinned: boolean;
  file: string | null;
  what: string | null;
  manifest: Manifest | null;
  events: number;
  cosignatures: Cosignature[];
  compromised: number[];  // Sequences at which a key was given up as compromised.
}

export interface Options {
  verifierKey?: string | null;
  onEvent?: (event: Event) => void;
  onProgress?: (events: number) => void | Promise<void>;
}

class Check {
  private readonly members: AsyncGenerator<Member, void, void>;
  private manifest!: Manifest;
  private chain!: KeyChain;
  private head!: Head;
  file = "";
  sequence: number | null = null;

  constructor(private readonly source: Source, private readonly options: Options,
    private readonly report: Report) {
    this.members = membersOfTar(source);
  }

  private blame(file: string, sequence: number | null = null): void {
    this.file = file;
    this.sequence = sequence;
  }

  private entryOf(name: string): FileEntry {
    const entry = this.manifest.files.get(name);
    need(entry !== undefined, "the manifest does not list it");
    return entry;
  }

  private async next(name: string): Promise<Member> {
    this.blame(name);
    const { value: member, done } = await this.members.next();
    need(done !== true && member !== undefined, "the bundle ends before it");
    need(member.name === name, "in its place the bundle has another member");
    if (name !== FIXED[0]) {
      need(member.size === this.entryOf(name).bytes, "the file is of another length");
    }
    return member;
  }

  private async small(name: string, most: number): Promise<Uint8Array> {
    const member = await this.next(name);
    const bytes = await readWhole(this.source, member, most);
    await checkHash(this.source, member, this.entryOf(name));
    return bytes;
  }

  async run(): Promise<void> {
    const first = await this.next(FIXED[0]);
    this.manifest = parseManifest(await readWhole(this.source, first, MANIFEST_BYTES_MAX));
    this.report.manifest = this.manifest;
    const note = await this.small("checkpoint", NOTE_BYTES_MAX);
    await this.checkKeys(note, await this.small("keys.json", KEYS_BYTES_MAX));
    const events = await this.next("events.ndjson");
    const proofs = await this.next("proofs.ndjson");
    if (this.manifest.selection.kind === "range") await this.checkRange(events, proofs);
    else await this.checkMembers(events, proofs);
    const witnesses = parseWitnesses(await this.small("witnesses.json", WITNESSES_BYTES_MAX));
    this.report.cosignatures = await cosignaturesOf(note, this.chain.key, witnesses);
    await this.checkRest();
  }

  private async checkKeys(note: Uint8Array, raw: Uint8Array): Promise<void> {
    const { size, origin, verifierKey } = this.manifest;
    const pinned = this.options.verifierKey ?? null;
    this.chain = await followKeys(parseKeys(raw), size, pinned, origin);
    need(this.chain.key.text === verifierKey, "the key is not the manifest's");
    this.report.keyPinned = this.chain.isPinned;
    this.blame("checkpoint");
    const checkpoint = await openCheckpoint(note, this.chain.key);
    need(checkpoint.size === BigInt(size), "the checkpoint is of another size");
    this.head = { size, root: checkpoint.root };
    need(isAt(this.chain.heads, size, () => checkpoint.root), "the handover was of another log");
  }

  private event(line: Uint8Array): Event {
    const event = parseEvent(line);
    need(event.tenant === this.manifest.tenant, "the event is of another tenant");
    return event;
  }

  // After an event was found to be in its place.
  private async count(event: Event): Promise<void> {
    this.report.events += 1;
    const data = event.json["data"] as Record<string, unknown>;
    if (event.type === "ledger.key_rotated" && data["reason"] === "compromised") {
      this.report.compromised.push(Number(event.sequence));
    }
    this.options.onEvent?.(event);
    if (this.report.events % EVENTS_PER_PROGRESS === 0) {
      await this.options.onProgress?.(this.report.events);
    }
  }

  private async rangeProof(member: Member): Promise<RangeProof> {
    this.blame("proofs.ndjson");
    const lines = new Lines(this.source, member, PROOF_LINE_BYTES_MAX);
    const line = await lines.next();
    need(line !== null, "a range's proof is missing");
    const proof = parseRangeProof(line);
    need(await lines.next() === null, "a range has one proof");
    await lines.finish(this.entryOf("proofs.ndjson"));
    return proof;
  }

  private async checkRange(events: Member, proofs: Member): Promise<void> {
    const { selection } = this.manifest;
    need(selection.kind === "range", "it is no range");
    const { peaks, consistency } = await this.rangeProof(proofs);
    const frontier = new Frontier(selection.begin, peaks);
    const lines = new Lines(this.source, events, ENTRY_BYTES_MAX);
    for (;;) {
      this.blame("events.ndjson", frontier.size);
      need(isAt(this.chain.heads, frontier.size, () => frontier.root()),
        "the handover was of another log");
      const line = await lines.next();
      if (line === null) break;
      need(frontier.size < selection.end, "the event is beyond the range");
      const event = this.event(line);
      need(event.sequence === BigInt(frontier.size), "the event is not the next one");
      frontier.append(leafHash(line));
      await this.count(event);
    }
    need(frontier.size === selection.end, "the event is missing");
    this.blame("events.ndjson");
    need(isConsistent({ size: selection.end, root: frontier.root() }, this.head, consistency),
      "the events do not hash to the checkpoint's root");
    await lines.finish(this.entryOf("events.ndjson"));
  }

  private async checkMembers(events: Member, proofs: Member): Promise<void> {
    const eventLines = new Lines(this.source, events, ENTRY_BYTES_MAX);
    const proofLines = new Lines(this.source, proofs, PROOF_LINE_BYTES_MAX);
    let before = -1n;
    for (;;) {
      this.blame("events.ndjson");
      const line = await eventLines.next();
      if (line === null) break;
      const event = this.event(line);
      this.blame("events.ndjson", Number(event.sequence));
      need(event.sequence > before, "the events are not in the order of their sequence");
      need(event.sequence < BigInt(this.head.size), "the event is beyond the checkpoint");
      before = event.sequence;
      this.blame("proofs.ndjson", Number(event.sequence));
      this.checkPath(line, Number(event.sequence), await proofLines.next());
      await this.count(event);
    }
    await this.checkNoPathLeft(proofLines);
    await eventLines.finish(this.entryOf("events.ndjson"));
    await proofLines.finish(this.entryOf("proofs.ndjson"));
  }

  private checkPath(line: Uint8Array, sequence: number, proofLine: Uint8Array | null): void {
    need(proofLine !== null, "the event has no proof");
    const proof = parseMemberProof(proofLine);
    need(proof.sequence === sequence, "the proof is another event's");
    this.blame("events.ndjson", sequence);
    need(isIncluded(leafHash(line), sequence, this.head.size, proof.path, this.head.root),
      "the event is not in the log");
  }

  private async checkNoPathLeft(proofs: Lines): Promise<void> {
    this.blame("proofs.ndjson");
    const line = await proofs.next();
    if (line !== null) {
      this.blame("events.ndjson", parseMemberProof(line).sequence);
      throw new Rejected("the event is missing, but its proof is there");
    }
    const { selection } = this.manifest;
    this.blame("manifest.json");
    need(selection.kind === "members" && selection.count === this.report.events,
      "the manifest counts another number of members");
  }

  private async checkRest(): Promise<void> {
    const { files } = this.manifest;
    const left = new Set([...files.keys()].filter((name) => rankOf(name) >= FIXED_COUNT));
    let rank = 0;
    this.blame("");
    for await (const member of this.members) {
      this.blame(member.name);
      need(left.delete(member.name), "the member is there twice, or not in the manifest");
      need(rankOf(member.name) >= rank, "the member is out of its place");
      rank = rankOf(member.name);
      const entry = this.entryOf(member.name);
      need(member.size === entry.bytes, "the file is of another length");
      const digits = member.name.slice("blobs/".length);
      need(!member.name.startsWith("blobs/") || (isHash(digits) && digits === entry.sha256),
        "a blob's name is not its hash");
      await checkHash(this.source, member, entry);
      this.blame("");
    }
    this.blame([...left].sort()[0] ?? "");
    need(left.size === 0, "the member is missing");
  }
}

// Throws only what the source throws.
export async function verifyBundle(source: Source, options: Options = {}): Promise<Report> {
  const report: Report = { ok: false, sequence: null, keyPinned: false, file: null, what: null,
    manifest: null, events: 0, cosignatures: [], compromised: [] };
  const check = new Check(source, options, report);
  try {
    if (options.verifierKey) new Key(options.verifierKey);
    await check.run();
    report.ok = true;
  } catch (fault) {
    if (!(fault instanceof Rejected)) throw fault;
    report.file = check.file;
    report.sequence = check.sequence;
    report.what = fault.what;
  }
  return report;
}
