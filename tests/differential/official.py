"""What the official client (`replicate==1.0.7`) says, scenario by scenario; run by the Python that has it.

It reads one JSON object a line, `{"scenario", "is_async", "given"}`, and answers each with a line:
`{"result"}`, `{"raised"}`, or `{"broken"}` with a traceback. Standard library and `replicate` only.
"""

import asyncio
import inspect
import json
import sys
import traceback
from pathlib import Path

import replicate
from replicate.exceptions import ModelError, ReplicateError

RECORD = ("id", "status", "model", "version", "input", "output", "logs", "error", "urls")
MODEL = ("owner", "name", "url", "visibility", "description", "run_count")
FILE = ("id", "name", "content_type", "size", "etag", "checksums", "metadata", "urls")


def fields(thing, names):
    return {name: getattr(thing, name) for name in names}


class Api:
    """The client in one of its two ways."""

    def __init__(self, is_async):
        self.client = replicate.Client()
        self.client.poll_interval = 0.02
        self.is_async = is_async
        self.runner = asyncio.Runner() if is_async else None

    def ask(self, where, name, /, *arguments, **options):
        if not self.is_async:
            return getattr(where, name)(*arguments, **options)
        result = getattr(where, "async_" + name)(*arguments, **options)
        return self.runner.run(result) if inspect.iscoroutine(result) else result

    def all(self, items):
        if hasattr(items, "__aiter__"):
            return self.runner.run(_collected(items))
        return list(items)

    def pages(self, where):
        pages = [self.ask(where, "list")]
        while pages[-1].next:
            pages.append(self.ask(where, "list", pages[-1].next))
        return pages


async def _collected(items):
    return [item async for item in items]


def run_text(api, given):
    return api.ask(api.client, "run", given["shout"], input={"text": "a", "times": 2})


def run_official_model(api, given):
    return api.ask(api.client, "run", "acme/number", input={"text": "four"})


def run_without_holding(api, given):
    return api.ask(api.client, "run", given["shout"], input={"text": "b"}, wait=False)


def run_text_in_pieces(api, given):
    return "".join(api.all(api.ask(api.client, "run", "acme/llm", input={"prompt": "a b c"})))


def run_items(api, given):
    return api.all(api.ask(api.client, "run", given["counter"], input={"to": 3}))


def run_object(api, given):
    return api.ask(api.client, "run", given["describe"], input={"text": "x"})


def run_file(api, given):
    with Path(given["path"]).open("rb") as file:
        output = api.ask(api.client, "run", given["reverse"], input={"document": file})
    return api.ask(api.client, "run", given["size"], input={"document": str(output)})


def run_nothing(api, given):
    return api.ask(api.client, "run", given["nothing"], input={})


def run_that_fails(api, given):
    try:
        api.ask(api.client, "run", given["moody"], input={"mood": "bad"})
    except ModelError as error:
        return fields(error.prediction, ("status", "error", "input"))


def stream_text(api, given):
    events = api.all(api.ask(api.client, "stream", "acme/llm", input={"prompt": "a b c"}))
    return [event.data for event in events if event.event == event.EventType.OUTPUT]


def stream_of_prediction(api, given):
    made = api.ask(api.client.models.predictions, "create", "acme/llm", input={"prompt": "d e"})
    events = api.all(api.ask(made, "stream"))
    return [[event.event.value, event.data] for event in events]


def prediction_created(api, given):
    made = api.ask(api.client.predictions, "create", version=given["version_of_shout"], input={"text": "c"})
    api.ask(made, "wait")
    return fields(made, RECORD)


def prediction_held(api, given):
    made = api.ask(api.client.predictions, "create", version=given["version_of_shout"], input={"text": "c"}, wait=5)
    return fields(made, ("model", "version", "input", "output"))


def prediction_with_webhook(api, given):
    made = api.ask(
        api.client.predictions, "create", version=given["version_of_shout"], input={"text": "c"},
        webhook=given["webhook"], webhook_events_filter=["completed"],
    )  # fmt: skip
    return fields(made, ("model", "version", "input"))


def prediction_read(api, given):
    return fields(api.ask(api.client.predictions, "get", given["prediction"]), RECORD)


def prediction_cancelled(api, given):
    made = api.ask(api.client.predictions, "create", version=given["version_of_sleeper"], input={})
    api.ask(made, "cancel")
    return fields(made, ("status", "output", "error"))


def predictions_paged(api, given):
    return [[each.id for each in page.results] for page in api.pages(api.client.predictions)]


def model_read(api, given):
    model = api.ask(api.client.models, "get", "acme/shout")
    return [fields(model, MODEL), model.latest_version.id, model.latest_version.openapi_schema]


def models_paged(api, given):
    return [[f"{each.owner}/{each.name}" for each in page.results] for page in api.pages(api.client.models)]


def models_searched(api, given):
    return sorted(f"{each.owner}/{each.name}" for each in api.ask(api.client.models, "search", "shout").results)


def model_made_and_deleted(api, given):
    made = api.ask(
        api.client.models, "create", "sandbox", "made", visibility="private", hardware="cpu", description="A model"
    )
    api.ask(api.client.models, "delete", "sandbox/made")
    return fields(made, MODEL)


def versions_listed(api, given):
    page = api.ask(api.ask(api.client.models, "get", "acme/shout").versions, "list")
    return [[each.id, each.cog_version] for each in page.results]


def version_read(api, given):
    version = api.ask(api.ask(api.client.models, "get", "acme/shout").versions, "get", given["version_of_shout"])
    return fields(version, ("id", "cog_version", "openapi_schema"))


def deployment_lived(api, given):
    deployments = api.client.deployments
    made = api.ask(
        deployments, "create", name="mine", model="acme/shout", version=given["version_of_shout"], hardware="cpu",
        min_instances=0, max_instances=1,
    )  # fmt: skip
    read = api.ask(deployments, "get", "sandbox/mine")
    changed = api.ask(deployments, "update", "sandbox", "mine", max_instances=3)
    listed = api.ask(deployments, "list")
    ran = api.ask(read.predictions, "create", {"text": "d"})
    api.ask(ran, "wait")
    api.ask(deployments, "delete", "sandbox", "mine")
    return [*map(_deployment, (made, read, changed)), [each.name for each in listed.results], ran.output]


def _deployment(deployment):
    release = deployment.current_release
    about = fields(release, ("number", "model", "version"))
    limits = fields(release.configuration, ("hardware", "min_instances", "max_instances"))
    return {"owner": deployment.owner, "name": deployment.name, **about, **limits}


def training_lived(api, given):
    made = api.ask(
        api.client.trainings, "create", model="acme/shout", version=given["version_of_shout"],
        input={"text": "t"}, destination="sandbox/trained",
    )  # fmt: skip
    api.ask(made, "reload")
    read = api.ask(api.client.trainings, "get", made.id)
    page = api.ask(api.client.trainings, "list")
    return [fields(read, ("id", "model", "version", "input")), [each.id for each in page.results]]


def training_cancelled(api, given):
    made = api.ask(
        api.client.trainings, "create", model="acme/sleeper", version=given["version_of_sleeper"],
        input={}, destination="sandbox/trained",
    )  # fmt: skip
    api.ask(made, "cancel")
    return made.status


def collections_read(api, given):
    page = api.ask(api.client.collections, "list")
    one = api.ask(api.client.collections, "get", "loud-ones")
    slugs = [each.slug for each in page.results]
    return [slugs, one.slug, one.name, one.description, [f"{each.owner}/{each.name}" for each in one.models]]


def hardware_listed(api, given):
    return [[each.name, each.sku] for each in api.ask(api.client.hardware, "list")]


def account_read(api, given):
    return fields(api.ask(api.client.accounts, "current"), ("type", "username", "name", "github_url"))


def file_lived(api, given):
    files = api.client.files
    made = api.ask(files, "create", given["path"], metadata={"a": 1})
    read = api.ask(files, "get", made.id)
    listed = [each.id for each in api.ask(files, "list")]
    api.ask(files, "delete", made.id)
    return [fields(made, FILE), fields(read, FILE), listed, [each.id for each in api.ask(files, "list")]]


def webhook_checked(api, given):
    secret = api.ask(api.client.webhooks.default, "secret")
    type(api.client.webhooks).validate(headers=given["headers"], body=given["body"], secret=secret)
    return secret.key


def not_found(api, given):
    return _refused(api, lambda: api.ask(api.client.predictions, "get", "nothing"))


def wrong_input(api, given):
    version = given["version_of_shout"]
    return _refused(api, lambda: api.ask(api.client.predictions, "create", version=version, input={"text": 1}))


def wrong_token(api, given):
    api.client = replicate.Client(api_token="r8_wrong")
    return _refused(api, lambda: api.ask(api.client.accounts, "current"))


def _refused(api, call):
    try:
        call()
    except ReplicateError as error:
        return [error.status, error.title, error.detail]


def community_model_by_name(api, given):
    return _refused(api, lambda: api.ask(api.client, "run", "acme/shout", input={"text": "a"}))


def pieces_of_a_text(api, given):
    return api.ask(api.client, "run", "acme/llm", input={"prompt": "a b"})


def output_file(api, given):
    with Path(given["path"]).open("rb") as file:
        return type(api.ask(api.client, "run", given["reverse"], input={"document": file})).__name__


def aborted_prediction(api, given):
    try:
        return api.ask(api.client.predictions, "get", given["aborted"]).status
    except ValueError as error:
        return type(error).__name__


def failed_stream(api, given):
    try:
        return len(api.all(api.ask(api.client, "stream", given["breaks"], input={})))
    except RuntimeError as error:
        return [type(error).__name__, str(error)]


SCENARIOS = {
    name: thing
    for name, thing in globals().items()
    if inspect.isfunction(thing) and list(inspect.signature(thing).parameters) == ["api", "given"]
}


def main():
    ways = {}
    for line in sys.stdin:
        order = json.loads(line)
        try:
            api = ways.setdefault(order["is_async"], Api(order["is_async"]))
            client = api.client
            answer = {"result": SCENARIOS[order["scenario"]](api, order["given"])}
            api.client = client
        except Exception:
            answer = {"broken": traceback.format_exc()}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
