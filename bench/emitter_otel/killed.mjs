// Tells until it is killed; each line says how many calls have returned.
//   node killed.mjs assent|openTelemetry PORT DIRECTORY
import { writeSync } from "node:fs";
import * as sides from "./sides.mjs";

const [name, port, directory] = process.argv.slice(2);
const side = sides[name](Number(port), directory);
for (let told = 0; ;) {
  for (let i = 0; i < 20; ++i) await side.tell(told++);
  writeSync(1, `${told}\n`);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
