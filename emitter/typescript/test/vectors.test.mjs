// tests/vectors/emitter and tests/vectors/redaction: the same bytes as the other emitters'.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { Redactor } from "../dist/redact.js";
import { ROOT } from "./lib.mjs";
import { expectedOf } from "./vector_run.mjs";

const read = (path) => JSON.parse(readFileSync(new URL(path, ROOT), "utf8"));

for (const vector of read("tests/vectors/emitter/vectors.json")) {
  test(vector.name, async () => assert.deepEqual(await expectedOf(vector), vector));
}

for (const { name, keys = [], in: given, out } of read("tests/vectors/redaction/vectors.json")) {
  test(`redaction: ${name}`, () => {
    const redactor = new Redactor(keys);
    assert.deepEqual(redactor.value(given, "x"), out);
    assert.deepEqual(redactor.value(out, "x"), out);
  });
}
