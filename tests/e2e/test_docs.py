"""Runs every fenced `console` block of the README and of the documents below, as a newcomer.

`$ ` begins a command. Each line below it must appear in its output, in order; `…` is anything. A
command must succeed unless `(exit code N)` stands below it. One shell and one scratch directory for
each document; a command that ends in `&` is ready when it says so. Port 8080 becomes a free one.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, ROOT, Failed, check, own_port  # noqa: E402

MARK = "ended-with:"


def commands_of(document):
    """Pairs of a command and the lines shown below it."""
    commands = []
    for block in re.findall(r"^```console\n(.*?)^```", document, re.M | re.S):
        for line in block.splitlines():
            if line.startswith("$ "):
                commands.append((line[2:], []))
            elif line.startswith("> "):
                commands[-1] = (commands[-1][0] + "\n" + line[2:], [])
            elif line.strip():
                commands[-1][1].append(line.strip())
    return commands


class Shell:
    def __init__(self, scratch):
        path = f"{pathlib.Path(BINARY).parent}:{os.environ['PATH']}"
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("ASSENT_")}
        self.process = subprocess.Popen(["bash"], cwd=scratch, text=True, bufsize=1,
                                        env={**environment, "PATH": path,
                                             "ASSENT_SOURCE": str(ROOT)},
                                        start_new_session=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def run(self, command):
        """The command's exit code and output."""
        self.process.stdin.write(command + "\n")
        is_server = command.rstrip().endswith("&")
        if not is_server:
            self.process.stdin.write(f"ended=$?; echo; echo {MARK}$ended\n")
        self.process.stdin.flush()
        output = []
        for line in self.process.stdout:
            if line.startswith(MARK):
                return int(line[len(MARK):]), "".join(output)
            output.append(line)
            if is_server and "ready" in line:
                return 0, "".join(output)
        raise Failed("the shell ended:\n" + "".join(output))

    def close(self):
        self.process.stdin.close()
        subprocess.run(["kill", "-TERM", "--", f"-{self.process.pid}"], check=False)
        self.process.wait(timeout=PATIENCE)


def play(path):
    scratch = tempfile.mkdtemp(prefix="assent-docs-")
    shell = Shell(scratch)
    port = str(own_port())
    try:
        for command, shown in commands_of((ROOT / path).read_text()):
            print(f"{path}$ {command}", flush=True)
            code, output = shell.run(command.replace("8080", port))
            output = output.replace(port, "8080")
            expected = 0
            rest = output
            for line in shown:
                if found := re.fullmatch(r"\(exit code (\d+)\)", line):
                    expected = int(found[1])
                    continue
                pattern = ".*".join(re.escape(part) for part in line.split("…"))
                found = re.search(pattern, rest)
                check(found, f"the output has no {line!r}:\n{output}")
                rest = rest[found.end():]
            check(code == expected, f"exit code {code}, expected {expected}:\n{output}")
    finally:
        shell.close()
        shutil.rmtree(scratch, ignore_errors=True)


def the_suites_that_assurance_names_are_there():
    text = (ROOT / "docs/assurance.md").read_text()
    named = re.findall(r"`((?:tests|src)/[\w/]+\.(?:py|cc))`", text)
    check(len(named) > 30, named)
    missing = [path for path in named if not (ROOT / path).is_file()]
    check(not missing, "docs/assurance.md names", missing)


if __name__ == "__main__":
    the_suites_that_assurance_names_are_there()
    for document in ("README.md", "docs/start.md", "docs/policy.md", "docs/rules.md",
                     "docs/kill-switches.md", "docs/exporting.md", "docs/backup.md",
                     "docs/verifying.md", "docs/importing.md", "docs/shell.md",
                     "docs/emitting.md", "docs/plans.md"):
        check(commands_of((ROOT / document).read_text()), f"{document} has console blocks")
        play(document)
