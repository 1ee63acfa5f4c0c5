// Run by ./run: node compare.mjs ROUNDS
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sides from "./sides.mjs";

const ROUNDS = Number(process.argv[2]);
const BURST = 2000;  // Less than OpenTelemetry's queue takes.
const BURSTS = 10;
const FLOOD = 20_000;
const RATE_SECONDS = 2;  // Until a process is killed.
const NAMES = ["assent", "openTelemetry"];

const scratch = mkdtempSync(join(tmpdir(), "assent-otel-bench-"));
const sink = fork(fileURLToPath(new URL("sink.mjs", import.meta.url)));
const [{ port }] = await once(sink, "message");

async function arrived(name) {
  sink.send("count");
  const [{ events, records }] = await once(sink, "message");
  return name === "assent" ? events : records;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

// Until what was told has arrived: nothing here waits for a timer of either side.
async function round(name, side) {
  const before = await arrived(name);
  const cpu = process.cpuUsage();
  const began = performance.now();
  let calling = 0;
  for (let burst = 0; burst < BURSTS; ++burst) {
    const called = performance.now();
    for (let i = 0; i < BURST; ++i) await side.tell(i);
    calling += performance.now() - called;
    await side.sendAll();
  }
  const wall = performance.now() - began;
  const used = process.cpuUsage(cpu);
  const count = await arrived(name) - before;
  const told = BURST * BURSTS;
  return {
    call: calling * 1000 / told, cpu: (used.user + used.system) / told,
    rate: count / wall * 1000, missing: told - count,
  };
}

// All at once: what a queue in memory has no room for.
async function flood(name, side) {
  const before = await arrived(name);
  for (let i = 0; i < FLOOD; ++i) await side.tell(i);
  await side.sendAll();
  return FLOOD - (await arrived(name) - before);
}

// What had returned when a process was killed, and what of it arrives, also once it runs again.
async function kill(name) {
  const before = await arrived(name);
  const directory = join(scratch, `killed-${name}`);
  const script = fileURLToPath(new URL("killed.mjs", import.meta.url));
  const child = spawn(process.execPath, [script, name, port, directory],
                      { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.on("data", (text) => said += text);
  await once(child.stdout, "data");
  await new Promise((resolve) => setTimeout(resolve, RATE_SECONDS * 1000));
  child.kill("SIGKILL");
  await once(child, "close");
  const told = Number(said.trim().split("\n").at(-1));
  const atDeath = await arrived(name) - before;
  const again = sides[name](port, directory);
  await again.sendAll();
  await again.close();
  return { told, atDeath, lost: Math.max(0, told - (await arrived(name) - before)) };
}

const running = { assent: sides.assent(port, join(scratch, "spool")),
                  openTelemetry: sides.openTelemetry(port) };
for (const name of NAMES) await round(name, running[name]);  // Until both are compiled.
const results = { assent: [], openTelemetry: [] };
for (let n = 0; n < ROUNDS; ++n) {
  for (const name of n % 2 === 0 ? NAMES : NAMES.toReversed()) {
    results[name].push(await round(name, running[name]));
  }
}
console.log(`bursts of ${BURST} records, ${ROUNDS} rounds of ${BURST * BURSTS}, medians:`);
const KINDS = { call: "µs a call, on the wall", cpu: "µs of processor a record, sent",
                rate: "records/s arrived" };
for (const [kind, words] of Object.entries(KINDS)) {
  const [ours, theirs] = NAMES.map((name) => results[name].map((result) => result[kind]));
  const ratios = ours.map((value, n) => value / theirs[n]);
  console.log(`  ${words.padEnd(32)} assent ${median(ours).toFixed(1)}, OpenTelemetry ` +
    `${median(theirs).toFixed(1)}, ratio ${median(ratios).toFixed(2)} ` +
    `(${Math.min(...ratios).toFixed(2)}–${Math.max(...ratios).toFixed(2)})`);
}
for (const name of NAMES) {
  const missing = results[name].reduce((sum, result) => sum + result.missing, 0);
  console.log(`  ${name}: ${missing} of these did not arrive; of ${FLOOD} at once ` +
    `${await flood(name, running[name])} did not`);
}
for (const side of Object.values(running)) await side.close();
console.log(`killed (SIGKILL) after ${RATE_SECONDS} s of 20 records every 10 ms:`);
for (const name of NAMES) {
  const { told, atDeath, lost } = await kill(name);
  console.log(`  ${name}: ${told} told, ${atDeath} arrived by then, ${lost} lost for good`);
}
sink.disconnect();
rmSync(scratch, { recursive: true });
