"""A real Assent server in a scratch directory, and a client that knows nothing but HTTP.

Python's standard library only. A suite is a list of functions that take a Server:

    def a_refusal_is_recorded(server): ...

    if __name__ == "__main__":
        run(a_refusal_is_recorded, ...)

Each function gets a server of its own. When it returns, the server is stopped and its whole store
is verified, so that every suite proves that nothing it did broke the log.
"""

import contextlib
import http.client
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = os.environ.get("ASSENT_BINARY") or str(ROOT / "build/release/assent")
LONG = bool(os.environ.get("ASSENT_LONG"))
# How long anybody waits for what must come, in seconds. It is for machines that are slow beyond
# reason, never what a suite measures: what comes at once is seen at once.
PATIENCE = 300

POLICY = """\
version: 1
tools:
  - match: {tool: "fs.read*"}
    decision: allow
    riskTier: low
  - match: {tool: "fs.delete"}
    riskTier: high
    evidence: {required: true, ttlSeconds: 3600}
    approvers: [{role: approver, count: 1}]
  - match: {tool: "deploy"}
    riskTier: medium
    approvers: [{role: approver, count: 1}]
  - match: {tool: "pay"}
    riskTier: critical
    approvers: [{role: approver, count: 2}]
  - match: {tool: "db.drop"}
    decision: reject
"""


class Failed(AssertionError):
    """An expectation was not met."""


def check(condition, *what):
    if not condition:
        raise Failed(" ".join(str(part) for part in what))


def equal(actual, expected, *what):
    if actual != expected:
        raise Failed(f"{' '.join(str(part) for part in what)}: {actual!r}, expected {expected!r}")


def eventually(what, *why):
    """What `what` returns, as soon as that is something."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        check(time.monotonic() < deadline, *(why or ("it never happened:", what.__doc__
                                                     or what.__name__)))
        time.sleep(0.05)
    return found


def in_seconds(seconds):
    """The time in so many seconds, as a request has it."""
    at = time.time() + seconds
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + f".{int(at % 1 * 1e6):06d}Z"


def own_port():
    """A port to name before it is bound: none that the system gives to whoever asks for any."""
    system = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    end = max(int(system.split()[0]), 11_000)
    while True:
        port = random.randrange(10_000, end)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Answer:
    """A response. `data`, `error` and `trace` are parts of the envelope."""

    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def data(self):
        check(self.status < 400, f"{self.status} {self.body[:500]}")
        return self.json["data"]

    @property
    def error(self):
        check(self.status >= 400, f"{self.status}, not an error: {self.body[:500]}")
        return self.json["error"]

    @property
    def code(self):
        return self.error["code"]

    @property
    def trace(self):
        """The trace id as events carry it: 32 hex digits."""
        body = self.json
        return (body["meta"] if "meta" in body else body["error"])["traceId"].replace("-", "")

    def fields(self):
        """The paths of the fields at fault."""
        return [field["path"] for field in self.error.get("fieldErrors", [])]

    def expect(self, status, code=None):
        said = f"{self.status} {self.body[:600]!r}"
        check(self.status == status, f"expected {status} {code or ''}, got {said}")
        if code:
            check(self.code == code, f"expected {status} {code}, got {said}")
        return self


class Client:
    """One principal's connection. Not for two threads at once: use clone()."""

    def __init__(self, address, key=None, id=None, timeout=PATIENCE):
        self.address = address
        self.key = key
        self.id = id
        self.timeout = timeout
        self.connection = None

    def clone(self):
        return Client(self.address, self.key, self.id, self.timeout)

    def call(self, method, path, body=None, headers=None, raw=None,
             content_type="application/json"):
        sent = dict(headers or {})
        if self.key:
            sent.setdefault("Authorization", "Bearer " + self.key)
        payload = raw if raw is not None else None if body is None else json.dumps(body).encode()
        if payload is not None:
            sent.setdefault("Content-Type", content_type)
        self.forget_if_closed()
        if self.connection is None:
            self.connection = http.client.HTTPConnection(*self.address, timeout=self.timeout)
        try:
            self.connection.request(method, path, payload, sent)
            response = self.connection.getresponse()
            answer = Answer(response, response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.will_close:
            self.close()
        return answer

    def forget_if_closed(self):
        """A server closes what was idle too long, as after a command that took its time."""
        idle = self.connection.sock if self.connection is not None else None
        if idle is not None and select.select([idle], [], [], 0)[0]:
            self.close()

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None

    def get(self, path, headers=None, **query):
        given = {name: value for name, value in query.items() if value is not None}
        return self.call("GET", path + ("?" + urllib.parse.urlencode(given) if given else ""),
                         headers=headers)

    def post(self, path, body=None, **options):
        return self.call("POST", path, {} if body is None else body, **options)

    # ---- the verbs that most suites need ----

    def request(self, tool="deploy", arguments=None, **more):
        body = {"kind": "tool_call", "tool": tool, "arguments": arguments or {}, **more}
        return self.post("/v1/approvals", body).expect(201).data

    def request_until(self, seconds, tool="deploy", **more):
        """The same with a deadline that soon, or as soon as it can be asked for in time."""
        while True:
            body = {"kind": "tool_call", "tool": tool, "arguments": {},
                    "expiresAt": in_seconds(seconds), **more}
            answer = self.post("/v1/approvals", body)
            if answer.status != 422:
                return answer.expect(201).data
            seconds *= 2

    def approve(self, approval, **body):
        return self.post(f"/v1/approvals/{approval}/approve", body)

    def reject(self, approval, **body):
        return self.post(f"/v1/approvals/{approval}/reject", {"rationale": "no", **body})

    def cancel(self, approval, **body):
        return self.post(f"/v1/approvals/{approval}/cancel", {"rationale": "no more", **body})

    def attach(self, approval, text="the backup of tonight is complete", **body):
        return self.post(f"/v1/approvals/{approval}/evidence",
                         {"type": "text", "text": text, **body})

    def start(self, approval, **body):
        return self.post(f"/v1/approvals/{approval}/executions", body)

    def complete(self, execution, outcome="success", **body):
        return self.post(f"/v1/executions/{execution}/complete", {"outcome": outcome, **body})

    def show(self, approval):
        return self.get(f"/v1/approvals/{approval}").expect(200).data

    def trail(self, approval):
        return self.search(f"/v1/approvals/{approval}/trail").data

    def emit(self, **event):
        return self.post("/v1/events", {"type": "content.publish", "outcome": "success",
                                        "target": {"type": "post", "id": "1"}, **event})

    def search(self, path, **query):
        """What needs the index, which may be behind: then the server says to come back."""
        deadline = time.monotonic() + PATIENCE
        while (answer := self.get(path, **query)).status == 503 and time.monotonic() < deadline:
            time.sleep(1)
        return answer.expect(200)

    def events(self, **filters):
        """Every event that the filters select, over all pages."""
        events, cursor = [], None
        while True:
            answer = self.search("/v1/events", limit=1000, cursor=cursor, **filters)
            events += answer.data
            cursor = answer.json["meta"].get("nextCursor")
            if not cursor:
                return events

    def log_size(self):
        return len(self.events())


class Server:
    """`assent init` and `assent serve` on a directory that goes away at the end."""

    listen = "127.0.0.1:0"

    def __init__(self, directory=None, policy=POLICY, limits=None, options=()):
        self.scratch = pathlib.Path(tempfile.mkdtemp(prefix="assent-e2e-"))
        self.data = pathlib.Path(directory) if directory else self.scratch / "data"
        self.limits = limits  # Called in the server's process before it starts.
        self.options = options  # Of `assent serve`, besides these two.
        self.process = None
        made = self.cli("init", "--data", self.data, "--output", "json")
        equal(made.returncode, 0, "init failed:", made.stderr)
        self.made = unwrapped(made.stdout)
        self.start()
        self.admin = self.client(self.made["adminKey"])
        if policy:
            self.admin.call("PUT", "/v1/policy", raw=policy.encode(),
                            content_type="application/yaml").expect(200)

    # ---- the process ----

    def cli(self, *arguments, env=None, timeout=PATIENCE):
        """A command of the same binary."""
        return subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True,
                              timeout=timeout, env={**os.environ, **(env or {})})

    def start(self, ready_within=PATIENCE):
        self.log = open(self.scratch / "server.log", "ab")
        self.process = subprocess.Popen(
            [BINARY, "serve", "--data", str(self.data), "--listen", self.listen, *self.options],
            stdout=subprocess.PIPE, stderr=self.log, preexec_fn=self.limits)
        line = self.first_line(ready_within)
        found = re.search(r"http://([^\s:/]+):(\d+)", line)
        check(found, f"the server said {line!r}; its log ends:\n{self.log_tail()}")
        self.address = (found[1], int(found[2]))
        self.url = f"http://{found[1]}:{found[2]}"

    def first_line(self, seconds):
        deadline = time.monotonic() + seconds
        line = b""
        while not line.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                break
            byte = os.read(self.process.stdout.fileno(), 1)
            if not byte:
                break
            line += byte
        return line.decode(errors="replace")

    def log_tail(self):
        return (self.scratch / "server.log").read_text(errors="replace")[-3000:]

    def kill(self):
        """kill -9: a supported way to stop."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.close_pipes()

    def stop(self):
        """SIGTERM, which drains. Returns the exit code."""
        if self.process is None or self.process.poll() is not None:
            return self.process and self.process.returncode
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("the server did not stop after SIGTERM") from None
        self.close_pipes()
        return self.process.returncode

    def close_pipes(self):
        self.process.stdout.close()
        self.log.close()

    def restart(self):
        """Starts again on the same data; clients made before have the old address."""
        if self.process.poll() is None:
            equal(self.stop(), 0, "exit code after SIGTERM")
        self.start()
        self.admin = self.client(self.made["adminKey"])

    def verify(self):
        """Everything recomputed from the files: `assent verify --data`."""
        done = self.cli("verify", "--data", self.data)
        equal(done.returncode, 0, "verify says:", done.stdout, done.stderr)

    # ---- who calls ----

    def client(self, key=None, id=None):
        return Client(self.address, key, id)

    def principal(self, type, name, roles, by=None, **more):
        """A new principal with a key: its client."""
        admin = by or self.admin
        made = admin.post("/v1/principals", {"type": type, "name": name, "roles": roles, **more})
        id = made.expect(201).data["id"]
        key = admin.post(f"/v1/principals/{id}/keys", {}).expect(201).data["key"]
        return self.client(key, id)

    def agent(self, name="robot", **more):
        return self.principal("agent", name, ["agent"], **more)

    def approver(self, name="ann", **more):
        return self.principal("human", name, ["approver"], **more)

    def again(self, client):
        """The same principal's client after a restart."""
        return self.client(client.key, client.id)

    def remove(self):
        if self.process is not None and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.scratch, ignore_errors=True)


def unwrapped(text):
    value = json.loads(text)
    return value.get("data", value)


def types(events):
    return [event["type"] for event in events]


def tests_of(server, function):
    function(server)
    equal(server.stop(), 0, "exit code after SIGTERM")
    server.verify()


def run(*functions, make=Server):
    """Runs each function on a server of its own; the exit code says whether all went well."""
    if not os.access(BINARY, os.X_OK):
        sys.exit(f"there is no {BINARY}: build it with `cmake --build --preset release`")
    wanted = sys.argv[1:]
    failures = 0
    for function in functions:
        if wanted and function.__name__ not in wanted:
            continue
        began = time.monotonic()
        server = None
        try:
            server = make()
            tests_of(server, function)
            verdict = "ok"
        except Exception:
            failures += 1
            verdict = "FAILED\n" + traceback.format_exc()
            if server is not None:
                with contextlib.suppress(OSError):
                    verdict += "the server's log ends:\n" + server.log_tail()
        finally:
            if server is not None:
                server.remove()
        print(f"{function.__name__}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
    sys.exit(1 if failures else 0)
