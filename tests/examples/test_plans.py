"""The compiler of the examples does what its plan says, and hashes as the vectors do."""

import importlib.util
import json
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PLANS = ROOT / "examples/plans"

spec = importlib.util.spec_from_file_location("compile_plan", PLANS / "compile.py")
compiler = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compiler)


def output_of(*arguments):
    return subprocess.run([sys.executable, "-B", PLANS / "compile.py", *arguments], check=True,
                          capture_output=True, encoding="utf-8").stdout


class Plans(unittest.TestCase):
    def test_hashes_are_those_of_the_vectors(self):
        vectors = json.loads((ROOT / "tests/vectors/plan/vectors.json").read_text("utf-8"))
        self.assertGreater(len(vectors), 10)
        for vector in vectors:
            self.assertEqual(compiler.plan_hash(vector["plan"]), vector["irHash"], vector["name"])

    def test_the_dag_is_what_the_compiler_makes_of_the_plan(self):
        self.assertEqual(output_of(PLANS / "month_end.json"),
                         (PLANS / "month_end.dag.json").read_text("utf-8"))

    def test_steps_run_after_what_they_depend_on(self):
        plan = json.loads((PLANS / "month_end.json").read_text("utf-8"))
        order = output_of("--order", PLANS / "month_end.json").split()
        for index, step in enumerate(plan["steps"]):
            for needed in step.get("dependsOn", []):
                self.assertLess(order.index(needed), order.index(compiler.id_of(step, index)))

    def test_a_float_is_refused(self):
        with self.assertRaises(SystemExit):
            compiler.canonical({"a": 1.5})


if __name__ == "__main__":
    unittest.main()
