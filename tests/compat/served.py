"""A server that is none: answers one after another, and the requests that they answered."""

from __future__ import annotations

import httpx

from replicatekit import compat as replicate

TOKEN = "r8_test"
STREAM = {"content-type": "text/event-stream"}


def prediction(status, output=None, **more):
    urls = {"get": "https://api.replicate.com/v1/predictions/p1", "stream": "https://stream.replicate.com/v1/p1"}
    return {"id": "p1", "model": "a/b", "version": "v1", "status": status, "output": output, "urls": urls, **more}


class Server:
    """Answers one after another; the last one is repeated."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def client(self, **options):
        made = replicate.Client(**{"api_token": TOKEN, "transport": httpx.MockTransport(self), **options})
        made.poll_interval = 0.001
        return made


def told(body, status=200, **headers):
    return httpx.Response(status, json=body, headers=headers)
