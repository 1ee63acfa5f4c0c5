// What both send to: takes events as an Assent server does and log records as a collector does, and
// counts them. A process of its own; its parent asks by a message.
import * as http from "node:http";

let events = 0, records = 0;
const ids = new Set();  // An event that comes again is one.

function takeEvents(body) {
  const lines = body.split("\n").filter((line) => line !== "");
  const time = new Date().toISOString();
  const receipts = lines.map((line) => {
    const { id } = JSON.parse(line);
    ids.add(id);
    return { id, sequence: ++events, time };
  });
  return { data: { events: receipts } };
}

function takeRecords(body) {
  for (const { scopeLogs } of JSON.parse(body).resourceLogs) {
    for (const { logRecords } of scopeLogs) records += logRecords.length;
  }
  return {};
}

const server = http.createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const body = Buffer.concat(parts).toString("utf8");
    const answer = request.url === "/v1/events" ? takeEvents(body) : takeRecords(body);
    response.writeHead(request.url === "/v1/events" ? 201 : 200,
                       { "Content-Type": "application/json" });
    response.end(JSON.stringify(answer));
  });
});
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));
process.on("message", () => process.send({ events: ids.size, records }));
process.on("disconnect", () => process.exit());
