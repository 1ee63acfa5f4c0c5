#!/usr/bin/env python3
"""Writes vectors.json: what a program says, and the bytes that an emitter makes of it.

The expected bytes are what the Python emitter makes; each was then read by a person, and the other
emitters, which share no line with it, have to agree. `make.py --check` fails if the file is not
what the cases give, so that no emitter changes its bytes unseen.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[2] / "emitter/python"))
sys.path.insert(0, str(HERE.parents[2] / "emitter/python/tests"))
from cases import CASES  # noqa: E402
from vector_run import expected_of  # noqa: E402

FILE = HERE / "vectors.json"


def text():
    rows = [json.dumps(expected_of(case), ensure_ascii=True, indent=1) for case in CASES]
    return "[\n" + ",\n".join(rows) + "\n]\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        if FILE.read_text() != text():
            sys.exit("tests/vectors/emitter/vectors.json is not what make.py writes")
    else:
        FILE.write_text(text())
