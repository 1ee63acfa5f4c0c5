// A verdict in words.

import type { Report } from "./bundle.js";

function scopeOf(report: Report): string[] {
  const selection = report.manifest?.selection;
  if (selection === undefined) return [];
  if (selection.kind === "range") {
    return [`These are all ${report.events} events from sequence ${selection.begin} up to, but not ` +
      `including, ${selection.end}: none was changed, and none was left out.`];
  }
  return [`Each of these ${report.events} events is in the log, unchanged. They were chosen: ` +
    "the bundle does not prove that no other event would have belonged here.",
    "Chosen by: " + JSON.stringify(selection.query)];
}

function keyOf(report: Report): string {
  if (report.keyPinned) return "The log's key is the one that you gave, or one that it handed over to.";
  return "You gave no key, so the bundle vouches for itself. Compare its key with one that you have " +
    "from elsewhere: " + (report.manifest?.verifierKey ?? "");
}

function witnessesOf(report: Report): string[] {
  if (report.cosignatures.length === 0) return ["No witness has cosigned the checkpoint."];
  return report.cosignatures.map(({ name, keyId, verified }) => verified
    ? `Cosigned by ${name} (${keyId}), by the key that the bundle gives for it.`
    : `A signature by ${name} (${keyId}) was not verified: it is wrong, or its key is unknown.`);
}

function notesOf(report: Report): string[] {
  const { missingBlobs = [], views = [] } = report.manifest ?? {};
  const notes = report.compromised.map((sequence) =>
    `The log's key was given up as compromised at sequence ${sequence}.`);
  if (missingBlobs.length > 0) notes.push(`${missingBlobs.length} blobs are no longer kept.`);
  if (views.length > 0) notes.push("Not authenticated: " + views.join(", "));
  return notes;
}

export function headline(report: Report): string {
  return report.ok ? "Verified" : "Not verified";
}

export function sentences(report: Report): string[] {
  if (!report.ok) {
    const where = [report.file, report.sequence === null ? null : `sequence ${report.sequence}`]
      .filter((part) => part !== null && part !== "").join(", ");
    return [(where === "" ? "" : where + ": ") + (report.what ?? "") + ".",
      "Nothing in this bundle should be relied upon."];
  }
  const manifest = report.manifest;
  const log = manifest === null ? [] :
    [`Log ${manifest.origin}, tenant ${manifest.tenant}, checkpoint of ${manifest.size} events.`];
  return [...log, ...scopeOf(report), keyOf(report), ...witnessesOf(report), ...notesOf(report)];
}
