"""Sample responses, one for each model that an operation returns, with all known fields."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parent / "samples"


def _file(name: str) -> Any:
    return json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))


def _page(*results: Any) -> dict[str, Any]:
    return {
        "next": "https://api.replicate.com/v1/things?cursor=bmV4dA%3D%3D",
        "previous": "https://api.replicate.com/v1/things?cursor=bGFzdA%3D%3D",
        "results": [*results],
    }


def _all() -> dict[str, Any]:
    prediction, training, model, version = map(_file, ("prediction", "training", "model", "version"))
    collection = _file("collection_summary")
    return {
        "Account": _file("account"),
        "Collection": {**collection, "full_description": "Longer.", "models": [model]},
        "CollectionPage": _page(collection),
        "Deployment": _file("deployment"),
        "DeploymentPage": _page(_file("deployment")),
        "File": _file("file"),
        "FilePage": _page(_file("file")),
        "Model": model,
        "ModelPage": _page(model),
        "Prediction": prediction,
        "PredictionPage": _page(prediction, {"id": "sm4ll", "status": "starting"}),
        "Problem": _file("problem"),
        "SearchResult": {
            "query": "tide",
            "models": [
                {"model": model, "metadata": {"generated_description": "It holds.", "score": 0.9, "tags": ["a"]}}
            ],
            "collections": [{**collection, "models": ["tidepool/limpet"]}],
            "pages": [{"name": "About tides", "href": "https://replicate.com/docs/tides"}],
        },
        "Training": training,
        "TrainingPage": _page(training),
        "Version": version,
        "VersionPage": _page(version),
        "WebhookSecret": _file("webhook_secret"),
        "list[Hardware]": _file("hardware"),
        "str": "# Limpet\n\nHolds on. 🐚\n",
        "bytes": b"\x89PNG\r\n\x1a\n\x00\xff",
        "None": None,
    }


SAMPLES = _all()
MODELS = [name for name, sample in SAMPLES.items() if isinstance(sample, dict)]


def sample(name: str) -> Any:
    """Return a copy of the sample for a type, by its name."""
    return copy.deepcopy(SAMPLES[name])
