"""A caption service: pictures are captioned in the background, and webhooks deliver the captions.

Offline, in two terminals (`pip install fastapi uvicorn 'replicatekit[sandbox]'`):

    python -m replicatekit.sandbox            # paste its two export lines into the other terminal
    PUBLIC_URL=http://127.0.0.1:8000 uvicorn --app-dir examples caption_service:app --port 8000
    curl -X POST --json '{"url": "https://example.com/cat.png"}' http://127.0.0.1:8000/captions

With the real API: set REPLICATE_API_TOKEN to your token, and PUBLIC_URL to an https URL that the API can reach.

The row is stored before the prediction is created, and its id is part of the webhook's URL. So a picture is billed only
once, even if it is submitted again, and a caption arrives even if the response to the create request was lost.
"""

from __future__ import annotations

import os
import sqlite3
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Request, Response
from pydantic import BaseModel

from replicatekit import AsyncClient, webhooks
from replicatekit.errors import OutcomeUnknownError, ReplicateError, ServerError, WebhookError

MODEL = "acme/caption"
PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://127.0.0.1:8000")

app = FastAPI(title="Captions")
client = AsyncClient()
database = sqlite3.connect(os.environ.get("DATABASE", "captions.sqlite"), isolation_level=None, check_same_thread=False)
database.execute(
    "create table if not exists captions"
    " (id integer primary key, url text unique, status text, prediction text, caption text)"
)


class Picture(BaseModel):
    """The submitted picture."""

    url: str


class Caption(BaseModel):
    """A picture and its caption; `status` is that of the prediction, or `unknown`."""

    id: int
    url: str
    status: str
    prediction: str | None
    caption: str | None


def find(column: str, value: str | int) -> Caption | None:
    query = f"select id, url, status, prediction, caption from captions where {column} = ?"
    row: tuple[Any, ...] | None = database.execute(query, (value,)).fetchone()
    return Caption(**dict(zip(Caption.model_fields, row, strict=True))) if row else None


def existing(caption_id: int) -> Caption:
    caption = find("id", caption_id)
    if caption is None:
        raise HTTPException(404, "no such caption")
    return caption


Existing = Annotated[Caption, Depends(existing)]


@app.post("/captions", status_code=202)
async def start(picture: Picture) -> Caption:
    added = database.execute("insert or ignore into captions (url, status) values (?, 'starting')", (picture.url,))
    caption = find("url", picture.url)
    assert caption is not None
    if not added.rowcount:
        return caption  # submitted before: not billed again
    try:
        prediction = await client.predictions.create(
            MODEL,
            {"image": picture.url},
            webhook=f"{PUBLIC_URL}/replicate/{caption.id}",
            webhook_events_filter=["completed"],
        )
    except (OutcomeUnknownError, ServerError):  # it may run; the webhook will tell, so do not send it again
        database.execute("update captions set status = 'unknown' where id = ? and prediction is null", (caption.id,))
    except ReplicateError as error:  # it does not run: the picture can be submitted again
        database.execute("delete from captions where id = ?", (caption.id,))
        raise HTTPException(502, str(error)) from error
    else:  # the webhook may have been faster
        database.execute(
            "update captions set prediction = ?, status = coalesce(nullif(status, 'starting'), ?) where id = ?",
            (prediction.id, prediction.status, caption.id),
        )
    return existing(caption.id)


@app.get("/captions/{caption_id}")
async def show(caption: Existing) -> Caption:
    return caption


@app.post("/replicate/{caption_id}")
async def receive(caption: Existing, request: Request) -> Response:
    secret = await client.webhooks.secret()  # requested once, then cached
    try:
        prediction = await webhooks.async_unwrap(request, secret)
    except WebhookError as error:
        raise HTTPException(400, str(error)) from error
    if (prediction.input or {})["image"] != caption.url:  # the signature does not cover the URL
        raise HTTPException(400, "the prediction is for another picture")
    # A finished prediction does not change, so a repeated delivery writes the same values.
    database.execute(
        "update captions set status = ?, prediction = ?, caption = ? where id = ?",
        (prediction.status, prediction.id, prediction.output, caption.id),
    )
    return Response(status_code=204)
