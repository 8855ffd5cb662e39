"""The official client `replicate==1.0.7`, used as in its README."""

IMPORT = "import replicate"

FIRST_RUN = """
import os, replicate
client = replicate.Client(base_url=os.environ["REPLICATE_BASE_URL"].removesuffix("/v1"))
print(client.run("bench/instant", input={"prompt": "a llama"}), flush=True)
"""


def _client(context, **more):
    import replicate

    return replicate.Client(api_token=context.token, base_url=context.base, **more)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls["get"], each.metrics)


def decode_one(context):
    import json

    from replicate.prediction import Prediction

    data = context.get("/v1/predictions/one")
    return lambda: _read(Prediction(**json.loads(data)))[0]


def decode_page(context):
    import json

    from replicate.pagination import Page
    from replicate.prediction import Prediction

    data = context.get("/v1/predictions")

    def call():
        page, count = json.loads(data), 0
        page["results"] = [Prediction(**each) for each in page["results"]]  # as its list() does
        for each in Page[Prediction](**page).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return call


def get_sync(context):
    client = _client(context)
    return lambda: _read(client.predictions.get("one"))[0]


async def get_async(context):
    client = _client(context)

    async def call():
        return _read(await client.predictions.async_get("one"))[0]

    return call


def stream_sync(context):
    client = _client(context)

    def call():
        count = 0
        for event in client.stream("bench/stream", input={"count": context.count}):
            count += bool(str(event))
        return count

    return call


async def stream_async(context):
    client = _client(context)

    async def call():
        count = 0
        async for event in await client.async_stream("bench/stream", input={"count": context.count}):
            count += bool(str(event))
        return count

    return call


def pages(context):
    client = _client(context)

    def call():
        count = 0
        page = client.predictions.list(f"{context.api}/predictions?cursor={context.count}")
        while True:
            for each in page.results:
                count += bool((each.id, each.status, each.created_at))
            if not page.next:
                return count
            page = client.predictions.list(page.next)

    return call


async def runs_async(context):
    client = _client(context)

    async def call():
        return await context.run_tasks(lambda: client.async_run("bench/nap", input={"prompt": "a llama"}))

    return call


def runs_threads(context):
    client = _client(context)
    return lambda: context.run_threads(lambda: client.run("bench/nap", input={"prompt": "a llama"}))


def download(context):
    from replicate.helpers import FileOutput

    client = _client(context)
    url = f"{context.api}/files/large/download?size={context.count}"  # its run() recognizes https URLs only

    def call():
        return (context.folder / "download").write_bytes(FileOutput(url, client).read())

    return call


def upload(context):
    client = _client(context)
    return lambda: client.files.create(context.folder / f"file-{context.count}").size


async def download_async(context):
    from replicate.helpers import FileOutput

    client = _client(context)
    url = f"{context.api}/files/large/download?size={context.count}"

    async def call():
        return (context.folder / "download").write_bytes(await FileOutput(url, client).aread())

    return call


async def upload_async(context):
    client = _client(context)

    async def call():
        return (await client.files.async_create(context.folder / f"file-{context.count}")).size

    return call
