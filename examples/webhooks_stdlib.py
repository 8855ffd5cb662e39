"""Receive the API's webhooks with the standard library only.

    python examples/webhooks_stdlib.py 8000

It needs the token in REPLICATE_API_TOKEN, and a public URL. Pass that URL as `webhook=` when you
create a prediction.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from replicatekit import Client, webhooks
from replicatekit.errors import WebhookError

client = Client()
deliveries = webhooks.DeliveryTracker()


class Receiver(BaseHTTPRequestHandler):
    """Receives webhook deliveries on any path."""

    def do_POST(self) -> None:
        """Handle one delivery."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        secret = client.webhooks.secret()  # requested once, then cached
        try:
            prediction = webhooks.verify(body, self.headers, secret)
        except WebhookError as error:
            self.send_error(400, explain=str(error))
            return
        # Duplicate and out-of-order deliveries are not new. If the block raises, the delivery is not recorded.
        with deliveries.process(prediction) as is_new:
            if is_new:
                print(prediction.id, prediction.status, prediction.output, flush=True)
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver) as server:
        print(f"Running on http://127.0.0.1:{server.server_port}", flush=True)
        server.serve_forever()
