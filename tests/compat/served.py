"""A mock server: a list of responses, and the recorded requests."""

from __future__ import annotations

import httpx

from replicatekit import compat as replicate

TOKEN = "r8_test"
STREAM = {"content-type": "text/event-stream"}


def prediction(status, output=None, **more):
    urls = {"get": "https://api.replicate.com/v1/predictions/p1", "stream": "https://stream.replicate.com/v1/p1"}
    return {"id": "p1", "model": "a/b", "version": "v1", "status": status, "output": output, "urls": urls, **more}


class Server:
    """Returns one response after another; the last one is repeated."""

    def __init__(self, *responses):
        self.responses = list(responses)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if isinstance(response, Exception):
            raise response
        return response

    def client(self, **options):
        client = replicate.Client(**{"api_token": TOKEN, "transport": httpx.MockTransport(self), **options})
        client.poll_interval = 0.001
        return client


def json_response(body, status=200, **headers):
    return httpx.Response(status, json=body, headers=headers)
