"""A request for each operation of the sandbox, and the objects that they need."""

from __future__ import annotations

from sandbox_help import until

from replicatekit.sandbox._api.validation import operations

OPERATIONS = {one.id: one for one in operations()}


def fill(http, sandbox):
    """Create the objects, and return the request of each operation."""
    version = sandbox.version("sandbox/hello")
    upload = {"files": {"content": ("a.txt", b"a")}}
    mine = {"owner": "sandbox", "name": "mine", "visibility": "private", "hardware": "cpu"}
    deployment = {
        "name": "d",
        "model": "sandbox/hello",
        "version": version,
        "hardware": "cpu",
        "min_instances": 0,
        "max_instances": 1,
    }
    sandbox.example("sandbox/hello", {"text": "x"}, "hello x")
    sandbox.model("sandbox/old", visibility="private", readme="# Old")(lambda: "x")
    old = sandbox.version("sandbox/old")
    prediction = http.post("/predictions", json={"version": version, "input": {}}).json()["id"]
    path = f"/models/sandbox/hello/versions/{version}/trainings"
    training = {"json": {"destination": "sandbox/hello", "input": {}}}
    training_id = http.post(path, **training).json()["id"]
    until(lambda: http.get(f"/trainings/{training_id}").json()["status"] == "succeeded")
    file = http.post("/files", **upload).json()["id"]
    sandbox.settings.outputs_on = "api"
    body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
    download = http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"]
    return [
        ("account.get", "/account", {}),
        ("collections.list", "/collections", {}),
        ("collections.get", "/collections/built-in", {}),
        ("deployments.create", "/deployments", {"json": deployment}),
        ("deployments.list", "/deployments", {}),
        ("deployments.get", "/deployments/sandbox/d", {}),
        ("deployments.update", "/deployments/sandbox/d", {"json": {"max_instances": 2}}),
        ("deployments.predictions.create", "/deployments/sandbox/d/predictions", {"json": {"input": {}}}),
        ("deployments.delete", "/deployments/sandbox/d", {}),
        ("files.create", "/files", upload),
        ("files.list", "/files", {}),
        ("files.get", f"/files/{file}", {}),
        ("files.download", download, {}),
        ("files.delete", f"/files/{file}", {}),
        ("hardware.list", "/hardware", {}),
        ("models.create", "/models", {"json": mine}),
        ("models.list", "/models", {}),
        ("models.search", "/models", {"content": "hello", "headers": {"content-type": "text/plain"}}),
        ("models.get", "/models/sandbox/hello", {}),
        ("models.update", "/models/sandbox/hello", {"json": {"readme": "# Hello"}}),
        ("models.readme.get", "/models/sandbox/hello/readme", {}),
        ("models.examples.list", "/models/sandbox/hello/examples", {}),
        ("models.predictions.create", "/models/sandbox/story/predictions", {"json": {"input": {}}}),
        ("models.versions.list", "/models/sandbox/hello/versions", {}),
        ("models.versions.get", f"/models/sandbox/hello/versions/{version}", {}),
        ("models.versions.delete", f"/models/sandbox/old/versions/{old}", {}),
        ("models.delete", "/models/sandbox/old", {}),
        ("predictions.create", "/predictions", {"json": {"version": version, "input": {}}}),
        ("predictions.list", "/predictions", {}),
        ("predictions.get", f"/predictions/{prediction}", {}),
        ("predictions.cancel", f"/predictions/{prediction}/cancel", {}),
        ("search", "/search?query=hello", {}),
        ("trainings.create", path, training),
        ("trainings.list", "/trainings", {}),
        ("trainings.get", f"/trainings/{training_id}", {}),
        ("trainings.cancel", f"/trainings/{training_id}/cancel", {}),
        ("webhooks.default.secret.get", "/webhooks/default/secret", {}),
    ]
