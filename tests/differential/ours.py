"""What our client says in the scenarios of official.py, in the same form."""

from __future__ import annotations

import inspect
from pathlib import Path

from replicatekit import errors, webhooks

RECORD = ("id", "status", "model", "version", "input", "output", "logs", "error", "urls")
MODEL = ("owner", "name", "url", "visibility", "description", "run_count")
FILE = ("id", "name", "content_type", "size", "etag", "checksums", "metadata", "urls")


def fields(thing, names):
    record = thing.to_dict()
    return {name: record.get(name) for name in names}


def run_text(client, given):
    return client.run(given["shout"], {"text": "a", "times": 2})


def run_official_model(client, given):
    return client.run("acme/number", {"text": "four"})


def run_without_holding(client, given):
    return client.run(given["shout"], {"text": "b"}, wait=False)


def run_text_in_pieces(client, given):
    return client.run("acme/llm", {"prompt": "a b c"})


def run_items(client, given):
    return client.run(given["counter"], {"to": 3})


def run_object(client, given):
    return client.run(given["describe"], {"text": "x"})


def run_file(client, given):
    with Path(given["path"]).open("rb") as file:
        output = client.run(given["reverse"], {"document": file})
    return client.run(given["size"], {"document": output.url})


def run_nothing(client, given):
    return client.run(given["nothing"], {})


def run_that_fails(client, given):
    try:
        client.run(given["moody"], {"mood": "bad"})
    except errors.ModelError as error:
        return fields(error.prediction, ("status", "error", "input"))


def stream_text(client, given):
    events = client.stream("acme/llm", {"prompt": "a b c"})
    return [event.data for event in events if event.type == "output"]


def stream_of_prediction(client, given):
    made = client.models.predictions.create("acme/llm", {"prompt": "d e"})
    return [[event.type, event.data] for event in made.stream()]


def prediction_created(client, given):
    made = client.predictions.create(version=given["version_of_shout"], input={"text": "c"})
    made.wait()
    return fields(made, RECORD)


def prediction_held(client, given):
    made = client.predictions.create(version=given["version_of_shout"], input={"text": "c"}, wait=5)
    return fields(made, ("model", "version", "input", "output"))


def prediction_with_webhook(client, given):
    made = client.predictions.create(
        version=given["version_of_shout"], input={"text": "c"},
        webhook=given["webhook"], webhook_events_filter=["completed"],
    )  # fmt: skip
    return fields(made, ("model", "version", "input"))


def prediction_read(client, given):
    return fields(client.predictions.get(given["prediction"]), RECORD)


def prediction_cancelled(client, given):
    made = client.predictions.create(version=given["version_of_sleeper"], input={})
    made.cancel()
    return fields(made, ("status", "output", "error"))


def pages(listing):
    found = [listing()]
    while found[-1].next:
        found.append(listing(found[-1].next))
    return found


def predictions_paged(client, given):
    return [[each.id for each in page.results] for page in pages(client.predictions.list)]


def model_read(client, given):
    model = client.models.get("acme/shout")
    return [fields(model, MODEL), model.latest_version.id, model.latest_version.to_dict()["openapi_schema"]]


def models_paged(client, given):
    return [[f"{each.owner}/{each.name}" for each in page.results] for page in pages(client.models.list)]


def models_searched(client, given):
    return sorted(f"{each.owner}/{each.name}" for each in client.models.search("shout").results)


def model_made_and_deleted(client, given):
    made = client.models.create("sandbox", "made", visibility="private", hardware="cpu", description="A model")
    client.models.delete("sandbox/made")
    return fields(made, MODEL)


def versions_listed(client, given):
    page = client.models.get("acme/shout").versions.list()
    return [[each.id, each.cog_version] for each in page.results]


def version_read(client, given):
    version = client.models.get("acme/shout").versions.get(given["version_of_shout"])
    return fields(version, ("id", "cog_version", "openapi_schema"))


def deployment_lived(client, given):
    deployments = client.deployments
    made = deployments.create(
        "mine", model="acme/shout", version=given["version_of_shout"], hardware="cpu", min_instances=0, max_instances=1
    )
    read = deployments.get("sandbox/mine")
    changed = deployments.update("sandbox/mine", max_instances=3)
    listed = deployments.list()
    ran = read.predictions.create({"text": "d"})
    ran.wait()
    deployments.delete("sandbox/mine")
    return [*map(_deployment, (made, read, changed)), [each.name for each in listed.results], ran.output]


def _deployment(deployment):
    release = deployment.current_release
    about = fields(release, ("number", "model", "version"))
    limits = fields(release.configuration, ("hardware", "min_instances", "max_instances"))
    return {"owner": deployment.owner, "name": deployment.name, **about, **limits}


def training_lived(client, given):
    made = client.trainings.create(
        "acme/shout", given["version_of_shout"], input={"text": "t"}, destination="sandbox/trained"
    )
    made.reload()
    read = client.trainings.get(made.id)
    page = client.trainings.list()
    return [fields(read, ("id", "model", "version", "input")), [each.id for each in page.results]]


def training_cancelled(client, given):
    made = client.trainings.create("acme/sleeper", given["version_of_sleeper"], input={}, destination="sandbox/trained")
    made.cancel()
    return made.status


def collections_read(client, given):
    page = client.collections.list()
    one = client.collections.get("loud-ones")
    slugs = [each.slug for each in page.results]
    return [slugs, one.slug, one.name, one.description, [f"{each.owner}/{each.name}" for each in one.models]]


def hardware_listed(client, given):
    return [[each.name, each.sku] for each in client.hardware.list()]


def account_read(client, given):
    return fields(client.account.get(), ("type", "username", "name", "github_url"))


def file_lived(client, given):
    files = client.files
    made = files.create(given["path"], metadata={"a": 1})
    read = files.get(made.id)
    listed = [each.id for each in files.list().results]
    files.delete(made.id)
    return [fields(made, FILE), fields(read, FILE), listed, [each.id for each in files.list().results]]


def webhook_checked(client, given):
    secret = client.webhooks.default.secret()
    webhooks.verify(given["body"], given["headers"], secret)
    return secret


def not_found(client, given):
    return _refused(lambda: client.predictions.get("nothing"))


def wrong_input(client, given):
    version = given["version_of_shout"]
    return _refused(lambda: client.predictions.create(version=version, input={"text": 1}))


def wrong_token(client, given):
    return _refused(lambda: client.with_options(token="r8_wrong").account.get())


def _refused(call):
    try:
        call()
    except errors.APIStatusError as error:
        return [error.status, error.problem.title, error.problem.detail]


def community_model_by_name(client, given):
    return client.run("acme/shout", {"text": "a"})


def pieces_of_a_text(client, given):
    return client.run("acme/llm", {"prompt": "a b"})


def output_file(client, given):
    output = client.run(given["reverse"], {"document": b"abc"})
    return type(getattr(output, "thing", output)).__name__.removeprefix("Async")


def aborted_prediction(client, given):
    return client.predictions.get(given["aborted"]).status


def failed_stream(client, given):
    try:
        return len(list(client.stream(given["breaks"], {})))
    except errors.ModelError as error:
        return [type(error).__name__, error.prediction.status]


ALL = {
    name: thing
    for name, thing in globals().items()
    if inspect.isfunction(thing) and list(inspect.signature(thing).parameters) == ["client", "given"]
}
