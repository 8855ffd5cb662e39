"""aiohttp: the quickest of the usual async clients."""

IMPORT = "import aiohttp"

FIRST_RUN = """
import asyncio, os, aiohttp
async def main():
    headers = {"Authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"], "Prefer": "wait"}
    async with aiohttp.ClientSession(headers=headers) as session:
        url = os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions"
        async with session.post(url, json={"input": {"prompt": "a llama"}}, raise_for_status=True) as answer:
            print((await answer.json())["output"], flush=True)
asyncio.run(main())
"""


def _session(here, **more):
    import aiohttp

    return aiohttp.ClientSession(headers={**here.headers, **more}, connector=aiohttp.TCPConnector(limit=200))


async def get_async(here):
    session, url = _session(here), f"{here.api}/predictions/one"

    async def go():
        async with session.get(url) as answer:
            answer.raise_for_status()
            return (await answer.json())["id"]

    return go


async def stream_async(here):
    session = _session(here, Accept="text/event-stream")

    async def go():
        order = {"input": {"count": here.count}, "stream": True}
        async with session.post(f"{here.api}/models/bench/stream/predictions", json=order) as answer:
            url = (await answer.json())["urls"]["stream"]
        count, rest = 0, b""
        async with session.get(url) as answer:
            async for data in answer.content.iter_any():
                *whole, rest = (rest + data).split(b"\n\n")
                for text in whole:
                    event = {}
                    for line in text.decode().split("\n"):
                        name, _, value = line.partition(":")
                        event[name] = value.removeprefix(" ")
                    count += event["event"] == "output" and bool(event["data"])
        return count

    return go


async def pages(here):
    session = _session(here)

    async def go():
        url, count = f"{here.api}/predictions?cursor={here.count}", 0
        while url:
            async with session.get(url) as answer:
                page = await answer.json()
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return go


async def runs_async(here):
    session = _session(here, Prefer="wait")
    url, order = f"{here.api}/models/bench/nap/predictions", {"input": {"prompt": "a llama"}}

    async def run():
        async with session.post(url, json=order) as answer:
            answer.raise_for_status()
            return (await answer.json())["output"]

    async def go():
        return await here.together(run)

    return go


async def download_async(here):
    session = _session(here)

    async def go():
        url = f"{here.api}/files/large/download?size={here.count}"
        async with session.get(url) as answer:
            with (here.folder / "got").open("wb") as file:
                async for chunk in answer.content.iter_any():
                    file.write(chunk)
        return (here.folder / "got").stat().st_size

    return go


async def upload_async(here):
    session = _session(here)

    async def go():
        with (here.folder / f"file-{here.count}").open("rb") as file:
            async with session.post(f"{here.api}/files", data={"content": file}) as answer:
                answer.raise_for_status()
                return (await answer.json())["size"]

    return go
