"""The library for strangers: installed, and used by a project that has nothing else of ours."""

import os
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import BINARY, PATIENCE, ROOT, check, equal, run  # noqa: E402
from test_verify import write_bundle  # noqa: E402

BUILD = pathlib.Path(BINARY).parent


def command(*words, **options):
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=1800,
                          **options)
    equal(done.returncode, 0, words, done.stdout, done.stderr)
    return done.stdout


def tries(program, server, bundle):
    """The three ways in which it can end."""
    key = server.made["verifierKey"]
    for path, expected, said in ((bundle, 0, "verified: "), (bundle / "..", 8, ""),
                                 (bundle / "absent", 9, "There is no bundle")):
        done = subprocess.run([program, path, key], capture_output=True, text=True,
                              timeout=PATIENCE)
        equal(done.returncode, expected, path, done.stdout, done.stderr)
        check(said in done.stdout, done.stdout)


def a_stranger_builds_against_what_was_installed(server):
    equal(server.stop(), 0)
    bundle = server.scratch / "bundle"
    write_bundle(bundle, server)
    prefix = server.scratch / "prefix"
    command("cmake", "--build", BUILD, "--target", "assent-verify")
    command("cmake", "--install", BUILD, "--component", "verify", "--prefix", prefix)
    headers = sorted(str(path.relative_to(prefix)) for path in prefix.rglob("*.h"))
    equal(headers, ["include/assent/verify.h"], "the one header")

    sources = server.scratch / "stranger"
    shutil.copytree(ROOT / "tests/package", sources)
    command("cmake", "-S", sources, "-B", sources / "build", f"-DCMAKE_PREFIX_PATH={prefix}")
    command("cmake", "--build", sources / "build")
    tries(sources / "build/stranger", server, bundle)

    pc = next(prefix.rglob("assent-verify.pc"))
    flags = command("pkg-config", "--cflags", "--libs", "assent-verify",
                    env={**os.environ, "PKG_CONFIG_PATH": str(pc.parent)}).split()
    command("c++", "-std=c++17", "-Wall", "-Wextra", "-Werror", sources / "main.cc", "-o",
            sources / "by_pkg_config", *flags)
    tries(sources / "by_pkg_config", server, bundle)


if __name__ == "__main__":
    run(a_stranger_builds_against_what_was_installed)
