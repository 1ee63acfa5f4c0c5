// verify.html in a real browser, from file://, with bundles of the vectors: node page.mjs DIRECTORY
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [directory] = process.argv.slice(2);
const page_url = new URL("../verify.html", import.meta.url).href;

function browserPath() {
  const found = spawnSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" });
  assert.equal(found.status, 0, "run `tools/install test` for chromium");
  return found.stdout.trim();
}

function expectedOf(name) {
  return JSON.parse(readFileSync(`${directory}/${name}/expected.json`, "utf8"));
}

async function verdictOf(page, path, key) {
  await page.fill("#key", key ?? "");
  await page.evaluate(() => { document.getElementById("verdict").hidden = true; });
  await page.setInputFiles("#file", path);
  await page.waitForSelector("#verdict:not([hidden])");
  return page.innerText("#verdict");
}

const CASES = ["good-whole", "good-middle", "good-members", "good-unpinned", "good-rotated-old-key",
  "good-cosigned-2", "good-html", "good-other-scripts", "good-longest-entry", "good-forged-unpinned",
  "event-dropped", "event-swapped", "event-changed", "checkpoint-by-stranger", "handover-missing",
  "archive-path-upwards", "key-of-nobody", "entry-two-hashes", "checkpoint-malleable"];

async function giveVerdicts(page) {
  for (const name of CASES) {
    const expected = expectedOf(name);
    const words = await verdictOf(page, `${directory}/${name}/bundle.tar`, expected.verifierKey);
    assert.equal(words.startsWith("Verified"), expected.ok, `${name}: ${words}`);
    if (expected.sequence !== null) assert.match(words, new RegExp(`sequence ${expected.sequence}\\b`));
    if (expected.ok) assert.equal(words.includes("You gave no key"), !expected.keyPinned, name);
    assert.equal(words.includes("none was left out"), expected.ok && name !== "good-members", name);
    assert.equal(await page.isVisible("#events"), expected.ok, name);
  }
}

async function showTextAsText(page) {
  await verdictOf(page, `${directory}/good-html/bundle.tar`, null);
  await page.click("#rows button");
  assert.match(await page.innerText("#detail"), /<img src=x onerror=alert\(1\)>/);
  assert.equal(await page.locator("main img, main script").count(), 0);
}

async function reachNothing(page) {
  const answer = await page.evaluate(() =>
    fetch("http://127.0.0.1:9/").then(() => "reached", (fault) => fault.name));
  assert.equal(answer, "TypeError");
  const hasPolicy = await page.evaluate(() =>
    document.querySelector("meta[http-equiv]").content.startsWith("default-src 'none'"));
  assert.ok(hasPolicy);
}

const browser = await chromium.launch({ executablePath: browserPath(), args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  const requests = [];
  const alerts = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("dialog", (dialog) => { alerts.push(dialog.message()); void dialog.dismiss(); });
  page.on("pageerror", (fault) => alerts.push(String(fault)));
  await page.goto(page_url);
  await giveVerdicts(page);
  await showTextAsText(page);
  assert.deepEqual(requests.filter((url) => url !== page_url), []);
  await reachNothing(page);
  assert.deepEqual(alerts, []);
  for (const path of process.argv.slice(3)) {
    const begun = Date.now();
    const words = await verdictOf(page, path, null);
    console.log(`${pathToFileURL(path)}: ${words.split("\n")[0]}, ${Date.now() - begun} ms`);
  }
} finally {
  await browser.close();
}
console.log(`${CASES.length} bundles in a browser`);
