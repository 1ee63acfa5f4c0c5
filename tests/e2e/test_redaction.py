"""H56, G29: secrets that an emitter or an executor told the server are in none of its files.

Planted are secrets of every kind, in every place where emitted or error text goes; then the store,
the logs at their most verbose and everything that leaves the server is searched for each.
"""

import gzip
import http.server
import json
import pathlib
import sys
import tarfile
import threading

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import POLICY, ROOT, Server, check, equal, eventually, run  # noqa: E402
from exporting import export, published  # noqa: E402

MARKER = "***REDACTED***"
KEPT = "kept-canary-7531"

# What is written, and the part of it that must not be found.
TEXTS = {
    "bearer": ("sent Bearer planted-bearer-8Zx to it", "planted-bearer-8Zx"),
    "assent": ("ask_planted1" + "A" * 35 + "_123456", "planted1AAAA"),
    "aws": ("id AKIAPLANTED7EXAMPLE0", "AKIAPLANTED7EXAMPLE0"),
    "github": ("ghp_planted0123456789abcdefABCDEF012345", "planted0123456789"),
    "github_pat": ("github_pat_11PLANTED_0123456789abcdef", "11PLANTED_"),
    "slack": ("xoxb-1234567890-plantedslack", "plantedslack"),
    "openai": ("sk-proj-PlantedOpenAi0123456789", "PlantedOpenAi"),
    "stripe": ("sk_live_PlantedStripe0123", "PlantedStripe"),
    "stripe_rk": ("rk_live_PlantedRestricted0123", "PlantedRestricted"),
    "google": ("AIzaPlantedGoogle0123456789abcdefghijkl", "PlantedGoogle"),
    "jwt": ("eyJhbGciOiJIUzI1NiJ9.eyJwbGFudGVkIjoxfQ.cGxhbnRlZHNpZw", "cGxhbnRlZHNpZw"),
    "pem": ("-----BEGIN RSA PRIVATE KEY-----\nMIIEplantedpem\nsecondplanted\n"
            "-----END RSA PRIVATE KEY-----", "plantedpem"),
    "url": ("postgres://app:planted-url-pw@db.example.com/x", "planted-url-pw"),
    "query": ("GET https://example.com/?access_token=planted-query&x=1", "planted-query"),
    "card": ("paid with 4111 1111 1111 1111 today", "4111 1111 1111 1111"),
    "card_plain": ("5555555555554444", "5555555555554444"),
    "assigned": ("login failed: user=ann password=planted-assigned", "planted-assigned"),
    "json": ('{"client_secret": "planted json with spaces"}', "planted json with"),
    "header": ("Authorization: Basic cGxhbnRlZDpiYXNpYw==\nAccept: x", "cGxhbnRlZDpiYXNpYw"),
    "flag": ("tool --api-key planted-flag --verbose", "planted-flag"),
}
NAMES = ["password", "clientSecret", "API-KEY", "refresh_token", "credentials", "auth", "cookie",
         "private_key", "passphrase", "pin", "passportNumber"]

REDACTING = POLICY + "redaction: {keys: [passport_number]}\n"


def named():
    """Under each name something secret, of which the name alone tells."""
    return {name: f"planted-under-{name}" for name in NAMES}


def everything():
    """All of it, flat, nested and in arrays."""
    flat = {kind: text for kind, (text, _) in TEXTS.items()}
    return {"canary": KEPT, "flat": flat, "named": named(),
            "deep": {"a": [{"b": [[flat, named()]]}]}, "list": list(flat.values()),
            "number": 4012888888881881, "errorMessage": " and ".join(flat.values()),
            TEXTS["stripe"][0]: "a secret as a name",
            "environment": [{"name": "DB_PASSWORD", "value": "planted-in-a-pair"}]}


def needles():
    found = [needle for _, needle in TEXTS.values()]
    found += [f"planted-under-{name}" for name in NAMES]
    return found + ["4012888888881881", "secondplanted", "planted-in-a-pair"]


def contents(path):
    """The file as it is, and what it is made of where it is packed."""
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            for member in archive.getmembers():
                if member.isfile():
                    inner = archive.extractfile(member).read()
                    yield inner
                    if inner[:2] == b"\x1f\x8b":
                        yield gzip.decompress(inner)


def has_none(where, data):
    for needle in needles():
        for form in (needle, json.dumps(needle)[1:-1]):
            check(form.encode() not in data, where, "has", needle)


def search_files(server):
    """Every file below the scratch directory: the store, the logs, the exports."""
    files = [path for path in server.scratch.rglob("*") if path.is_file()]
    with_canary = with_marker = 0
    for path in files:
        for data in contents(path):
            has_none(path, data)
            with_canary += KEPT.encode() in data
            with_marker += MARKER.encode() in data
    check(with_canary >= 2 and with_marker >= 2, "the store and the bundle have the rest:",
          with_canary, with_marker)


def emit_everything(agent):
    body = {"type": "content.publish", "outcome": "failure", "metadata": everything(),
            "target": {"type": "page", "id": TEXTS["url"][0]},
            "actor": {"type": "agent", "id": "bot", "name": TEXTS["assigned"][0]},
            "proof": {"type": "api_response", "data": everything(), "url": TEXTS["query"][0]},
            "correlationId": "flow " + TEXTS["flag"][0],
            "id": "evt_01h455vb4pex5vsknk084sn02q"}
    first = agent.post("/v1/events", body, headers={"Idempotency-Key": "planted"}).expect(201)
    agent.post("/v1/events", body, headers={"Idempotency-Key": "planted"}).expect(201)
    equal(agent.post("/v1/events", body).expect(201).data["id"], first.data["id"], "a retry")
    plain = {key: value for key, value in body.items() if key != "id"}
    agent.post("/v1/events", [plain, plain]).expect(201)
    lines = "".join(json.dumps(plain) + "\n" for _ in range(3))
    agent.call("POST", "/v1/events", raw=lines.encode(),
               content_type="application/x-ndjson").expect(201)
    for wrong in ({"outcome": TEXTS["stripe"][0]}, {"causationId": TEXTS["github"][0]},
                  {"type": "grant.issued"}, {TEXTS["stripe"][0]: 1}):
        status = agent.post("/v1/events", {**plain, **wrong}).status
        check(status in (400, 403, 422), "wrong", wrong)
    return first.data["id"]


def execute_everything(agent, ann):
    def started():
        asked = agent.request("deploy")["id"]
        ann.approve(asked).expect(200)
        return agent.start(asked).expect(201).data["executionId"]

    said = {"result": everything(), "proof": {"type": "api_response", **everything()}}
    for outcome in ("success", "failure", "partial", "unknown"):
        agent.complete(started(), outcome, error=everything()["errorMessage"], **said).expect(200)
    unknown = started()
    agent.complete(unknown, "unknown", error=everything()).expect(200)
    ann.post(f"/v1/executions/{unknown}/resolve",
             {"as": "failure", "note": everything()["errorMessage"],
              "verification": everything()}).expect(200)


def look_everywhere(server, agent, ann, event):
    """Whatever answers with events, and the command line, whose output must be clean as well."""
    seen = []
    for client in (agent, ann, server.admin):
        seen.append(client.get("/v1/events", limit=1000).body)
        seen.append(client.get(f"/v1/events/{event}").body)
        for text, _ in TEXTS.values():  # In query strings, which must not be logged.
            client.get("/v1/events", target=text)
            client.get("/v1/events", correlationId=text)
            client.get("/v1/events", type=text)
    for schema in sorted((ROOT / "schemas/dialects").glob("*.schema.json")):
        dialect = schema.name.removesuffix(".schema.json")
        answer = server.admin.get("/v1/events", dialect=dialect, limit=1000)
        seen.append(answer.expect(200).body)
    seen.append(server.admin.get("/metrics").body)
    for approval in server.admin.get("/v1/approvals", limit=100).data:
        seen.append(server.admin.get(f"/v1/approvals/{approval['id']}").body)
        seen.append(server.admin.get(f"/v1/approvals/{approval['id']}/trail").body)
    for number, body in enumerate(seen):
        has_none(f"answer {number}", body)


def h56_g29_planted_secrets_are_nowhere(server):
    server.options = ("--log-level", "debug")
    server.restart()
    agent, ann = server.agent(), server.approver()
    event = emit_everything(agent)
    stored = server.admin.get(f"/v1/events/{event}").data
    equal(stored["subject"], f"page/postgres://app:{MARKER}@db.example.com/x", "the subject")
    metadata = stored["data"]["metadata"]
    equal(metadata["canary"], KEPT, "what is no secret")
    equal(metadata["named"], {name: MARKER for name in NAMES}, "by name")
    equal(metadata["number"], MARKER, "a card number that is a number")
    for kind, text in metadata["flat"].items():
        check(MARKER in text, kind, "has the marker", text)
    execute_everything(agent, ann)
    look_everywhere(server, agent, ann, event)
    published(server)
    export(server, "whole.tar")
    server.restart()
    search_files(server)


class Talkative(http.server.BaseHTTPRequestHandler):
    """A receiver that tells secrets in its answers, also in those of a failure."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        kind = self.path.rsplit("/", 1)[1]
        body = {"proof": everything(), "detail": everything()}
        if kind == "lie":
            body["error"] = everything()["errorMessage"]
        text = everything()["errorMessage"] if kind == "text" else json.dumps(body)
        text = text.encode()
        self.send_response(500 if kind == "break" else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


def h56_what_a_receiver_answers_is_redacted_too(server):
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Talkative)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    kinds = ("ok", "lie", "break", "text")
    entries = "".join(
        f'  - match: {{tool: "{kind}"}}\n    riskTier: low\n    approvers: [{{role: approver}}]\n'
        f'    maxAttempts: 1\n'
        f'    executor: {{url: "http://127.0.0.1:{receiver.server_port}/{kind}"}}\n'
        for kind in kinds)
    server.admin.call("PUT", "/v1/policy", raw=(REDACTING + "").replace(
        "tools:\n", "tools:\n" + entries).encode(), content_type="application/yaml").expect(200)
    agent, ann = server.agent(), server.approver()
    agent.emit(metadata={"canary": KEPT, "password": "x"}).expect(201)
    asked = [agent.request(kind)["id"] for kind in kinds]
    for approval in asked:
        ann.approve(approval).expect(200)
    ended = ("execution.succeeded", "execution.failed", "execution.unknown")
    for approval in asked:
        eventually(lambda: any(event["type"] in ended for event in ann.trail(approval)),
                   "the server called")
        has_none("the trail", ann.get(f"/v1/approvals/{approval}/trail").body)
    receiver.shutdown()
    published(server)
    export(server, "whole.tar")
    search_files(server)


def h56_a_policy_declares_names_and_is_refused_if_it_does_so_wrongly(server):
    agent = server.agent()

    def told():
        event = agent.emit(metadata={"iban": "DE89370400440532013000"}).expect(201).data["id"]
        return server.admin.get(f"/v1/events/{event}").data["data"]["metadata"]["iban"]

    def put(section):
        return server.admin.call("PUT", "/v1/policy", raw=(POLICY + section).encode(),
                                 content_type="application/yaml")

    equal(told(), "DE89370400440532013000", "nobody declared it")
    put("redaction: {keys: [iban]}\n").expect(200)
    equal(told(), MARKER, "declared")
    for wrong, path in (("redaction: {keys: [iban], key: x}", "redaction.key"),
                        ("redaction: {keys: iban}", "redaction.keys"),
                        ("redaction: {keys: ['-']}", "redaction.keys[0]")):
        equal(put(wrong + "\n").expect(400).fields(), [path], wrong)
    equal(told(), MARKER, "what was refused changed nothing")


if __name__ == "__main__":
    run(h56_g29_planted_secrets_are_nowhere,
        h56_what_a_receiver_answers_is_redacted_too,
        h56_a_policy_declares_names_and_is_refused_if_it_does_so_wrongly,
        make=lambda: Server(policy=REDACTING))
