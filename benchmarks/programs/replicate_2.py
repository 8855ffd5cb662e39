"""The official client `replicate==2.0.0b4`, used as in its README. It polls instead of streaming."""

IMPORT = "import replicate"

FIRST_RUN = """
import replicate
print(replicate.run("bench/instant", input={"prompt": "a llama"}), flush=True)
"""


def _client(context):
    from replicate import Replicate

    return Replicate(bearer_token=context.token, base_url=context.api)


def _async_client(context):
    from replicate import AsyncReplicate

    return AsyncReplicate(bearer_token=context.token, base_url=context.api)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls.get, each.metrics)


def decode_one(context):
    import json

    from replicate._models import construct_type
    from replicate.types import Prediction

    data = context.get("/v1/predictions/one")
    return lambda: _read(construct_type(type_=Prediction, value=json.loads(data)))[0]


def decode_page(context):
    import json

    from replicate._models import construct_type
    from replicate.pagination import SyncCursorURLPage
    from replicate.types import Prediction

    data, kind = context.get("/v1/predictions"), SyncCursorURLPage[Prediction]

    def call():
        count = 0
        for each in construct_type(type_=kind, value=json.loads(data)).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return call


def get_sync(context):
    client = _client(context)
    return lambda: _read(client.predictions.get(prediction_id="one"))[0]


async def get_async(context):
    client = _async_client(context)

    async def call():
        return _read(await client.predictions.get(prediction_id="one"))[0]

    return call


def pages(context):
    client = _client(context)

    def call():
        count = 0
        for each in client.predictions.list(extra_query={"cursor": str(context.count)}):
            count += bool((each.id, each.status, each.created_at))
        return count

    return call


async def runs_async(context):
    client = _async_client(context)

    async def call():
        return await context.run_tasks(lambda: client.run("bench/nap", input={"prompt": "a llama"}))

    return call


def runs_threads(context):
    client = _client(context)
    return lambda: context.run_threads(lambda: client.run("bench/nap", input={"prompt": "a llama"}))


def download(context):
    client = _client(context)
    output = client.run("bench/file", input={"count": context.count})
    if isinstance(output, str):  # its run() recognizes https URLs only
        from replicate.lib._files import FileOutput

        output = FileOutput(output, client)

    def call():
        return (context.folder / "download").write_bytes(output.read())

    return call


def upload(context):
    client = _client(context)
    return lambda: client.files.create(content=context.folder / f"file-{context.count}").size


async def download_async(context):
    from replicate.lib._files import AsyncFileOutput

    output = AsyncFileOutput(f"{context.api}/files/large/download?size={context.count}", _async_client(context))

    async def call():
        return (context.folder / "download").write_bytes(await output.read())

    return call


async def upload_async(context):
    client = _async_client(context)

    async def call():
        return (await client.files.create(content=context.folder / f"file-{context.count}")).size

    return call
