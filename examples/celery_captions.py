"""A Celery task that is billed once, however often the broker delivers it.

Offline, in three terminals (`pip install celery 'replicatekit[sandbox]'`):

    python -m replicatekit.sandbox            # paste its two export lines into the other terminals
    celery --workdir examples --app celery_captions worker
    python examples/celery_captions.py https://example.com/cat.png

Messages and results are files in `celery-data`; set BROKER_URL and RESULT_BACKEND to use Redis or RabbitMQ. With the
real API: set REPLICATE_API_TOKEN to your token.

The task records each step in a journal before it takes it. If a worker dies, the broker delivers the message again,
and the next worker continues with the same prediction. Workers on several machines share a journal in
PostgreSQL: JOURNAL=postgresql://...
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from celery import Celery

from replicatekit.batch import Batch

FOLDER = Path(os.environ.get("CELERY_DATA", "celery-data")).resolve()
JOURNAL = os.environ.get("JOURNAL", str(FOLDER / "journal.db"))

for name in ("messages", "results"):
    (FOLDER / name).mkdir(parents=True, exist_ok=True)

app = Celery(
    "captions",
    broker=os.environ.get("BROKER_URL", "filesystem://"),
    backend=os.environ.get("RESULT_BACKEND", f"file://{FOLDER / 'results'}"),
)
app.conf.update(
    task_acks_late=True,  # a message is acknowledged after the task has finished,
    task_reject_on_worker_lost=True,  # and is delivered again if its worker dies
    broker_connection_retry_on_startup=True,
)
if app.conf.broker_url == "filesystem://":
    messages = str(FOLDER / "messages")
    app.conf.broker_transport_options = {
        "data_folder_in": messages,
        "data_folder_out": messages,
        "control_folder": str(FOLDER),
    }


@app.task(name="captions.caption")  # the same name if the file is run or imported
def caption(image: str) -> str:
    """Caption a picture. The same picture again returns the same caption, and is not billed."""
    with Batch(JOURNAL, "acme/caption") as batch:
        [row] = batch.complete([{"image": image}])  # retries failures of the API, but not of the model
    if row.status != "succeeded":
        raise RuntimeError(f"{row.status} ({row.error_kind}): {row.error} (prediction {row.prediction_id})")
    return str(row.output)


def main(images: list[str]) -> None:
    results: list[Any] = [caption.delay(image) for image in images]
    for image, result in zip(images, results, strict=True):
        print(image, result.get(timeout=600), sep="\t", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
