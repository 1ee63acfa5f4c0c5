"""/openapi.json is OpenAPI 3.1, names the routes of the main job, and passes the linter."""

import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
from assent_client import ROOT, check, equal, run  # noqa: E402

LINTER = ROOT / "tools/openapi-lint"
MAIN_JOB = [("post", "/v1/approvals"), ("get", "/v1/approvals"), ("get", "/v1/approvals/{id}"),
            ("post", "/v1/approvals/{id}/approve"), ("post", "/v1/approvals/{id}/reject"),
            ("post", "/v1/approvals/{id}/cancel"), ("post", "/v1/approvals/{id}/evidence"),
            ("post", "/v1/approvals/{id}/executions"), ("post", "/v1/executions/{id}/complete"),
            ("get", "/v1/approvals/{id}/trail"), ("post", "/v1/events"), ("get", "/v1/events"),
            ("get", "/v1/policy"), ("put", "/v1/policy"), ("post", "/v1/principals")]


def the_document_is_generated_and_clean(server):
    document = server.client().get("/openapi.json").expect(200).json
    check(document["openapi"].startswith("3.1"), document["openapi"])
    for method, path in MAIN_JOB:
        check(method in document["paths"].get(path, {}), method, path)
    names = [operation["operationId"] for item in document["paths"].values()
             for name, operation in item.items() if name in ("get", "put", "post", "delete")]
    equal(len(names), len(set(names)), "operation ids are unique")

    linter = LINTER / "node_modules/.bin/spectral"
    check(linter.exists() and shutil.which("node"), "run `tools/install test` for the linter")
    written = server.scratch / "openapi.json"
    written.write_text(json.dumps(document))
    said = subprocess.run([linter, "lint", "--ruleset", LINTER / ".spectral.yaml",
                           "--fail-severity", "warn", written], capture_output=True, text=True)
    equal(said.returncode, 0, said.stdout[-3000:], said.stderr[-1000:])


if __name__ == "__main__":
    run(the_document_is_generated_and_clean)
