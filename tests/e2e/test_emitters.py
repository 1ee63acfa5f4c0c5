"""The TypeScript and Python emitters against a real server: their first steps as their pages have
them, every kind of event, and a server that is killed under them.

The programs are in emitter/python/tests and emitter/typescript/test, and run alike.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import LONG, PATIENCE, ROOT, check, equal, run  # noqa: E402

PYTHON = ROOT / "emitter/python"
TYPESCRIPT = ROOT / "emitter/typescript"
PROGRAMS = {"python": [sys.executable, "-B", PYTHON / "tests"],
            "typescript": ["node", TYPESCRIPT / "test"]}
SUFFIX = {"python": "py", "typescript": "mjs"}
KILLED_SECONDS = 60 if LONG else 8


def command(language, program, *arguments):
    *start, folder = PROGRAMS[language]
    return [*start, folder / f"{program}.{SUFFIX[language]}", *map(str, arguments)]


def emitted(server, **filters):
    return [event for event in server.admin.events(**filters)
            if event["type"].startswith("content.")]


def emitted_by(server, language):
    """What spools of that name numbered: one each has an id of its own."""
    return [event for event in emitted(server)
            if event["data"]["producer"]["id"].startswith(f"{language}.")]


def start_of(page, language):
    """The first block of the page, which is what a reader copies."""
    found = re.search(rf"```{language}\n(.*?)```", page.read_text(), re.DOTALL)
    check(found, f"{page} has no block of {language}")
    code = found[1]
    lines = [line for line in code.splitlines() if line.strip()]
    check(len(lines) <= 10, f"the start of {page} has {len(lines)} lines")
    return code


def run_start(server, language, folder, arguments):
    agent = server.agent(language)
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=PATIENCE,
                          env={**os.environ, "ASSENT_URL": server.url, "ASSENT_KEY": agent.key,
                               "PYTHONPATH": str(PYTHON)})
    equal(done.returncode, 0, done.stdout, done.stderr)
    pending, success = emitted(server)
    equal(pending["data"]["outcome"], "pending")
    equal((success["data"]["outcome"], success["causationid"]), ("success", pending["id"]))
    equal(pending["correlationid"], success["correlationid"], "they are of one workflow")
    check(pending["id"] in done.stdout, "the start shows the id:", done.stdout)


def the_ten_lines_of_python_work(server):
    code = start_of(PYTHON / "README.md", "python")
    (server.scratch / "start.py").write_text(code)
    run_start(server, "python", server.scratch, [sys.executable, "-B", "start.py"])


def the_ten_lines_of_typescript_work(server):
    code = start_of(TYPESCRIPT / "README.md", "typescript")
    package = server.scratch / "node_modules/assent-emitter"
    package.mkdir(parents=True)
    shutil.copy(TYPESCRIPT / "package.json", package)
    shutil.copytree(TYPESCRIPT / "dist", package / "dist")
    (server.scratch / "start.mts").write_text(code)
    types = TYPESCRIPT / "node_modules/@types"
    subprocess.run([TYPESCRIPT / "node_modules/.bin/tsc", "--strict", "--module", "nodenext",
                    "--target", "es2022", "--typeRoots", types, "--types", "node", "start.mts"],
                   cwd=server.scratch, check=True)
    run_start(server, "typescript", server.scratch, ["node", "start.mjs"])


def each_language_says_the_same(server):
    """One program in both languages: its events are equal but for ids, times and who."""
    logs = {}
    for language in PROGRAMS:
        agent = server.agent(language)
        spool = server.scratch / f"spool-{language}"
        done = subprocess.run(command(language, "everything", server.url, agent.key, spool),
                              capture_output=True, text=True, timeout=PATIENCE)
        equal(done.returncode, 0, done.stdout, done.stderr)
        told = json.loads(done.stdout)
        events = [event for event in emitted(server)
                  if event["data"]["recordedBy"]["id"] == agent.id]
        equal([event["id"] for event in events], told["ids"], "in order, each once")
        equal([event["data"].get("producer", {}).get("sequence") for event in events],
              [None] * told["unnumbered"] + list(range(1, len(events) - told["unnumbered"] + 1)))
        logs[language] = [comparable(event, told["ids"]) for event in events]
        blob = next(event["data"]["proof"]["blob"] for event in events
                    if "blob" in event["data"].get("proof", {}))
        stored = agent.get(f"/v1/blobs/{blob}").expect(200)
        check(b"kept" in stored.body and b"hunter2" not in stored.body, "the blob is redacted")
    equal(logs["python"], logs["typescript"])
    text = json.dumps(logs)
    check("hunter2" not in text and "***REDACTED***" in text, "secrets stayed at home")


def comparable(event, ids):
    """Without what is different each time."""
    data = {name: value for name, value in event["data"].items()
            if name not in ("recordedBy", "occurredAt", "dueAt")}
    data.get("producer", {}).pop("id", None)
    causes = event.get("causationid")
    return {"type": event["type"], "subject": event["subject"], "data": data,
            "cause": ids.index(causes) if causes else None,
            "correlation": event["correlationid"] if len(event["correlationid"]) < 32 else "trace"}


def a_foreign_tenant_is_refused_and_set_aside(server):
    """A key of one tenant under the name of another: nothing of it is recorded."""
    for language in PROGRAMS:
        agent = server.agent(language)
        spool = server.scratch / f"spool-{language}"
        done = subprocess.run(command(language, "foreign", server.url, agent.key, spool),
                              capture_output=True, text=True, timeout=PATIENCE)
        equal(done.returncode, 0, done.stdout, done.stderr)
        told = json.loads(done.stdout)
        equal(told["status"], 403, "an emit is told")
        equal(told["left"], 1, "what was buffered waits for the right key")
    equal(emitted(server), [])


class Proxy:
    """One address for a server that comes back at another each time."""

    def __init__(self, server):
        self.server = server
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(self.server.address, timeout=PATIENCE)
            except OSError:
                near.close()
                continue
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self.copy, args=(source, sink), daemon=True).start()

    @staticmethod
    def copy(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for each in (source, sink):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


def H53_a_server_killed_every_second_gets_every_event_once_and_in_order(server):
    agents = {language: server.agent(language) for language in PROGRAMS}
    proxy = Proxy(server)
    loads = {language: subprocess.Popen(
        command(language, "load", proxy.url, agents[language].key,
                server.scratch / f"spool-{language}", language, KILLED_SECONDS),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for language in PROGRAMS}
    ends = time.monotonic() + KILLED_SECONDS
    while time.monotonic() < ends:
        time.sleep(1)
        server.kill()
        server.start()
    server.admin = server.client(server.made["adminKey"])
    for language, load in loads.items():
        out, err = load.communicate(timeout=PATIENCE)
        equal(load.returncode, 0, language, err)
        told = json.loads(out)
        check(told["ids"], language)
        events = emitted_by(server, language)
        equal([event["id"] for event in events], told["ids"], language)
        equal([event["data"]["producer"]["sequence"] for event in events],
              list(range(1, len(events) + 1)), language)
    proxy.close()
    for producer in server.admin.get("/v1/producers").data:
        equal(producer.get("missing"), [], "no number is missing of", producer)


def what_a_damaged_spool_lost_is_missed_by_the_server(server):
    for language in PROGRAMS:
        agent = server.agent(language)
        spool = server.scratch / f"spool-{language}"
        told = killed_after(60, language, "http://127.0.0.1:1", agent, spool)
        file = spool / "0000000000000001.spool"
        data = bytearray(file.read_bytes())
        count = data.count(b'"tenantId"')
        data[data.index(told[39].encode())] ^= 1  # The fortieth event is not what it was.
        file.write_bytes(data)
        done = subprocess.run(command(language, "load", server.url, agent.key, spool, language, 1),
                              capture_output=True, text=True, timeout=120)
        equal(done.returncode, 0, done.stderr)
        events = emitted_by(server, language)
        equal([event["id"] for event in events], told[:39] + json.loads(done.stdout)["ids"])
        check((spool / "0000000000000001.spool.damaged").exists(), "the damage is kept aside")
        (known,) = [each for each in server.admin.get("/v1/producers").data
                    if each["id"].startswith(f"{language}.")]
        equal(known["missing"], [f"40-{count}"])


def a_spool_that_is_lost_counts_again_under_another_id(server):
    """A container without a volume: every start begins at 1, and nothing of it is refused."""
    for language in PROGRAMS:
        agent = server.agent(language)
        spool = server.scratch / f"spool-{language}"
        ids = []
        for lost in ("nothing", "state.json", "all of it"):
            if lost == "state.json":
                (spool / lost).unlink()
            elif lost == "all of it":
                shutil.rmtree(spool)
            done = subprocess.run(
                command(language, "load", server.url, agent.key, spool, language, 0.2),
                capture_output=True, text=True, timeout=120)
            equal(done.returncode, 0, done.stderr)
            ids += json.loads(done.stdout)["ids"]
        equal([event["id"] for event in emitted_by(server, language)], ids, language)
        known = [each for each in server.admin.get("/v1/producers").data
                 if each["id"].startswith(f"{language}.")]
        equal([each.get("missing") for each in known], [[], [], []], "three ids without a gap")


def killed_after(count, language, url, agent, spool):
    """The ids that a program was told, which was killed while it buffered."""
    program = subprocess.Popen(
        command(language, "load", url, agent.key, spool, language, 600),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        env={**os.environ, "ASSENT_TELL": "1"})
    told = [program.stdout.readline().strip() for _ in range(count)]
    program.kill()
    told += program.stdout.read().split("\n")[:-1]
    program.wait()
    program.stdout.close()
    return told


def H53_a_program_killed_while_it_buffers_loses_nothing(server):
    for language in PROGRAMS:
        agent = server.agent(language)
        spool = server.scratch / f"spool-{language}"
        told = killed_after(500, language, server.url, agent, spool)
        # The next process sends what the killed one left, before it has anything of its own.
        done = subprocess.run(command(language, "load", server.url, agent.key, spool, language, 0),
                              capture_output=True, text=True, timeout=PATIENCE)
        equal(done.returncode, 0, done.stderr)
        events = emitted_by(server, language)
        equal([event["id"] for event in events][:len(told)], told, language)
        check(len(events) <= len(told) + 1, "at most one was spooled and not told")


if __name__ == "__main__":
    subprocess.run([TYPESCRIPT / "node_modules/.bin/tsc"], cwd=TYPESCRIPT, check=True)
    run(the_ten_lines_of_python_work,
        the_ten_lines_of_typescript_work,
        each_language_says_the_same,
        a_foreign_tenant_is_refused_and_set_aside,
        H53_a_program_killed_while_it_buffers_loses_nothing,
        what_a_damaged_spool_lost_is_missed_by_the_server,
        a_spool_that_is_lost_counts_again_under_another_id,
        H53_a_server_killed_every_second_gets_every_event_once_and_in_order)
