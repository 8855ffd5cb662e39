"""The official client `replicate==1.0.7`, called as its README says."""

IMPORT = "import replicate"

FIRST_RUN = """
import os, replicate
client = replicate.Client(base_url=os.environ["REPLICATE_BASE_URL"].removesuffix("/v1"))
print(client.run("bench/instant", input={"prompt": "a llama"}), flush=True)
"""


def _client(here, **more):
    import replicate

    return replicate.Client(api_token=here.token, base_url=here.base, **more)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls["get"], each.metrics)


def decode_one(here):
    import json

    from replicate.prediction import Prediction

    data = here.get("/v1/predictions/one")
    return lambda: _read(Prediction(**json.loads(data)))[0]


def decode_page(here):
    import json

    from replicate.pagination import Page
    from replicate.prediction import Prediction

    data = here.get("/v1/predictions")

    def go():
        page, count = json.loads(data), 0
        page["results"] = [Prediction(**each) for each in page["results"]]  # as its list() does
        for each in Page[Prediction](**page).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return go


def get_sync(here):
    client = _client(here)
    return lambda: _read(client.predictions.get("one"))[0]


async def get_async(here):
    client = _client(here)

    async def go():
        return _read(await client.predictions.async_get("one"))[0]

    return go


def stream_sync(here):
    client = _client(here)

    def go():
        count = 0
        for event in client.stream("bench/stream", input={"count": here.count}):
            count += bool(str(event))
        return count

    return go


async def stream_async(here):
    client = _client(here)

    async def go():
        count = 0
        async for event in await client.async_stream("bench/stream", input={"count": here.count}):
            count += bool(str(event))
        return count

    return go


def pages(here):
    client = _client(here)

    def go():
        count = 0
        page = client.predictions.list(f"{here.api}/predictions?cursor={here.count}")
        while True:
            for each in page.results:
                count += bool((each.id, each.status, each.created_at))
            if not page.next:
                return count
            page = client.predictions.list(page.next)

    return go


async def runs_async(here):
    client = _client(here)

    async def go():
        return await here.together(lambda: client.async_run("bench/nap", input={"prompt": "a llama"}))

    return go


def runs_threads(here):
    client = _client(here)
    return lambda: here.by_threads(lambda: client.run("bench/nap", input={"prompt": "a llama"}))


def download(here):
    from replicate.helpers import FileOutput

    client = _client(here)
    url = f"{here.api}/files/large/download?size={here.count}"  # its run() takes https alone for files

    def go():
        return (here.folder / "got").write_bytes(FileOutput(url, client).read())

    return go


def upload(here):
    client = _client(here)
    return lambda: client.files.create(here.folder / f"file-{here.count}").size


async def download_async(here):
    from replicate.helpers import FileOutput

    client = _client(here)
    url = f"{here.api}/files/large/download?size={here.count}"

    async def go():
        return (here.folder / "got").write_bytes(await FileOutput(url, client).aread())

    return go


async def upload_async(here):
    client = _client(here)

    async def go():
        return (await client.files.async_create(here.folder / f"file-{here.count}")).size

    return go
