"""Raw httpx, with orjson instead of the standard library's json."""

IMPORT = "import httpx, orjson"

FIRST_RUN = """
import os, httpx, orjson
response = httpx.post(
    os.environ["REPLICATE_BASE_URL"] + "/models/bench/instant/predictions",
    content=orjson.dumps({"input": {"prompt": "a llama"}}),
    headers={
        "Authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"],
        "Content-Type": "application/json",
        "Prefer": "wait",
    },
)
response.raise_for_status()
print(orjson.loads(response.content)["output"], flush=True)
"""


def decode_one(context):
    from orjson import loads

    data = context.get("/v1/predictions/one")
    return lambda: loads(data)["id"]


def decode_page(context):
    from orjson import loads

    data = context.get("/v1/predictions")
    return lambda: len(loads(data)["results"])


def get_sync(context):
    import httpx
    from orjson import loads

    client = httpx.Client(headers=context.headers)
    url = f"{context.api}/predictions/one"

    def call():
        response = client.get(url)
        response.raise_for_status()
        return loads(response.content)["id"]

    return call


async def get_async(context):
    import httpx
    from orjson import loads

    client = httpx.AsyncClient(headers=context.headers)
    url = f"{context.api}/predictions/one"

    async def call():
        response = await client.get(url)
        response.raise_for_status()
        return loads(response.content)["id"]

    return call


def pages(context):
    import httpx
    from orjson import loads

    client = httpx.Client(headers=context.headers)

    def call():
        url, count = f"{context.api}/predictions?cursor={context.count}", 0
        while url:
            page = loads(client.get(url).content)
            for each in page["results"]:
                count += bool((each["id"], each["status"], each["created_at"]))
            url = page["next"]
        return count

    return call
