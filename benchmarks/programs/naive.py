"""What openapi-python-client makes of the API's document as it is published, without our corrections and templates.

It reads no answer in which something is null or missing that the document promises; those of these benchmarks have
all of it.
"""

IMPORT = "from replicate_api.client import AuthenticatedClient; from replicate_api.api.default import predictions_get"

FIRST_RUN = """
import os
from replicate_api.client import AuthenticatedClient
from replicate_api.api.default import models_predictions_create
from replicate_api.models import SchemasPredictionRequest, SchemasPredictionRequestInput
client = AuthenticatedClient(os.environ["REPLICATE_BASE_URL"], os.environ["REPLICATE_API_TOKEN"])
body = SchemasPredictionRequest(input_=SchemasPredictionRequestInput.from_dict({"prompt": "a llama"}))
made = models_predictions_create.sync("bench", "instant", client=client, body=body, prefer="wait")
print(made.output, flush=True)
"""


def _client(here, **more):
    from replicate_api.client import AuthenticatedClient

    return AuthenticatedClient(here.api, here.token, **more)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls.get, each.metrics)


def decode_one(here):
    import json

    from replicate_api.models import SchemasPredictionResponse

    data = here.get("/v1/predictions/one")
    return lambda: _read(SchemasPredictionResponse.from_dict(json.loads(data)))[0]


def decode_page(here):
    import json

    from replicate_api.models import PredictionsListResponse200

    data = here.get("/v1/predictions")

    def go():
        count = 0
        for each in PredictionsListResponse200.from_dict(json.loads(data)).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return go


def get_sync(here):
    from replicate_api.api.default import predictions_get

    client = _client(here)
    return lambda: _read(predictions_get.sync("one", client=client))[0]


async def get_async(here):
    from replicate_api.api.default import predictions_get

    client = _client(here)

    async def go():
        return _read(await predictions_get.asyncio("one", client=client))[0]

    return go


def pages(here):
    from replicate_api.models import PredictionsListResponse200

    client = _client(here)

    def go():
        # It has no cursor: the pages behind the first one are fetched by hand.
        url, count = f"{here.api}/predictions?cursor={here.count}", 0
        while url:
            page = PredictionsListResponse200.from_dict(client.get_httpx_client().get(url).json())
            for each in page.results:
                count += bool((each.id, each.status, each.created_at))
            url = page.next_
        return count

    return go


def _order():
    from replicate_api.models import SchemasPredictionRequest, SchemasPredictionRequestInput

    return SchemasPredictionRequest(input_=SchemasPredictionRequestInput.from_dict({"prompt": "a llama"}))


def _for_many(here):
    import httpx

    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    return _client(here, httpx_args={"limits": limits}, timeout=httpx.Timeout(60))


async def runs_async(here):
    from replicate_api.api.default import models_predictions_create as create

    client, order = _for_many(here), _order()

    async def run():
        return (await create.asyncio("bench", "nap", client=client, body=order, prefer="wait")).output

    async def go():
        return await here.together(run)

    return go


def runs_threads(here):
    from replicate_api.api.default import models_predictions_create as create

    client, order = _for_many(here), _order()
    return lambda: here.by_threads(lambda: create.sync("bench", "nap", client=client, body=order, prefer="wait").output)


def upload(here):
    from replicate_api.api.default import files_create
    from replicate_api.models import FilesCreateBody
    from replicate_api.types import File

    client = _client(here)

    def go():
        with (here.folder / f"file-{here.count}").open("rb") as file:
            return files_create.sync(client=client, body=FilesCreateBody(content=File(file, "file"))).size

    return go
