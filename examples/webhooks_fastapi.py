"""Receive the API's webhooks with FastAPI.

    uvicorn --app-dir examples webhooks_fastapi:app --port 8000

It needs `fastapi`, `uvicorn`, the token in REPLICATE_API_TOKEN, and a public URL. Pass
`<URL>/replicate` as `webhook=` when you create a prediction.
"""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from replicatekit import AsyncClient, webhooks
from replicatekit.errors import WebhookError

app = FastAPI()
client = AsyncClient()
deliveries = webhooks.DeliveryTracker()


@app.post("/replicate")
async def receive(request: Request) -> Response:
    secret = await client.webhooks.secret()  # requested once, then cached
    try:
        prediction = await webhooks.async_unwrap(request, secret)
    except WebhookError as error:
        return Response(str(error), status_code=400)
    # Duplicate and out-of-order deliveries are not new. If the block raises, the delivery is not recorded.
    with deliveries.process(prediction) as is_new:
        if is_new:
            print(prediction.id, prediction.status, prediction.output, flush=True)
    return Response(status_code=204)
