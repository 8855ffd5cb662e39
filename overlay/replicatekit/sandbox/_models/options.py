"""The keyword options of models in the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypedDict


class ModelOptions(TypedDict, total=False):
    """The options of `Sandbox.model` and `Sandbox.add_model`."""

    official: bool
    """The model runs without a version, and does not show its versions (404). Default: False."""
    procedure: bool
    """A model without any versions, as Replicate's procedures are. Default: False."""
    description: str | None
    """What the API says about the model."""
    visibility: Literal["public", "private"]
    """Private models are not listed. Default: `public`."""
    readme: str | None
    """The model's readme, in Markdown."""
    github_url: str | None
    """The URL of the model's source."""
    paper_url: str | None
    """The URL of the model's paper."""
    license_url: str | None
    """The URL of the model's license."""
    cover_image_url: str | None
    """The URL of the model's cover image."""
    boot: float | None
    """Seconds that its predictions stay `starting`. Default: the sandbox's setting `boot`."""
    inline_files: bool
    """With `Prefer: wait`, files in the response are `data:` URLs instead of links. Default: False."""


class CogOptions(ModelOptions, total=False):
    """The options of `Sandbox.cog`: those of a model, and these."""

    python: str | Path | None
    """The Python of the environment that has Cog and whatever the predictor imports. Default: this one."""
    variables: Mapping[str, str] | None
    """Environment variables for the predictor."""
    setup_timeout: float
    """Seconds that the predictor's setup may take. Default: 600."""
    cancel_timeout: float
    """Seconds after which a predictor that ignores its cancellation is killed. Default: 10."""
