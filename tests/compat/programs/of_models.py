"""Models, versions, collections, deployments, trainings, hardware, the account."""

from __future__ import annotations

from context import program, shown, warned
from of_running import prediction, version_id

MODEL = {
    "url": "https://replicate.com/a/b",
    "owner": "a",
    "name": "b",
    "description": None,
    "visibility": "public",
    "run_count": 3,
    "latest_version": {
        "id": "v1",
        "created_at": "2022-04-26T19:29:04.418669Z",
        "cog_version": "0.3.0",
        "openapi_schema": {},
    },
}


@program
async def the_account(c):
    account = await c.do(c.client.accounts, "current")
    return [account, account.type, account.username]


@program
async def the_hardware(c):
    known = await c.do(c.client.hardware, "list")
    return [known, warned(lambda: known[0].id)]


@program
async def a_model_is_found(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    return [
        model.id,
        model.owner,
        model.name,
        model.visibility,
        model.latest_version.openapi_schema["info"],
        model.latest_version.created_at.tzinfo is not None,
    ]


@program
async def a_model_is_found_in_each_way(c):
    ways = [
        (("acme/echo",), {}),
        (("acme", "echo"), {}),
        ((), {"key": "acme/echo"}),
        ((), {"owner": "acme", "name": "echo"}),
    ]
    return [(await c.do(c.client.models, "get", *args, **kwargs)).id for args, kwargs in ways]


@program
async def a_model_cannot_be_told(c):
    ways = [
        (("a",), {"name": "b"}),
        ((), {"key": "a/b", "owner": "a"}),
        (("a", "b", "c"), {}),
        ((), {}),
        ((), {"owner": "a"}),
    ]
    return [await c.error(c.client.models, "get", *args, **kwargs) for args, kwargs in ways]


@program
async def a_model_that_is_not_there(c):
    return await c.error(c.client.models, "get", "acme/nothing")


@program
async def models_are_listed(c):
    page = await c.do(c.client.models, "list")
    return [sorted(model.id for model in page), page.next, page.previous]


@program
async def models_are_searched(c):
    page = await c.do(c.client.models, "search", "echo")
    return [model.id for model in page]


@program
async def a_model_is_made_and_deleted(c):
    made = await c.do(
        c.client.models,
        "create",
        "sandbox",
        "mine",
        hardware="cpu",
        visibility="private",
        description="of mine",
        paper_url=None,
    )
    return [made.id, made.description, made.visibility, await c.do(c.client.models, "delete", "sandbox/mine")]


@program
async def a_model_is_made_with_too_little_and_too_much(c):
    client = c.answering((201, MODEL))
    wrong = [{}, {"hardware": "cpu"}, {"hardware": "cpu", "visibility": "private", "colour": "blue"}]
    return [(await c.error(client.models, "create", "a", "b", **given))["error"] for given in wrong]


@program
async def a_model_is_looked_at_again(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    model.description = "changed"
    model.reload()
    return model.description


@program
async def a_models_own_words(c):
    model = await c.do(
        c.answering((200, {**MODEL, "default_example": prediction("succeeded", "x")})).models, "get", "a/b"
    )
    example = model.default_example
    return [model, warned(lambda: model.username), example.output, str(model.latest_version.created_at)]


@program
async def a_models_predict_is_gone(c):
    model = await c.do(c.answering((200, MODEL)).models, "get", "a/b")
    try:
        model.predict(text="x")
    except Exception as error:
        return type(error).__name__


@program
async def versions_are_listed(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    page = await c.do(model.versions, "list")
    return [len(page), page[0].id == model.latest_version.id, page.results[0].cog_version]


@program
async def a_version_is_found(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    version = await c.do(model.versions, "get", model.latest_version.id)
    return [version.id == model.latest_version.id, sorted(version.openapi_schema["components"]["schemas"])]


@program
async def a_version_is_deleted(c):
    Versions = c.module("version").Versions
    client = c.answering((204, ""))
    forms = [Versions(client, "a/b"), Versions(client, ("a", "b"))]
    return [await c.do(versions, "delete", "v1") for versions in forms] + [versions.model for versions in forms]


@program
async def a_version_that_is_not_there(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    return await c.error(model.versions, "get", "0" * 64)


@program
async def collections_are_listed(c):
    page = await c.do(c.client.collections, "list")
    return [page, warned(lambda: page[0].id), len(page[0]), list(page[0]), page[0][0]]


@program
async def a_collection_is_found(c):
    found = await c.do(c.client.collections, "get", "words")
    return [
        found.slug,
        found.name,
        len(found),
        [model.id for model in found],
        found[0].id,
        [model.id for model in found[:1]],
    ]


@program
async def pages_one_after_another(c):
    pages = [
        {"results": [MODEL], "next": "https://api.replicate.com/v1/models?cursor=x"},
        {"results": [], "next": None, "previous": "https://api.replicate.com/v1/models"},
    ]
    client = c.answering(*((200, page) for page in pages))
    paginate = c.iterating(c.replicate, "paginate", client.models.async_list if c.is_async else client.models.list)
    return await c.items(paginate)


@program
async def a_page_by_hand(c):
    Page, Model = c.module("pagination").Page, c.module("model").Model
    page = Page[Model](results=[Model(**MODEL)], next="x")
    return [len(page), page[0].id, page.next, page.previous, [model.id for model in page]]


@program
async def a_deployments_life(c):
    version = await version_id(c, "acme/echo")
    create = {
        "name": "desk",
        "model": "acme/echo",
        "version": version,
        "hardware": "cpu",
        "min_instances": 0,
        "max_instances": 1,
    }
    made = await c.do(c.client.deployments, "create", **create)
    owner = made.owner
    changed = await c.do(c.client.deployments, "update", owner, "desk", max_instances=3)
    found = await c.do(c.client.deployments, "get", f"{owner}/desk")
    page = await c.do(c.client.deployments, "list")
    told = [
        made.id,
        made.current_release.number,
        changed.current_release.configuration,
        found.current_release.configuration.max_instances,
        found.current_release.model,
        found.current_release.created_by.username,
        warned(lambda: found.username),
        [one.id for one in page],
    ]
    return [*told, await c.do(c.client.deployments, "delete", owner, "desk")]


@program
async def a_deployment_is_named_with_its_owner(c):
    release = {
        "number": 1,
        "model": "a/b",
        "version": "v1",
        "created_at": "2022",
        "configuration": {"hardware": "cpu", "min_instances": 0, "max_instances": 1},
    }
    client = c.answering((201, {"owner": "me", "name": "desk", "current_release": release}))
    return await c.do(
        client.deployments,
        "create",
        name="me/desk",
        model="a/b",
        version="v1",
        hardware="cpu",
        min_instances=0,
        max_instances=1,
    )


@program
async def predictions_of_a_deployment(c):
    client = c.answering((200, {"owner": "me", "name": "desk"}), (201, prediction("starting")))
    deployment = await c.do(client.deployments, "get", "me/desk")
    made = [await c.do(deployment.predictions, "create", {"a": 1}, wait=2)]
    for form in ("me/desk", ("me", "desk"), deployment):
        made.append(await c.do(client.deployments.predictions, "create", form, {"a": 1}, wait=True))
        made.append(await c.do(client.predictions, "create", deployment=form, input={"a": 1}))
    return [one.id for one in made]


@program
async def a_deployment_that_is_not_there(c):
    return await c.error(c.client.deployments, "get", "acme/nothing")


TRAINING = {
    "id": "t1",
    "model": "a/b",
    "version": "v1",
    "status": "starting",
    "input": {},
    "output": None,
    "created_at": "2023-09-08T16:32:56.990893084Z",
    "started_at": None,
    "completed_at": None,
    "urls": {
        "get": "https://api.replicate.com/v1/trainings/t1",
        "cancel": "https://api.replicate.com/v1/trainings/t1/cancel",
    },
}


@program
async def a_training_by_model_and_version(c):
    Model, Version = c.module("model").Model, c.module("version").Version
    client = c.answering((201, TRAINING))
    model, version = Model(**MODEL), Version(**MODEL["latest_version"])
    for form in ("a/b", ("a", "b"), model):
        await c.do(client.trainings, "create", model=form, version=version, input={"x": 1}, destination="me/mine")
    for destination in ("me/mine", ("me", "mine"), model):
        made = await c.do(
            client.trainings,
            "create",
            model="a/b",
            version="v1",
            input={"x": 1},
            destination=destination,
            webhook="https://x.example",
            webhook_completed="https://y.example",
            webhook_events_filter=["completed"],
        )
    return made


@program
async def a_training_by_the_older_forms(c):
    client = c.answering((201, TRAINING))
    client.trainings.create("a/b:v1", {"x": 1}, "me/mine")
    client.trainings.create("a/b:v1", {"x": 1}, "me/mine", "https://x.example", "https://y.example", ["start"])
    client.trainings.create(version="a/b:v1", input={"x": 1}, destination="me/mine", webhook="https://x.example")
    client.trainings.create("a/b:v1", input={"x": 1}, destination="me/mine")


@program
async def a_training_that_cannot_be_told(c):
    wrong = [{}, {"model": "a/b"}, {"model": 5, "version": "v"}, {"version": "v"}, {"model": "a/b", "version": "v"}]
    told = []
    for given in wrong:
        try:
            c.answering((201, TRAINING)).trainings.create(**given, input={})
        except Exception as error:
            told.append(shown(error))
    return told


@program
async def a_trainings_life(c):
    version = await version_id(c, "acme/echo")
    await c.do(c.client.models, "create", "sandbox", "trained", hardware="cpu", visibility="private")
    made = await c.do(
        c.client.trainings,
        "create",
        model="acme/echo",
        version=version,
        input={"text": "x"},
        destination="sandbox/trained",
    )
    await c.do(made, "cancel")
    again = await c.do(c.client.trainings, "get", made.id)
    await c.do(made, "reload")
    page = await c.do(c.client.trainings, "list")
    stopped = await c.do(c.client.trainings, "cancel", made.id)
    return [
        made.status in ("canceled", "succeeded"),
        again.id == made.id,
        made.model,
        [one.id == made.id for one in page],
        stopped.id == made.id,
    ]


@program
async def where_a_training_goes(c):
    output = {"version": "me/mine:v2", "weights": "https://x.example/w"}
    made = await c.do(c.answering((200, {**TRAINING, "status": "succeeded", "output": output})).trainings, "get", "t1")
    return [made.destination, made.output, made.dict()["destination"]]


@program
async def a_training_that_is_refused(c):
    problem = {
        "title": "Invalid destination",
        "detail": "it is not there",
        "status": 422,
        "type": "about:blank",
        "instance": "/x",
    }
    return await c.error(
        c.answering((422, problem)).trainings, "create", model="a/b", version="v1", input={}, destination="no/thing"
    )


@program
async def a_training_that_is_not_there(c):
    return await c.error(c.client.trainings, "get", "nothing")
