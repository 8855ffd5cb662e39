"""Raw httpx: what one writes without a client for this API."""

IMPORT = "import httpx"

FIRST_RUN = """
import os, httpx
response = httpx.post(
    os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions",
    json={"input": {"prompt": "a llama"}},
    headers={"Authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"], "Prefer": "wait"},
)
response.raise_for_status()
print(response.json()["output"], flush=True)
"""


def decode_one(context):
    from json import loads

    data = context.get("/v1/predictions/one")
    return lambda: loads(data)["id"]


def decode_page(context):
    from json import loads

    data = context.get("/v1/predictions")
    return lambda: len(loads(data)["results"])


def get_sync(context):
    import httpx

    client = httpx.Client(headers=context.headers)
    url = f"{context.api}/predictions/one"

    def call():
        response = client.get(url)
        response.raise_for_status()
        return response.json()["id"]

    return call


async def get_async(context):
    import httpx

    client = httpx.AsyncClient(headers=context.headers)
    url = f"{context.api}/predictions/one"

    async def call():
        response = await client.get(url)
        response.raise_for_status()
        return response.json()["id"]

    return call


def _parse(line, event):
    """Parse a line of a stream into `event`; return whether the event is complete."""
    if not line:
        return True
    name, _, value = line.partition(":")
    event[name] = value.removeprefix(" ")
    return False


def stream_sync(context):
    import httpx

    client = httpx.Client(headers=context.headers)

    def call():
        payload = {"input": {"count": context.count}, "stream": True}
        prediction = client.post(f"{context.api}/models/bench/stream/predictions", json=payload).json()
        count, event = 0, {}
        with client.stream("GET", prediction["urls"]["stream"], headers={"Accept": "text/event-stream"}) as response:
            for line in response.iter_lines():
                if _parse(line, event):
                    if event["event"] == "done":
                        break
                    count += bool(event["data"])
                    event = {}
        return count

    return call


async def stream_async(context):
    import httpx

    client = httpx.AsyncClient(headers=context.headers)

    async def call():
        payload = {"input": {"count": context.count}, "stream": True}
        prediction = (await client.post(f"{context.api}/models/bench/stream/predictions", json=payload)).json()
        count, event = 0, {}
        async with client.stream(
            "GET", prediction["urls"]["stream"], headers={"Accept": "text/event-stream"}
        ) as response:
            async for line in response.aiter_lines():
                if _parse(line, event):
                    if event["event"] == "done":
                        break
                    count += bool(event["data"])
                    event = {}
        return count

    return call


def pages(context):
    import httpx

    client = httpx.Client(headers=context.headers)

    def call():
        url, count = f"{context.api}/predictions?cursor={context.count}", 0
        while url:
            page = client.get(url).json()
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return call


def _limits():
    import httpx

    return httpx.Limits(max_connections=200, max_keepalive_connections=200)


async def runs_async(context):
    import httpx

    headers = {**context.headers, "Prefer": "wait"}
    client = httpx.AsyncClient(headers=headers, timeout=60, limits=_limits())
    url, payload = f"{context.api}/models/bench/nap/predictions", {"input": {"prompt": "a llama"}}

    async def run():
        response = await client.post(url, json=payload)
        response.raise_for_status()
        return response.json()["output"]

    async def call():
        return await context.run_tasks(run)

    return call


def runs_threads(context):
    import httpx

    headers = {**context.headers, "Prefer": "wait"}
    client = httpx.Client(headers=headers, timeout=60, limits=_limits())
    url, payload = f"{context.api}/models/bench/nap/predictions", {"input": {"prompt": "a llama"}}

    def run():
        response = client.post(url, json=payload)
        response.raise_for_status()
        return response.json()["output"]

    return lambda: context.run_threads(run)


def download(context):
    import httpx

    client = httpx.Client(headers=context.headers)
    url = f"{context.api}/files/large/download?size={context.count}"

    def call():
        with client.stream("GET", url) as response, (context.folder / "download").open("wb") as file:
            response.raise_for_status()
            for chunk in response.iter_bytes():
                file.write(chunk)
        return (context.folder / "download").stat().st_size

    return call


def upload(context):
    import httpx

    client = httpx.Client(headers=context.headers, timeout=60)

    def call():
        with (context.folder / f"file-{context.count}").open("rb") as file:
            response = client.post(f"{context.api}/files", files={"content": file})
        response.raise_for_status()
        return response.json()["size"]

    return call


async def download_async(context):
    import httpx

    client = httpx.AsyncClient(headers=context.headers)
    url = f"{context.api}/files/large/download?size={context.count}"

    async def call():
        async with client.stream("GET", url) as response:
            response.raise_for_status()
            with (context.folder / "download").open("wb") as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
        return (context.folder / "download").stat().st_size

    return call


async def upload_async(context):
    import httpx

    client = httpx.AsyncClient(headers=context.headers, timeout=60)

    async def call():
        with (context.folder / f"file-{context.count}").open("rb") as file:
            response = await client.post(f"{context.api}/files", files={"content": file})
        response.raise_for_status()
        return response.json()["size"]

    return call
