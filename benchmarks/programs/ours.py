"""This package, used as in its README."""

IMPORT = "import replicatekit"

FIRST_RUN = """
import replicatekit
print(replicatekit.run("bench/instant", {"prompt": "a llama"}), flush=True)
"""


def _client(context):
    from replicatekit import Client

    return Client(token=context.token, base_url=context.api)


def _async_client(context):
    from replicatekit import AsyncClient

    return AsyncClient(token=context.token, base_url=context.api)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls.get, each.metrics)


def decode_one(context):
    from replicatekit_api import read_json
    from replicatekit_api.models import Prediction

    data = context.get("/v1/predictions/one")
    return lambda: _read(Prediction.from_dict(read_json(data)))[0]


def decode_page(context):
    from replicatekit_api import read_json
    from replicatekit_api.models import PredictionPage

    data = context.get("/v1/predictions")

    def call():
        count = 0
        for each in PredictionPage.from_dict(read_json(data)).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return call


def get_sync(context):
    client = _client(context)
    return lambda: _read(client.predictions.get("one"))[0]


async def get_async(context):
    client = _async_client(context)

    async def call():
        return _read(await client.predictions.get("one"))[0]

    return call


def stream_sync(context):
    client = _client(context)

    def call():
        count = 0
        with client.stream("bench/stream", {"count": context.count}) as stream:
            for event in stream:
                count += bool(str(event))
        return count

    return call


async def stream_async(context):
    client = _async_client(context)

    async def call():
        count = 0
        async with client.stream("bench/stream", {"count": context.count}) as stream:
            async for event in stream:
                count += bool(str(event))
        return count

    return call


def pages(context):
    client = _client(context)

    def call():
        count = 0
        for each in client.predictions.list(cursor=str(context.count)):
            count += bool((each.id, each.status, each.created_at))
        return count

    return call


async def runs_async(context):
    client = _async_client(context)

    async def call():
        return await context.run_tasks(lambda: client.run("bench/nap", {"prompt": "a llama"}))

    return call


def runs_threads(context):
    client = _client(context)
    return lambda: context.run_threads(lambda: client.run("bench/nap", {"prompt": "a llama"}))


def download(context):
    client = _client(context)
    output = client.run("bench/file", {"count": context.count})

    def call():
        return output.save(context.folder / "download", overwrite=True).stat().st_size

    return call


def upload(context):
    client = _client(context)
    return lambda: client.files.create(context.folder / f"file-{context.count}").size


async def download_async(context):
    client = _async_client(context)
    output = await client.run("bench/file", {"count": context.count})

    async def call():
        return (await output.save(context.folder / "download", overwrite=True)).stat().st_size

    return call


async def upload_async(context):
    client = _async_client(context)

    async def call():
        return (await client.files.create(context.folder / f"file-{context.count}")).size

    return call
