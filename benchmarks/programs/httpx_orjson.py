"""Raw httpx, with orjson in place of the standard library's json."""

IMPORT = "import httpx, orjson"

FIRST_RUN = """
import os, httpx, orjson
answer = httpx.post(
    os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions",
    content=orjson.dumps({"input": {"prompt": "a llama"}}),
    headers={
        "Authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"],
        "Content-Type": "application/json",
        "Prefer": "wait",
    },
)
answer.raise_for_status()
print(orjson.loads(answer.content)["output"], flush=True)
"""


def decode_one(here):
    from orjson import loads

    data = here.get("/v1/predictions/one")
    return lambda: loads(data)["id"]


def decode_page(here):
    from orjson import loads

    data = here.get("/v1/predictions")
    return lambda: len(loads(data)["results"])


def get_sync(here):
    import httpx
    from orjson import loads

    client = httpx.Client(headers=here.headers)
    url = f"{here.api}/predictions/one"

    def go():
        answer = client.get(url)
        answer.raise_for_status()
        return loads(answer.content)["id"]

    return go


async def get_async(here):
    import httpx
    from orjson import loads

    client = httpx.AsyncClient(headers=here.headers)
    url = f"{here.api}/predictions/one"

    async def go():
        answer = await client.get(url)
        answer.raise_for_status()
        return loads(answer.content)["id"]

    return go


def pages(here):
    import httpx
    from orjson import loads

    client = httpx.Client(headers=here.headers)

    def go():
        url, count = f"{here.api}/predictions?cursor={here.count}", 0
        while url:
            page = loads(client.get(url).content)
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return go
