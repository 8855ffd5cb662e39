"""Predictions: made, looked at, waited for, stopped."""

from __future__ import annotations

from context import program, shown
from of_running import prediction, version_id


async def new(c, name, input, **more):
    return await c.do(c.client.predictions, "create", version=await version_id(c, name), input=input, **more)


@program
async def a_prediction_by_version(c):
    made = await new(c, "acme/echo", {"text": "x"})
    await c.do(made, "wait")
    return made


@program
async def a_prediction_by_position(c):
    made = await c.do(c.client.predictions, "create", await version_id(c, "acme/echo"), {"text": "x"})
    await c.do(made, "wait")
    return made.output


@program
async def a_prediction_by_version_object(c):
    model = await c.do(c.client.models, "get", "acme/echo")
    made = await c.do(c.client.predictions, "create", model.latest_version, {"text": "x"})
    return made.version == model.latest_version.id


@program
async def a_prediction_by_model(c):
    made = [
        await c.do(c.client.predictions, "create", model=model, input={"words": ["a"]})
        for model in ("acme/joiner", ("acme", "joiner"))
    ]
    return [prediction.model for prediction in made]


@program
async def a_prediction_by_model_object(c):
    model = await c.do(c.client.models, "get", "acme/joiner")
    return (await c.do(c.client.predictions, "create", model=model, input={"words": ["a"]})).model


@program
async def a_prediction_by_the_namespace_of_models(c):
    return (await c.do(c.client.models.predictions, "create", "acme/joiner", {"words": ["a"]}, wait=True)).output


@program
async def a_held_prediction(c):
    made = await new(c, "acme/echo", {"text": "x"}, wait=True)
    return [made.status, made.output]


@program
async def a_prediction_held_for_some_seconds(c):
    return (await new(c, "acme/echo", {"text": "x"}, wait=10)).output


@program
async def a_prediction_that_is_not_held(c):
    made = await new(c, "acme/echo", {"text": "x"}, wait=False)
    await c.do(made, "wait")
    return [made.status, made.output]


@program
async def a_model_and_a_hold(c):
    client = c.answering((201, prediction("succeeded", "x")))
    return (await c.do(client.predictions, "create", model="test/example", input={}, wait=True)).output


@program
async def a_deployment_and_a_hold(c):
    client = c.answering((201, prediction("succeeded", "x")))
    return (await c.do(client.predictions, "create", deployment="test/example", input={}, wait=3)).output


@program
async def too_much_and_too_little_is_said(c):
    create = [
        {"model": "a/b", "version": "v"},
        {"version": "v", "deployment": "a/b"},
        {"model": "a/b", "deployment": "a/b"},
        {},
    ]
    return [await c.error(c.client.predictions, "create", input={}, **given) for given in create]


@program
async def a_model_with_a_version_is_no_model(c):
    return await c.error(c.client.predictions, "create", model="a/b:c", input={})


@program
async def a_prediction_is_found(c):
    made = await new(c, "acme/echo", {"text": "x"}, wait=True)
    return await c.do(c.client.predictions, "get", made.id)


@program
async def a_prediction_that_is_not_there(c):
    return await c.error(c.client.predictions, "get", "nothing-like-it")


@program
async def a_version_that_cannot_run(c):
    return await c.error(c.client.predictions, "create", version="0" * 64, input={})


@program
async def an_input_that_does_not_fit(c):
    return await c.error(
        c.client.predictions, "create", version=await version_id(c, "acme/counter"), input={"upto": "x"}
    )


@program
async def a_prediction_is_looked_at_again(c):
    made = await new(c, "acme/slow", {})
    before = made.status
    await c.do(made, "cancel")
    after = made.status
    await c.do(made, "reload")
    return [before in ("starting", "processing"), after, made.status]


@program
async def a_prediction_is_stopped_by_its_id(c):
    made = await new(c, "acme/slow", {})
    stopped = await c.do(c.client.predictions, "cancel", made.id)
    return [stopped.id == made.id, stopped.status]


@program
async def predictions_are_listed(c):
    for text in ("a", "b", "c"):
        await new(c, "acme/echo", {"text": text}, wait=True)
    page = await c.do(c.client.predictions, "list")
    return [len(page), page[0].input, [one.input for one in page], page.next is None, page.previous]


@program
async def predictions_are_listed_page_by_page(c):
    for text in "abcde":
        await new(c, "acme/echo", {"text": text}, wait=True)
    first = await c.do(c.client.predictions, "list")
    second = await c.do(c.client.predictions, "list", first.next) if first.next else None
    return [[one.input for one in first], second and [one.input for one in second]]


@program
async def no_cursor_is_an_error(c):
    owners = [c.client.predictions, c.client.models, c.client.trainings, c.client.collections, c.client.deployments]
    return [await c.error(owner, "list", None) for owner in owners]


@program
async def how_far_it_is(c):
    Prediction = c.module("prediction").Prediction
    logs = "loading\n 45%|████      | 23/50 [00:01<00:01]\n"
    made = Prediction(**prediction("processing", logs=logs))
    none = Prediction(**prediction("processing", logs="nothing"))
    far = made.progress
    return [
        [far.percentage, far.current, far.total],
        far == Prediction.Progress(0.46, 23, 50),
        none.progress,
        Prediction(**prediction("starting", logs=None)).progress,
    ]


@program
async def how_far_it_is_line_by_line(c):
    made = c.module("prediction").Prediction(**prediction("processing"))
    lines = [
        "Using seed: 12345",
        "0%|          | 0/5 [00:00<?, ?it/s]",
        " 20%|██        | 1/5 [00:00<00:01, 21.38it/s]",
    ]
    lines += [
        "40%|████▍     | 2/5 [00:00<00:01, 22.46it/s]",
        "60%|██████    | 3/5",
        "done",
        "100%|██████████| 5/5 [00:00<",
    ]
    told = []
    for end in range(len(lines)):
        made.logs = "\n".join(lines[: end + 1])
        far = made.progress
        told.append(far and [far.percentage, far.current, far.total])
    return told


@program
async def how_far_it_was_at_last(c):
    made = await new(c, "acme/slowly", {}, wait=True)
    await c.do(made, "reload")
    return [made.progress.percentage, made.progress.current, made.progress.total]


@program
async def items_come_while_it_runs(c):
    made = await new(c, "acme/counter", {"upto": 4, "pause": 0.02})
    return await c.items(c.iterating(made, "output_iterator"))


@program
async def items_of_what_has_ended(c):
    made = await new(c, "acme/counter", {"upto": 2}, wait=True)
    await c.do(made, "reload")
    return await c.items(c.iterating(made, "output_iterator"))


@program
async def fields_of_a_prediction(c):
    client = c.answering(
        (200, prediction("succeeded", "x", metrics={"predict_time": 1.5}, source="api", data_removed=False))
    )
    made = await c.do(client.predictions, "get", "p1")
    return [
        made.id,
        made.urls["get"],
        made.metrics["predict_time"],
        sorted(made.dict()),
        sorted(dict(made)),
        made.created_at,
        made == made.copy(),
        repr(made),
        str(made),
    ]


@program
async def names_that_a_prediction_does_not_have(c):
    made = c.module("prediction").Prediction(**prediction("succeeded"))
    made.status = "failed"
    try:
        made.nothing = 1
    except Exception as error:
        return [made.status, shown(error), hasattr(made, "source")]


@program
async def a_real_answer_leaves_things_out(c):
    client = c.answering(
        (200, {key: value for key, value in prediction("starting").items() if key not in ("output", "error", "logs")})
    )
    made = await c.do(client.predictions, "get", "p1")
    return [made.output, made.error, made.logs, made.completed_at, made.metrics]


@program
async def a_webhook_is_asked_for(c):
    more = {"webhook": "https://x.example/hook", "webhook_events_filter": ["start", "completed"]}
    client = c.answering((201, prediction("starting")))
    await c.do(
        client.predictions,
        "create",
        version="v1",
        input={"a": 1},
        webhook_completed="https://y.example",
        stream=True,
        **more,
    )
    await c.do(client.predictions, "create", version="v1", input=None, stream=False)
    await c.do(client.models.predictions, "create", ("a", "b"), {"a": 1}, **more)
    await c.do(client.deployments.predictions, "create", ("a", "b"), {"a": 1}, **more)


@program
async def a_prediction_that_its_client_waits_for(c):
    client = c.answering(
        (201, prediction("starting")), (200, prediction("processing")), (200, prediction("failed", error="OOM"))
    )
    made = await c.do(client.predictions, "create", version="v1", input={})
    await c.do(made, "wait")
    return [made.status, made.error]
