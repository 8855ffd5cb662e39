"""Raw httpx: what a user writes who has no client for this API."""

IMPORT = "import httpx"

FIRST_RUN = """
import os, httpx
answer = httpx.post(
    os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions",
    json={"input": {"prompt": "a llama"}},
    headers={"Authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"], "Prefer": "wait"},
)
answer.raise_for_status()
print(answer.json()["output"], flush=True)
"""


def decode_one(here):
    from json import loads

    data = here.get("/v1/predictions/one")
    return lambda: loads(data)["id"]


def decode_page(here):
    from json import loads

    data = here.get("/v1/predictions")
    return lambda: len(loads(data)["results"])


def get_sync(here):
    import httpx

    client = httpx.Client(headers=here.headers)
    url = f"{here.api}/predictions/one"

    def go():
        answer = client.get(url)
        answer.raise_for_status()
        return answer.json()["id"]

    return go


async def get_async(here):
    import httpx

    client = httpx.AsyncClient(headers=here.headers)
    url = f"{here.api}/predictions/one"

    async def go():
        answer = await client.get(url)
        answer.raise_for_status()
        return answer.json()["id"]

    return go


def _parse(line, event):
    """One line of a stream; the event where it ends there."""
    if not line:
        return True
    name, _, value = line.partition(":")
    event[name] = value.removeprefix(" ")
    return False


def stream_sync(here):
    import httpx

    client = httpx.Client(headers=here.headers)

    def go():
        order = {"input": {"count": here.count}, "stream": True}
        made = client.post(f"{here.api}/models/bench/stream/predictions", json=order).json()
        count, event = 0, {}
        with client.stream("GET", made["urls"]["stream"], headers={"Accept": "text/event-stream"}) as answer:
            for line in answer.iter_lines():
                if _parse(line, event):
                    if event["event"] == "done":
                        break
                    count += bool(event["data"])
                    event = {}
        return count

    return go


async def stream_async(here):
    import httpx

    client = httpx.AsyncClient(headers=here.headers)

    async def go():
        order = {"input": {"count": here.count}, "stream": True}
        made = (await client.post(f"{here.api}/models/bench/stream/predictions", json=order)).json()
        count, event = 0, {}
        async with client.stream("GET", made["urls"]["stream"], headers={"Accept": "text/event-stream"}) as answer:
            async for line in answer.aiter_lines():
                if _parse(line, event):
                    if event["event"] == "done":
                        break
                    count += bool(event["data"])
                    event = {}
        return count

    return go


def pages(here):
    import httpx

    client = httpx.Client(headers=here.headers)

    def go():
        url, count = f"{here.api}/predictions?cursor={here.count}", 0
        while url:
            page = client.get(url).json()
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return go


def _limits():
    import httpx

    return httpx.Limits(max_connections=200, max_keepalive_connections=200)


async def runs_async(here):
    import httpx

    headers = {**here.headers, "Prefer": "wait"}
    client = httpx.AsyncClient(headers=headers, timeout=60, limits=_limits())
    url, order = f"{here.api}/models/bench/nap/predictions", {"input": {"prompt": "a llama"}}

    async def run():
        answer = await client.post(url, json=order)
        answer.raise_for_status()
        return answer.json()["output"]

    async def go():
        return await here.together(run)

    return go


def runs_threads(here):
    import httpx

    headers = {**here.headers, "Prefer": "wait"}
    client = httpx.Client(headers=headers, timeout=60, limits=_limits())
    url, order = f"{here.api}/models/bench/nap/predictions", {"input": {"prompt": "a llama"}}

    def run():
        answer = client.post(url, json=order)
        answer.raise_for_status()
        return answer.json()["output"]

    return lambda: here.by_threads(run)


def download(here):
    import httpx

    client = httpx.Client(headers=here.headers)
    url = f"{here.api}/files/large/download?size={here.count}"

    def go():
        with client.stream("GET", url) as answer, (here.folder / "got").open("wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                file.write(chunk)
        return (here.folder / "got").stat().st_size

    return go


def upload(here):
    import httpx

    client = httpx.Client(headers=here.headers, timeout=60)

    def go():
        with (here.folder / f"file-{here.count}").open("rb") as file:
            answer = client.post(f"{here.api}/files", files={"content": file})
        answer.raise_for_status()
        return answer.json()["size"]

    return go


async def download_async(here):
    import httpx

    client = httpx.AsyncClient(headers=here.headers)
    url = f"{here.api}/files/large/download?size={here.count}"

    async def go():
        async with client.stream("GET", url) as answer:
            answer.raise_for_status()
            with (here.folder / "got").open("wb") as file:
                async for chunk in answer.aiter_bytes():
                    file.write(chunk)
        return (here.folder / "got").stat().st_size

    return go


async def upload_async(here):
    import httpx

    client = httpx.AsyncClient(headers=here.headers, timeout=60)

    async def go():
        with (here.folder / f"file-{here.count}").open("rb") as file:
            answer = await client.post(f"{here.api}/files", files={"content": file})
        answer.raise_for_status()
        return answer.json()["size"]

    return go
