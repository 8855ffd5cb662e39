"""This package, called as its README says."""

IMPORT = "import replicatekit"

FIRST_RUN = """
import replicatekit
print(replicatekit.run("bench/instant", {"prompt": "a llama"}), flush=True)
"""


def _client(here):
    from replicatekit import Client

    return Client(token=here.token, base_url=here.api)


def _async_client(here):
    from replicatekit import AsyncClient

    return AsyncClient(token=here.token, base_url=here.api)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls.get, each.metrics)


def decode_one(here):
    from replicatekit_api import read_json
    from replicatekit_api.models import Prediction

    data = here.get("/v1/predictions/one")
    return lambda: _read(Prediction.from_dict(read_json(data)))[0]


def decode_page(here):
    from replicatekit_api import read_json
    from replicatekit_api.models import PredictionPage

    data = here.get("/v1/predictions")

    def go():
        count = 0
        for each in PredictionPage.from_dict(read_json(data)).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return go


def get_sync(here):
    client = _client(here)
    return lambda: _read(client.predictions.get("one"))[0]


async def get_async(here):
    client = _async_client(here)

    async def go():
        return _read(await client.predictions.get("one"))[0]

    return go


def stream_sync(here):
    client = _client(here)

    def go():
        count = 0
        with client.stream("bench/stream", {"count": here.count}) as stream:
            for event in stream:
                count += bool(str(event))
        return count

    return go


async def stream_async(here):
    client = _async_client(here)

    async def go():
        count = 0
        async with client.stream("bench/stream", {"count": here.count}) as stream:
            async for event in stream:
                count += bool(str(event))
        return count

    return go


def pages(here):
    client = _client(here)

    def go():
        count = 0
        for each in client.predictions.list(cursor=str(here.count)):
            count += bool((each.id, each.status, each.created_at))
        return count

    return go


async def runs_async(here):
    client = _async_client(here)

    async def go():
        return await here.together(lambda: client.run("bench/nap", {"prompt": "a llama"}))

    return go


def runs_threads(here):
    client = _client(here)
    return lambda: here.by_threads(lambda: client.run("bench/nap", {"prompt": "a llama"}))


def download(here):
    client = _client(here)
    picture = client.run("bench/file", {"count": here.count})

    def go():
        return picture.save(here.folder / "got", overwrite=True).stat().st_size

    return go


def upload(here):
    client = _client(here)
    return lambda: client.files.create(here.folder / f"file-{here.count}").size


async def download_async(here):
    client = _async_client(here)
    picture = await client.run("bench/file", {"count": here.count})

    async def go():
        return (await picture.save(here.folder / "got", overwrite=True)).stat().st_size

    return go


async def upload_async(here):
    client = _async_client(here)

    async def go():
        return (await client.files.create(here.folder / f"file-{here.count}")).size

    return go
