// The other side of test_canonical.py, line for line what canonical_lines.cc does: the numbers by
// JSON.stringify, whose way RFC 8785 made its own, the documents by the package `canonicalize`.
"use strict";

const canonicalize = require("canonicalize");

const view = new DataView(new ArrayBuffer(8));

function ofNumber(hex) {
  view.setBigUint64(0, BigInt("0x" + hex));
  return JSON.stringify(view.getFloat64(0));
}

function ofDocument(text) {
  return canonicalize(JSON.parse(text));
}

const work = {numbers: ofNumber, documents: ofDocument}[process.argv[2]];
const lines = require("fs").readFileSync(0, "utf8").split("\n");
lines.pop(); // What follows the last line's end.
process.stdout.write(lines.map((line) => work(line) + "\n").join(""));
