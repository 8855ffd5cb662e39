"""The types of the generated package; test_api_typing.py checks this file with pyright."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, assert_type

import replicatekit_api
from replicatekit_api import ApiError, AuthenticatedClient, Call, Client, View, api, errors, models, types
from replicatekit_api.api import files, predictions
from replicatekit_api.api.account import get as get_account
from replicatekit_api.api.deployments import delete as delete_deployment
from replicatekit_api.api.files import create as create_file
from replicatekit_api.api.files import download
from replicatekit_api.api.hardware import list as list_hardware
from replicatekit_api.api.models_readme import get as get_readme
from replicatekit_api.api.predictions import create, get
from replicatekit_api.api.predictions import list as list_predictions
from replicatekit_api.models import (
    Account,
    AccountType,
    File,
    FileUpload,
    Hardware,
    Model,
    Prediction,
    PredictionPage,
    PredictionStatus,
    PredictionUrls,
    Problem,
    Version,
    VersionPredictionRequest,
)
from replicatekit_api.types import UNSET, Response

if TYPE_CHECKING:
    from collections.abc import Mapping


def every_name_is_seen(client: AuthenticatedClient) -> None:
    assert_type(replicatekit_api.api.predictions.get.sync("id", client=client), Prediction)
    assert_type(api.predictions.get.sync("id", client=client), Prediction)
    assert_type(predictions.get.sync("id", client=client), Prediction)
    assert_type(files.create.sync(client=client, body={}), File)
    assert_type(replicatekit_api.models.Prediction.from_dict({}), models.Prediction)
    assert_type(errors.InvalidArgument("x"), replicatekit_api.errors.InvalidArgument)
    assert_type(types.File(b"x"), replicatekit_api.types.File)
    assert_type(client, replicatekit_api.client.AuthenticatedClient)
    _: tuple[type[View], type[Call[Any]], type[ApiError], type[Client]] = (View, Call, ApiError, Client)


def names_that_are_not_there(client: AuthenticatedClient) -> None:
    print(replicatekit_api.Clinet)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(models.Predicton)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(api.predictons)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(predictions.gett)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]
    print(get.sync("id", client=client).stat)  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType]


async def four_ways_to_call(client: AuthenticatedClient) -> None:
    assert_type(get.sync("id", client=client), Prediction)
    assert_type(get.sync_detailed("id", client=client), Response[Prediction])
    assert_type(await get.asyncio("id", client=client), Prediction)
    assert_type(await get.asyncio_detailed("id", client=client), Response[Prediction])


def answers_of_every_kind(client: AuthenticatedClient) -> None:
    assert_type(get_account.sync(client=client), Account)
    assert_type(list_hardware.sync(client=client), list[Hardware])
    assert_type(get_readme.sync("o", "n", client=client), str)
    assert_type(download.sync("id", client=client, owner="o", expiry=1, signature="s"), bytes)
    assert_type(delete_deployment.sync_detailed("o", "n", client=client), Response[None])
    assert_type(list_predictions.sync(client=client), PredictionPage)


def arguments(client: AuthenticatedClient, given: Mapping[str, Any], moment: datetime) -> None:
    create.sync(client=client, body=given)
    create.sync(client=client, body=VersionPredictionRequest(version="v", input=given), cancel_after=None)
    create.sync(client=client, body={"version": "v", "input": {}}, prefer=UNSET)
    list_predictions.sync(client=client, created_after=moment, source="web", cursor=None)
    create_file.sync(client=client, body=FileUpload(content=types.File(b"x", "name")))

    get.sync(client=client)  # pyright: ignore[reportCallIssue]
    get.sync("id")  # pyright: ignore[reportCallIssue]
    get.sync(7, client=client)  # pyright: ignore[reportArgumentType]
    create.sync(client=client)  # pyright: ignore[reportCallIssue]
    create.sync(client=client, body=given, wait=60)  # pyright: ignore[reportCallIssue]
    list_predictions.sync(client=client, source="wen")  # pyright: ignore[reportArgumentType]
    AuthenticatedClient("https://api.example/v1")  # pyright: ignore[reportCallIssue]


def fields(prediction: Prediction, model: Model, page: PredictionPage, problem: Problem) -> None:
    assert_type(prediction.id, str)
    assert_type(prediction.status, PredictionStatus | str)
    assert_type(prediction.created_at, datetime | None)
    assert_type(prediction.output, Any)
    assert_type(prediction.input, dict[str, Any] | None)
    assert_type(prediction.urls, PredictionUrls | None)
    assert_type(prediction.to_dict(), dict[str, Any])
    assert_type(prediction.invalid_values, dict[str, Any])
    assert_type(model.latest_version, Version | None)
    assert_type(model.default_example, Prediction | None)
    assert_type(model.run_count, int | None)
    assert_type(page.results, list[Prediction])
    assert_type(page.next, str | None)
    assert_type(problem.detail, str | None)
    assert_type(Account.from_dict({}).type, AccountType | str)
    prediction.status = "failed"  # pyright: ignore[reportAttributeAccessIssue]


class Narrower(Prediction):
    """A model can be a base."""


def copies_keep_their_type(client: AuthenticatedClient) -> None:
    assert_type(client.with_headers({}), AuthenticatedClient)
    assert_type(client.with_timeout(None), AuthenticatedClient)
    assert_type(Narrower.from_dict({}), Narrower)
