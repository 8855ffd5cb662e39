"""The official client `replicate==2.0.0b4`, called as its README says. Its way to stream looks at the output anew."""

IMPORT = "import replicate"

FIRST_RUN = """
import replicate
print(replicate.run("bench/instant", input={"prompt": "a llama"}), flush=True)
"""


def _client(here):
    from replicate import Replicate

    return Replicate(bearer_token=here.token, base_url=here.api)


def _async_client(here):
    from replicate import AsyncReplicate

    return AsyncReplicate(bearer_token=here.token, base_url=here.api)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls.get, each.metrics)


def decode_one(here):
    import json

    from replicate._models import construct_type
    from replicate.types import Prediction

    data = here.get("/v1/predictions/one")
    return lambda: _read(construct_type(type_=Prediction, value=json.loads(data)))[0]


def decode_page(here):
    import json

    from replicate._models import construct_type
    from replicate.pagination import SyncCursorURLPage
    from replicate.types import Prediction

    data, kind = here.get("/v1/predictions"), SyncCursorURLPage[Prediction]

    def go():
        count = 0
        for each in construct_type(type_=kind, value=json.loads(data)).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return go


def get_sync(here):
    client = _client(here)
    return lambda: _read(client.predictions.get(prediction_id="one"))[0]


async def get_async(here):
    client = _async_client(here)

    async def go():
        return _read(await client.predictions.get(prediction_id="one"))[0]

    return go


def pages(here):
    client = _client(here)

    def go():
        count = 0
        for each in client.predictions.list(extra_query={"cursor": str(here.count)}):
            count += bool((each.id, each.status, each.created_at))
        return count

    return go


async def runs_async(here):
    client = _async_client(here)

    async def go():
        return await here.together(lambda: client.run("bench/nap", input={"prompt": "a llama"}))

    return go


def runs_threads(here):
    client = _client(here)
    return lambda: here.by_threads(lambda: client.run("bench/nap", input={"prompt": "a llama"}))


def download(here):
    client = _client(here)
    picture = client.run("bench/file", input={"count": here.count})
    if isinstance(picture, str):  # its run() takes https alone for files
        from replicate.lib._files import FileOutput

        picture = FileOutput(picture, client)

    def go():
        return (here.folder / "got").write_bytes(picture.read())

    return go


def upload(here):
    client = _client(here)
    return lambda: client.files.create(content=here.folder / f"file-{here.count}").size


async def download_async(here):
    from replicate.lib._files import AsyncFileOutput

    picture = AsyncFileOutput(f"{here.api}/files/large/download?size={here.count}", _async_client(here))

    async def go():
        return (here.folder / "got").write_bytes(await picture.read())

    return go


async def upload_async(here):
    client = _async_client(here)

    async def go():
        return (await client.files.create(content=here.folder / f"file-{here.count}")).size

    return go
