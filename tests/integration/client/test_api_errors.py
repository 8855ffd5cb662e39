"""What goes wrong is one of this package's errors, and says what is known of it."""

from __future__ import annotations

import pickle

import pytest
from support.models import add_models

from replicatekit import errors

STATUSES = {
    400: errors.BadRequestError,
    401: errors.AuthenticationError,
    402: errors.PaymentRequiredError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    410: errors.APIStatusError,
    413: errors.PayloadTooLargeError,
    418: errors.APIStatusError,
    422: errors.UnprocessableError,
    429: errors.RateLimitError,
    500: errors.ServerError,
    503: errors.ServerError,
    520: errors.ServerError,
    527: errors.ServerError,
    599: errors.ServerError,
}


@pytest.fixture
def models(sandbox):
    return add_models(sandbox)


@pytest.fixture
def client(way, models):
    return way.client(models, max_retries=0)


def failing(models, status, **answer):
    models.fail_next(times=None, status=status, headers={"x-request-id": "req-1", "retry-after": "7"}, **answer)


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_an_error_of_its_own_that_says_what_is_known(client, models, status):
    failing(models, status, body={"title": "A title", "detail": "A detail", "status": status})
    with pytest.raises(STATUSES[status], match="A detail") as caught:
        client.predictions.get("abc")
    error = caught.value
    assert type(error) is STATUSES[status]
    assert (error.status, error.method, error.path) == (status, "GET", "/v1/predictions/abc")
    assert error.url == f"{models.base_url}/predictions/abc"
    assert (error.problem.title, error.problem.detail, error.request_id) == ("A title", "A detail", "req-1")
    assert error.headers["x-request-id"] == "req-1"
    assert b"A detail" in error.body
    assert error.prediction_id == "abc"
    for part in (str(status), "GET", "/v1/predictions/abc", "A detail", "req-1"):
        assert part in str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (str(again), again.status, again.problem.detail) == (str(error), status, "A detail")


@pytest.mark.parametrize("status", [400, 503])
@pytest.mark.parametrize(
    "body", ["<html><h1>Bad gateway</h1></html>", b"\xff\xfe\x00", "", [], "[" * 100_000, {"detail": 5}]
)
def test_an_error_whose_body_is_no_problem_is_one_of_its_status_all_the_same(client, models, status, body):
    failing(models, status, body=body)
    for call in (client.account.get, lambda: client.request("GET", "/account")):
        with pytest.raises(STATUSES[status]) as caught:
            call()
        assert caught.value.status == status
        assert len(str(caught.value)) < 1000
        assert len(caught.value.body) <= 1000


def test_the_fields_of_a_422_are_there_one_by_one(client, models):
    with pytest.raises(errors.UnprocessableError) as caught:
        client.run("acme/official", {"text": 5})
    (field,) = caught.value.invalid_fields
    assert field.field.endswith("text")
    assert field.description
    assert field.description in str(caught.value) or "text" in str(caught.value)


def test_throttling_says_when(client, models):
    failing(models, 429, body={})
    with pytest.raises(errors.RateLimitError) as caught:
        client.account.get()
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"body": "<html>maintenance</html>"}, "text/html"),
        ({"body": b""}, "an empty body"),
        ({"body": []}, "list instead of"),
        ({"body": b"\xff\xfe"}, "not JSON"),
        ({"body": b"[" * 100_000}, "not JSON"),
        ({"body": b"{}", "headers": {"content-encoding": "gzip"}}, "DecodingError"),
    ],
    ids=["HTML", "nothing", "a list", "no text", "too deep", "no gzip"],
)
def test_an_answer_that_cannot_be_read_is_said_to_be_so(way, client, models, answer, said):
    models.fail_next(times=None, status=200, **answer)
    with pytest.raises(errors.DecodingError, match=said) as caught:
        client.account.get()
    assert (caught.value.method, caught.value.path) == ("GET", "/v1/account")


def test_errors_are_one_tree():
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type):
            assert issubclass(kind, errors.ReplicateError)


def test_every_error_of_an_existing_prediction_has_its_id(client, models):
    prediction = client.predictions.create("acme/slow", {"seconds": 30})
    for call in (prediction.reload, prediction.cancel, prediction.wait, lambda: client.predictions.get(prediction.id)):
        models.fail_next(status=403)
        with pytest.raises(errors.PermissionDeniedError) as caught:
            call()
        assert caught.value.prediction_id == prediction.id
        assert prediction.id in str(caught.value)
    training = client.trainings.create(
        model="sandbox/hello", version=models.version("sandbox/hello"), destination="acme/slow", input={}
    )
    models.fail_next(status=403)
    with pytest.raises(errors.PermissionDeniedError) as caught:
        training.reload()
    assert caught.value.prediction_id == training.id
