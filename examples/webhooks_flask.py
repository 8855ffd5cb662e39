"""Receive the API's webhooks with Flask.

    flask --app examples/webhooks_flask.py run --port 8000

It needs `flask`, the token in REPLICATE_API_TOKEN, and a public URL. Pass `<URL>/replicate` as
`webhook=` when you create a prediction.
"""

from __future__ import annotations

from flask import Flask, request

from replicatekit import Client, webhooks
from replicatekit.errors import WebhookError

app = Flask(__name__)
client = Client()
deliveries = webhooks.DeliveryTracker()


@app.post("/replicate")
def receive() -> tuple[str, int]:
    secret = client.webhooks.secret()  # requested once, then cached
    try:
        prediction = webhooks.unwrap(request, secret)
    except WebhookError as error:
        return str(error), 400
    # Duplicate and out-of-order deliveries are not new. If the block raises, the delivery is not recorded.
    with deliveries.process(prediction) as is_new:
        if is_new:
            print(prediction.id, prediction.status, prediction.output, flush=True)
    return "", 204
