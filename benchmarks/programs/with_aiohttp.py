"""aiohttp: the fastest of the common async clients."""

IMPORT = "import aiohttp"

FIRST_RUN = """
import asyncio, os, aiohttp
async def main():
    headers = {"Authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"], "Prefer": "wait"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions"
        async with session.post(url, json={"input": {"prompt": "a llama"}}, raise_for_status=True) as response:
            print((await response.json())["output"], flush=True)
asyncio.run(main())
"""


def _session(context, **more):
    import aiohttp

    return aiohttp.ClientSession(headers={**context.headers, **more}, connector=aiohttp.TCPConnector(limit=200))


async def get_async(context):
    session, url = _session(context), f"{context.api}/predictions/one"

    async def call():
        async with session.get(url) as response:
            response.raise_for_status()
            return (await response.json())["id"]

    return call


async def stream_async(context):
    session = _session(context, Accept="text/event-stream")

    async def call():
        payload = {"input": {"count": context.count}, "stream": True}
        async with session.post(f"{context.api}/models/bench/stream/predictions", json=payload) as response:
            url = (await response.json())["urls"]["stream"]
        count, rest = 0, b""
        async with session.get(url) as response:
            async for data in response.content.iter_any():
                *events, rest = (rest + data).split(b"\n\n")
                for text in events:
                    event = {}
                    for line in text.decode().split("\n"):
                        name, _, value = line.partition(":")
                        event[name] = value.removeprefix(" ")
                    count += event["event"] == "output" and bool(event["data"])
        return count

    return call


async def pages(context):
    session = _session(context)

    async def call():
        url, count = f"{context.api}/predictions?cursor={context.count}", 0
        while url:
            async with session.get(url) as response:
                page = await response.json()
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return call


async def runs_async(context):
    session = _session(context, Prefer="wait")
    url, payload = f"{context.api}/models/bench/nap/predictions", {"input": {"prompt": "a llama"}}

    async def run():
        async with session.post(url, json=payload) as response:
            response.raise_for_status()
            return (await response.json())["output"]

    async def call():
        return await context.run_tasks(run)

    return call


async def download_async(context):
    session = _session(context)

    async def call():
        url = f"{context.api}/files/large/download?size={context.count}"
        async with session.get(url) as response:
            with (context.folder / "download").open("wb") as file:
                async for chunk in response.content.iter_any():
                    file.write(chunk)
        return (context.folder / "download").stat().st_size

    return call


async def upload_async(context):
    session = _session(context)

    async def call():
        with (context.folder / f"file-{context.count}").open("rb") as file:
            async with session.post(f"{context.api}/files", data={"content": file}) as response:
                response.raise_for_status()
                return (await response.json())["size"]

    return call
