// emit(): a durable id and time, or an error; never an invention.
import assert from "node:assert/strict";
import test from "node:test";
import {
  Closed, Emitter, InvalidEvent, Misconfigured, Refused, Unconfirmed,
} from "../dist/index.js";
import {
  PLAIN, eventsIn, fakeServer, httpServer, optionsFor, scratch, soon, spooledFor, taken,
} from "./lib.mjs";

const FIELDS = Object.keys(PLAIN);

async function with_(options, use) {
  const emitter = new Emitter(options);
  try {
    return await use(emitter);
  } finally {
    await emitter.close();
  }
}

async function refused(message, fields) {
  const server = fakeServer();
  await with_(optionsFor(server).options, (emitter) =>
    assert.rejects(emitter.emit({ ...PLAIN, ...fields }), (error) => {
      assert.ok(error instanceof InvalidEvent);
      assert.equal(error.message, message);
      assert.equal(error.name, "InvalidEvent");
      return true;
    }));
  assert.deepEqual(server.requests, []);
}

test("H51_every path requires the seven fields", async (t) => {
  const server = fakeServer();
  const { options, lines } = spooledFor(scratch(t), server);
  const steps = [["forClient", "acme"], ["action", "content.publish"], ["actor", "agent", "a"],
    ["target", "post", "1"], ["pending"]];
  const first = ["clientId", "actionType", "actorType", "targetType", "outcome"];
  await with_(options, async (emitter) => {
    for (const field of FIELDS) {
      for (const missing of [undefined, null, ""]) {
        for (const how of ["emit", "buffer"]) {
          await assert.rejects(emitter[how]({ ...PLAIN, [field]: missing }),
            { message: `${field} is required` });
        }
      }
    }
    for (const [place, left] of steps.entries()) {
      const audit = steps.filter((step) => step !== left)
        .reduce((built, [name, ...given]) => built[name](...given), emitter.audit());
      for (const how of ["emit", "buffer"]) {
        await assert.rejects(audit[how](), { message: `${first[place]} is required` });
      }
    }
  });
  assert.deepEqual([server.requests, lines], [[], []]);
});

test("H51_what the caller gave is not changed", async () => {
  const freeze = (value) => {
    if (typeof value === "object" && value !== null) Object.values(value).forEach(freeze);
    return Object.freeze(value);
  };
  const event = freeze({
    ...PLAIN, actorType: "user", metadata: { password: "hunter2", list: [{ token: "x" }] },
    proof: { type: "url", url: "https://u:secret@example.com/" },
  });
  await with_(optionsFor(fakeServer()).options, (emitter) => emitter.emit(event));
});

test("H51_the id is readable in what was sent", async () => {
  const server = fakeServer();
  const receipt = await with_(optionsFor(server).options, (emitter) => emitter.emit(PLAIN));
  assert.equal(receipt.id, server.log[0].id);
  assert.equal(receipt.time, "2026-11-21T07:00:01.000000Z");
});

test("H51_the active trace is the default correlation", async () => {
  const server = fakeServer();
  const trace = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7" };
  const { options } = optionsFor(server, { currentTrace: () => trace });
  await with_(options, (emitter) => emitter.emit(PLAIN));
  assert.equal(server.log[0].correlationId, trace.traceId);
  assert.equal(server.requests[0].headers.traceparent, `00-${trace.traceId}-${trace.spanId}-01`);
});

test("a tracer, a console or a report that fails does not stop the event", async () => {
  const fails = () => {
    throw new Error("not today");
  };
  for (const more of [{ currentTrace: fails }, { log: fails }, { report: fails }]) {
    const { options } = optionsFor(fakeServer(), more);
    await with_(options, async (emitter) => assert.ok((await emitter.emit(PLAIN)).id));
  }
});

test("Trap9_no id is made up when nobody answers", async () => {
  const server = fakeServer(() => undefined);
  const { options, lines } = optionsFor(server);
  const error = await with_(options, (emitter) => emitter.emit(PLAIN).catch((caught) => caught));
  assert.ok(error instanceof Unconfirmed);
  const ids = server.requests.flatMap((request) => eventsIn(request.body)).map(({ id }) => id);
  assert.deepEqual([...new Set(ids)], [error.eventId]);
  assert.ok(server.requests.length > 1);
  assert.deepEqual(lines, []);
});

test("a passing failure is tried again with the same bytes", async () => {
  const answers = [undefined, { status: 503, body: {} }, { status: 429, body: {}, retryAfter: 0 }];
  const server = fakeServer((request) => (answers.length > 0 ? answers.shift() : taken(request)));
  const receipt = await with_(optionsFor(server).options, (emitter) => emitter.emit(PLAIN));
  assert.equal(new Set(server.requests.map(({ body }) => body.toString())).size, 1);
  assert.equal(server.requests.length, 4);
  assert.equal(server.log[0].id, receipt.id);
});

test("a refusal is told with its code and field", async () => {
  const server = fakeServer(() => ({ status: 422, body: { error: {
    code: "UNPROCESSABLE", message: "no",
    fieldErrors: [{ path: "causationId", message: "is no event of this log" }] } } }));
  const { options } = optionsFor(server);
  const error = await with_(options, (emitter) => emitter.emit(PLAIN).catch((caught) => caught));
  assert.ok(error instanceof Refused);
  assert.deepEqual([error.status, error.code], [422, "UNPROCESSABLE"]);
  assert.match(error.message, /causationId is no event of this log/);
  assert.equal(server.requests.length, 1);
});

test("a refusal of something on the way is none", async () => {
  for (const status of [400, 401, 403, 409, 413, 415, 422]) {
    for (const body of [undefined, {}, [], "no", { error: "no" }, { error: { message: "no" } },
      { error: { code: 400 } }, { error: { code: "" } }, { code: "VALIDATION_ERROR" }]) {
      const server = fakeServer(() => ({ status, body }));
      const { options } = optionsFor(server, { emitTimeoutMs: 1 });
      await with_(options, (emitter) => assert.rejects(emitter.emit(PLAIN), Unconfirmed));
    }
    const server = fakeServer(() => ({ status, body: { error: { code: "ANY" } } }));
    await with_(optionsFor(server).options,
      (emitter) => assert.rejects(emitter.emit(PLAIN), Refused));
  }
});

test("an answer of another event is none", async () => {
  const other = { data: { id: "evt_01kajvs94ve8s9p1jdvdbfmwd5", sequence: 1, time: "x" } };
  for (const body of [other, {}, undefined, null, { data: [] }, { data: { id: 1 } }, []]) {
    const { options } = optionsFor(fakeServer(() => ({ status: 200, body })), { emitTimeoutMs: 1 });
    await with_(options, (emitter) => assert.rejects(emitter.emit(PLAIN), Unconfirmed));
  }
});

test("values that are no JSON are refused by name", async () => {
  const loop = {};
  loop.a = loop;
  const beyond = "is beyond ±9007199254740991";
  for (const [metadata, message] of [
    [{ a: NaN }, "metadata.a is not a finite number"],
    [{ a: [1, Infinity] }, "metadata.a[1] is not a finite number"],
    [{ a: 2 ** 53 }, `metadata.a ${beyond}`], [{ a: -(2 ** 53) }, `metadata.a ${beyond}`],
    [{ a: 1e17 }, `metadata.a ${beyond}`],
    [{ a: { b: "\ud800" } }, "metadata.a.b is not Unicode text"],
    [{ "\udfff": 1 }, "metadata is not Unicode text"],
    [{ a: 1n }, "metadata.a cannot be written as JSON"],
    [{ a: new Date(0) }, "metadata.a cannot be written as JSON"],
    [{ a: new Map() }, "metadata.a cannot be written as JSON"],
    [{ a: [undefined] }, "metadata.a[0] cannot be written as JSON"],
    [{ a: () => 1 }, "metadata.a cannot be written as JSON"],
    [["a"], "metadata must be an object"], [loop, "metadata is nested too deep"],
    ["", "metadata must be an object"], [false, "metadata must be an object"],
  ]) await refused(message, { metadata });
  await refused("proof must be an object", { proof: "none" });
  await refused("proof must be an object", { proof: 0 });
  await refused("proof.data is nested too deep", { proof: { type: "api_response", data: loop } });
  await refused("targetId is not Unicode text", { targetId: "\ud800" });
  await refused("targetId must be a string", { targetId: 42 });
  await refused("metdata is an unknown field", { metdata: {} });
  await refused("causationId must be evt_ and 26 characters, or a UUID of version 7",
    { causationId: "" });
});

test("names that JavaScript treats as its own are names like any other", async () => {
  const server = fakeServer();
  const metadata = JSON.parse('{"__proto__":{"a":1},"constructor":2,"toString":3}');
  await with_(optionsFor(server).options, async (emitter) => {
    await emitter.emit({ ...PLAIN, metadata });
    await emitter.audit().forClient("acme").action("a.b").actor("agent", "a").target("t", "1")
      .succeeded().withMetadata(metadata).emit();
  });
  const written = '"metadata":{"__proto__":{"a":1},"constructor":2,"toString":3}';
  for (const request of server.requests) assert.ok(request.body.includes(written));
});

test("proof data has a limit of one mebibyte", async () => {
  const server = fakeServer();
  const proof = (length) => ({ type: "api_response", data: "x".repeat(length) });
  await with_(optionsFor(server).options, (emitter) =>
    emitter.emit({ ...PLAIN, proof: proof(1024 * 1024 - 2) }));
  const [blob, event] = server.requests;
  assert.equal(blob.body.length, 1024 * 1024);
  assert.ok(event.body.length < 1000);
  await refused("proof.data is too large", { proof: proof(1024 * 1024 - 1) });
});

test("nothing is taken after the end", async () => {
  const emitter = new Emitter(optionsFor(fakeServer()).options);
  await emitter.close();
  await assert.rejects(emitter.emit(PLAIN), Closed);
  await assert.rejects(emitter.flush(), Closed);
  assert.equal(await emitter.close(), 0);
});

test("options that cannot work are refused", () => {
  const spool = { directory: "s", producer: "a", sync: "each" };
  for (const [more, message] of [
    [{ keys: {} }, "keys must name a tenant"],
    [{ keys: { Acme: "k" } }, 'keys: "Acme" is no tenant\'s name'],
    [{ keys: { acme: "a\r\nX: y" } }, "keys: the key of acme must be printable ASCII"],
    [{ spool: { ...spool, producer: "a/b" } },
      "producer must be 1 to 91 of A-Z, a-z, 0-9, '.', '_' and '-'"],
    [{ spool: { ...spool, sync: "maybe" } }, "sync must be one of each, interval, never"],
    [{ spool: { ...spool, whenFull: "drop" } }, "whenFull must be one of fail, block"],
    [{ redact: ["--"] }, 'redact: "--" must have a letter or digit, and at most 64 bytes'],
    [{ url: "ftp://x", send: undefined }, "url must be such as https://assent.example"],
    [{ url: "nothing", send: undefined }, "url must be such as https://assent.example"],
    [{ url: "http://u:p@x", send: undefined },
      "url must not carry a password: the keys say who asks"],
  ]) {
    const { options } = optionsFor(fakeServer(), more);
    assert.throws(() => new Emitter(options), (error) => {
      assert.ok(error instanceof Misconfigured);
      assert.equal(error.message, message);
      return true;
    });
  }
});

test("H52_Trap8_a thousand interleaved builders for different tenants never mix", async () => {
  const server = fakeServer();
  const all = Array.from({ length: 1000 }, (_, n) => n);
  const keys = Object.fromEntries(all.map((n) => [`tenant-${n}`, `key-${n}`]));
  await with_(optionsFor(server, { keys }).options, async (emitter) => {
    const shared = emitter.audit().action("content.publish").succeeded();
    const build = async (n) => {
      // Each step waits a while of its own, so that all thousand are under way together.
      const pause = () => new Promise((resolve) => setImmediate(resolve));
      let audit = shared.forClient(`tenant-${n}`);
      await soon(n % 7);
      audit = audit.actor("agent", `agent-${n}`);
      await pause();
      audit = audit.withMetadata({ mine: n });
      await pause();
      await audit.target("post", `post-${n}`).emit();
    };
    await Promise.all(all.map(build));
  });
  assert.equal(server.requests.length, 1000);
  for (const request of server.requests) {
    const [event] = eventsIn(request.body);
    const n = Number(event.tenantId.slice("tenant-".length));
    assert.equal(request.headers.Authorization, `Bearer key-${n}`);
    assert.deepEqual([event.actor.id, event.target.id, event.metadata],
      [`agent-${n}`, `post-${n}`, { mine: n }]);
  }
  assert.equal(server.log.length, 1000);
});

test("H52_a builder can be used again after an emit and after an error", async () => {
  const server = fakeServer();
  await with_(optionsFor(server).options, async (emitter) => {
    const base = emitter.audit().forClient("acme").action("content.publish").actor("agent", "a")
      .target("post", "1");
    await assert.rejects(base.withMetadata({ first: 1 }).childOf("nonsense").succeeded().emit());
    await base.withMetadata({ second: 2 }).succeeded().emit();
    await base.failed("E1").emit();
    await base.succeeded().emit();
  });
  const [first, second, third] = server.log;
  assert.deepEqual([first.metadata, second.metadata, third.metadata],
    [{ second: 2 }, { errorCode: "E1" }, undefined]);
});

test("H52_what the caller changes afterwards does not change the event", async () => {
  const server = fakeServer();
  const metadata = { list: [1] }, data = { inner: { a: 1 } };
  await with_(optionsFor(server).options, async (emitter) => {
    const audit = emitter.audit().forClient("acme").action("content.publish").succeeded()
      .actor("agent", "a").target("post", "1").withMetadata(metadata).withApiProof(data);
    metadata.list.push(2);
    data.inner.a = 2;
    await audit.emit();
  });
  assert.deepEqual([server.log[0].metadata, server.log[0].proof.data],
    [{ list: [1] }, { inner: { a: 1 } }]);
});

async function answering(t, handle) {
  return httpServer(t, (request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => handle({
      headers: { "Content-Type": request.headers["content-type"] }, request,
      body: Buffer.concat(parts),
    }, response));
  });
}

test("a connection is kept and one that was closed is replaced", async (t) => {
  const seen = [];
  const url = await answering(t, (asked, response) => {
    const { url: path, headers } = asked.request;
    seen.push([path, headers.authorization, headers["user-agent"]]);
    if (seen.length === 2) response.setHeader("Connection", "close");
    response.writeHead(201).end(JSON.stringify(taken(asked).body));
  });
  const { options } = optionsFor(fakeServer(), { url: `${url}/assent/`, send: undefined });
  await with_(options, async (emitter) => {
    for (let n = 0; n < 4; ++n) await emitter.emit(PLAIN);
  });
  const expected = ["/assent/v1/events", "Bearer key-a", "assent-emitter-ts/1"];
  assert.deepEqual(seen, Array(4).fill(expected));
});

test("a server that hangs up or talks nonsense confirms nothing", async (t) => {
  const answers = [
    (response) => response.destroy(), (response) => response.writeHead(201).end("{"),
    (response) => response.writeHead(200).end("<html>"),
    (response) => response.writeHead(404).end(),
  ];
  for (const answer of answers) {
    const url = await answering(t, (_, response) => answer(response));
    const { options } = optionsFor(fakeServer(), { url, send: undefined, emitTimeoutMs: 1 });
    await with_(options, (emitter) => assert.rejects(emitter.emit(PLAIN), Unconfirmed));
  }
});

test("a silent server is waited for only so long", async (t) => {
  const url = await httpServer(t, () => {});
  const { options } = optionsFor(fakeServer(), {
    url, send: undefined, timeoutMs: 100, emitTimeoutMs: 100,
  });
  await with_(options, (emitter) => assert.rejects(emitter.emit(PLAIN), /no answer in time/));
});
