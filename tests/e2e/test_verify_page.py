"""web/verify.html: strict TypeScript, it is what its sources give, and a browser opens it."""

import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
WEB = ROOT / "web"


def main():
    assert (WEB / "node_modules").exists(), "run `tools/install test`"
    subprocess.run(["node_modules/.bin/tsc"], cwd=WEB, check=True)
    subprocess.run(["node", "build.mjs", "--check"], cwd=WEB, check=True)
    with tempfile.TemporaryDirectory() as directory:
        make = ROOT / "tests/vectors/bundle/make.py"
        subprocess.run([sys.executable, str(make), directory], check=True)
        subprocess.run(["node", "test/page.mjs", directory], cwd=WEB, check=True)


if __name__ == "__main__":
    main()
