// The page. Whatever comes from a bundle becomes text nodes, never markup.

import { verifyBundle, type Report } from "./bundle.js";
import type { Event } from "./documents.js";
import { isObject, type Json } from "./json.js";
import type { Source } from "./members.js";
import { headline, sentences } from "./words.js";

const ROWS_MAX = 500;

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error("the page has no " + id);
  return found;
}

const key = element("key", HTMLTextAreaElement);
const file = element("file", HTMLInputElement);
const drop = element("drop", HTMLDivElement);
const progress = element("progress", HTMLParagraphElement);
const verdict = element("verdict", HTMLElement);
const events = element("events", HTMLElement);
const rows = element("rows", HTMLTableSectionElement);
const shown = element("shown", HTMLParagraphElement);
const detail = element("detail", HTMLPreElement);

function sourceOf(blob: Blob): Source {
  return {
    size: blob.size,
    read: async (begin, end) => new Uint8Array(await blob.slice(begin, end).arrayBuffer()),
  };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

function rowOf(event: Event): HTMLTableRowElement {
  const row = document.createElement("tr");
  const data = event.json["data"];
  const actor = isObject(data) ? data["actor"] : undefined;
  const who = isObject(actor) ? [text(actor["type"]), text(actor["name"]) || text(actor["id"])] : [];
  const open = document.createElement("button");
  open.textContent = String(event.sequence);
  open.addEventListener("click", () => {
    detail.hidden = false;
    detail.textContent = JSON.stringify(event.json, null, 2);
  });
  row.insertCell().append(open);
  for (const cell of [text(event.json["time"]), event.type, text(event.json["subject"]),
    who.join(" ")]) {
    row.insertCell().textContent = cell;
  }
  return row;
}

function show(report: Report): void {
  verdict.hidden = false;
  verdict.className = report.ok ? "good" : "bad";
  const title = document.createElement("h2");
  title.textContent = headline(report);
  verdict.replaceChildren(title, ...sentences(report).map((sentence) => {
    const paragraph = document.createElement("p");
    paragraph.textContent = sentence;
    return paragraph;
  }));
}

let turn = 0;  // A second bundle makes the first one's answer void.

async function verify(blob: Blob): Promise<void> {
  const own = ++turn;
  const kept: Event[] = [];
  verdict.hidden = events.hidden = detail.hidden = true;
  progress.textContent = "Verifying …";
  try {
    const report = await verifyBundle(sourceOf(blob), {
      verifierKey: key.value.trim() || null,
      onEvent: (event) => {
        if (kept.length < ROWS_MAX) kept.push(event);
      },
      onProgress: async (count) => {
        if (own === turn) progress.textContent = `${count} events …`;
        await new Promise((resolve) => setTimeout(resolve));
      },
    });
    if (own !== turn) return;
    show(report);
    // Events of a bundle that is not verified prove nothing, so they are not shown.
    events.hidden = !report.ok;
    rows.replaceChildren(...(report.ok ? kept.map(rowOf) : []));
    shown.textContent = report.events > kept.length
      ? `The first ${kept.length} of ${report.events}.` : `All ${report.events}.`;
    progress.textContent = "";
  } catch (fault) {
    if (own === turn) progress.textContent = "The file cannot be read: " + String(fault);
  }
}

file.addEventListener("change", () => {
  const chosen = file.files?.[0];
  if (chosen !== undefined) void verify(chosen);
});
key.addEventListener("change", () => {
  const chosen = file.files?.[0];
  if (chosen !== undefined) void verify(chosen);
});
for (const kind of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    drop.classList.toggle("over", kind === "dragover");
  });
}
document.addEventListener("drop", (event) => {
  const dropped = event.dataTransfer?.files[0];
  if (dropped !== undefined) void verify(dropped);
});
