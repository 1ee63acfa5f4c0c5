// Builds verify.html, one file that needs no server, and the same verifier for Node's tests.
//   node build.mjs            writes both
//   node build.mjs --check    fails if verify.html is not what the sources give
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const hashOf = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

async function bundled(entry, format) {
  const result = await build({
    entryPoints: [at(entry)],
    bundle: true,
    format,
    target: format === "iife" ? "es2022" : "node18",
    charset: "ascii",
    legalComments: "inline",
    // noble looks for Node's crypto for random numbers, which a verifier has no use for.
    external: ["node:crypto"],
    write: false,
    logLevel: "warning",
    absWorkingDir: at("."),
  });
  return result.outputFiles[0].text;
}

async function page() {
  const script = "\n" + (await bundled("src/page.ts", "iife")).replaceAll("</script", "<\\/script");
  const style = readFileSync(at("src/page.css"), "utf8");
  // `default-src 'none'` is what keeps the bundle on this machine.
  const policy = `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; ` +
    "base-uri 'none'; form-action 'none'";
  return readFileSync(at("src/page.html"), "utf8").replace("@POLICY@", () => policy)
    .replace("@STYLE@", () => style).replace("@SCRIPT@", () => script);
}

const html = await page();
if (process.argv.includes("--check")) {
  if (readFileSync(at("verify.html"), "utf8") !== html) {
    console.error("verify.html is not what its sources give: run `npm run build` in web/");
    process.exitCode = 1;
  }
} else {
  writeFileSync(at("verify.html"), html);
}
writeFileSync(at("test/verifier.gen.mjs"), await bundled("src/node.ts", "esm"));
