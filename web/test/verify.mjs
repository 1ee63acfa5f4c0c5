// The page's verifier under Node. Reads lines of {"bundle", "key"} and answers each with its report.
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { createInterface } from "node:readline";
import { verifyBundle } from "./verifier.gen.mjs";

export async function verifyFile(path, verifierKey) {
  const file = openSync(path, "r");
  try {
    const source = {
      size: fstatSync(file).size,
      read: async (begin, end) => {
        const bytes = new Uint8Array(end - begin);
        if (readSync(file, bytes, 0, bytes.length, begin) !== bytes.length) throw new Error("short");
        return bytes;
      },
    };
    const { ok, sequence, keyPinned, file: member, what } = await verifyBundle(source, { verifierKey });
    return { ok, sequence, keyPinned, file: member, what };
  } finally {
    closeSync(file);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const { bundle, key } = JSON.parse(line);
  console.log(JSON.stringify(await verifyFile(bundle, key)));
}
