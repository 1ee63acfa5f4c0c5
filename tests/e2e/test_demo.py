"""`./run --once`: the main job, played by real processes through the command line."""

import os
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, ROOT  # noqa: E402

if __name__ == "__main__":
    played = subprocess.run([str(ROOT / "tools/demo"), "--once"], timeout=1200,
                            env={**os.environ, "ASSENT_BINARY": BINARY})
    sys.exit(played.returncode)
