"""The package that openapi-python-client generates from the published document, without our corrections and templates.

It cannot parse responses that lack a field which the document requires; those of these benchmarks have all fields.
"""

IMPORT = "from replicate_api.client import AuthenticatedClient; from replicate_api.api.default import predictions_get"

FIRST_RUN = """
import os
from replicate_api.client import AuthenticatedClient
from replicate_api.api.default import models_predictions_create
from replicate_api.models import SchemasPredictionRequest, SchemasPredictionRequestInput
client = AuthenticatedClient(os.environ["REPLICATE_BASE_URL"], os.environ["REPLICATE_API_TOKEN"])
body = SchemasPredictionRequest(input_=SchemasPredictionRequestInput.from_dict({"prompt": "a llama"}))
prediction = models_predictions_create.sync("bench", "instant", client=client, body=body, prefer="wait")
print(prediction.output, flush=True)
"""


def _client(context, **more):
    from replicate_api.client import AuthenticatedClient

    return AuthenticatedClient(context.api, context.token, **more)


def _read(each):
    return (each.id, each.status, each.created_at, each.output, each.urls.get, each.metrics)


def decode_one(context):
    import json

    from replicate_api.models import SchemasPredictionResponse

    data = context.get("/v1/predictions/one")
    return lambda: _read(SchemasPredictionResponse.from_dict(json.loads(data)))[0]


def decode_page(context):
    import json

    from replicate_api.models import PredictionsListResponse200

    data = context.get("/v1/predictions")

    def call():
        count = 0
        for each in PredictionsListResponse200.from_dict(json.loads(data)).results:
            count += bool((each.id, each.status, each.created_at))
        return count

    return call


def get_sync(context):
    from replicate_api.api.default import predictions_get

    client = _client(context)
    return lambda: _read(predictions_get.sync("one", client=client))[0]


async def get_async(context):
    from replicate_api.api.default import predictions_get

    client = _client(context)

    async def call():
        return _read(await predictions_get.asyncio("one", client=client))[0]

    return call


def pages(context):
    from replicate_api.models import PredictionsListResponse200

    client = _client(context)

    def call():
        # Its `list` has no cursor parameter, so further pages are fetched by URL.
        url, count = f"{context.api}/predictions?cursor={context.count}", 0
        while url:
            page = PredictionsListResponse200.from_dict(client.get_httpx_client().get(url).json())
            for each in page.results:
                count += bool((each.id, each.status, each.created_at))
            url = page.next_
        return count

    return call


def _body():
    from replicate_api.models import SchemasPredictionRequest, SchemasPredictionRequestInput

    return SchemasPredictionRequest(input_=SchemasPredictionRequestInput.from_dict({"prompt": "a llama"}))


def _concurrent_client(context):
    import httpx

    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    return _client(context, httpx_args={"limits": limits}, timeout=httpx.Timeout(60))


async def runs_async(context):
    from replicate_api.api.default import models_predictions_create as create

    client, payload = _concurrent_client(context), _body()

    async def run():
        return (await create.asyncio("bench", "nap", client=client, body=payload, prefer="wait")).output

    async def call():
        return await context.run_tasks(run)

    return call


def runs_threads(context):
    from replicate_api.api.default import models_predictions_create as create

    client, payload = _concurrent_client(context), _body()
    return lambda: context.run_threads(
        lambda: create.sync("bench", "nap", client=client, body=payload, prefer="wait").output
    )


def upload(context):
    from replicate_api.api.default import files_create
    from replicate_api.models import FilesCreateBody
    from replicate_api.types import File

    client = _client(context)

    def call():
        with (context.folder / f"file-{context.count}").open("rb") as file:
            return files_create.sync(client=client, body=FilesCreateBody(content=File(file, "file"))).size

    return call
