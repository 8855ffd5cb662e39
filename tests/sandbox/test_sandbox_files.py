"""Files: uploads with their checksums, signed downloads, output files with ranges, and their end."""

from __future__ import annotations

import contextlib
import hashlib
import json

import httpx
import pytest

from replicatekit.sandbox import Sandbox


def upload(http, content=b"hello", **parts):
    return http.post("/files", files={"content": ("cat.txt", content, "text/plain"), **parts})


def test_an_upload_is_answered_as_the_recorded_one(sandbox, http):
    answer = upload(http, metadata=(None, json.dumps({"a": 1}), "application/json"))
    assert answer.status_code == 201
    record = answer.json()
    assert list(record) == [
        "id",
        "name",
        "content_type",
        "size",
        "etag",
        "checksums",
        "metadata",
        "created_at",
        "expires_at",
        "urls",
    ]
    assert (record["name"], record["content_type"], record["size"]) == ("cat.txt", "text/plain", 5)
    assert record["checksums"] == {
        "sha256": hashlib.sha256(b"hello").hexdigest(),
        "md5": hashlib.md5(b"hello").hexdigest(),
    }
    assert record["metadata"] == {"a": 1}
    assert record["urls"] == {"get": f"{sandbox.base_url}/files/{record['id']}"}


def test_the_form_may_name_the_file_and_its_type(http):
    record = upload(http, filename=(None, "dog.bin"), type=(None, "application/x-dog")).json()
    assert (record["name"], record["content_type"]) == ("dog.bin", "application/x-dog")


def test_an_upload_is_listed_read_and_deleted(http):
    key = upload(http).json()["id"]
    assert [one["id"] for one in http.get("/files").json()["results"]] == [key]
    assert http.get(f"/files/{key}").json()["id"] == key
    assert http.delete(f"/files/{key}").status_code == 204
    assert http.get(f"/files/{key}").status_code == 404
    assert http.delete(f"/files/{key}").status_code == 404
    assert http.get("/files").json()["results"] == []


def test_an_upload_that_is_too_large_is_refused(sandbox, http):
    sandbox.settings.upload_limit = 1000
    for size in (1001, 3 * 2**20):
        answer = upload(http, b"x" * size)
        assert answer.status_code == 413
        assert answer.headers["content-type"] == "application/problem+json"
    assert upload(http, b"x" * 1000).status_code == 201


def test_an_upload_of_unknown_length_that_is_too_large_is_refused(sandbox, http):
    sandbox.settings.upload_limit = 1000
    headers = {"content-type": "multipart/form-data; boundary=b"}
    head = b'--b\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'

    def pieces():
        yield head
        for _ in range(40):
            yield b"x" * 65536
        yield b"\r\n--b--\r\n"

    with contextlib.suppress(httpx.WriteError):  # the sandbox does not read to the end of it
        assert http.post("/files", content=pieces(), headers=headers).status_code == 413
    assert http.get("/files").json()["results"] == []


@pytest.mark.parametrize(
    ("files", "field"),
    [
        ({"metadata": (None, "{}")}, "content"),
        ({"content": (None, "text without a file name")}, "content"),
        ({"content": ("a", b""), "metadata": (None, "[1]")}, "metadata"),
        ({"content": ("a", b""), "colour": (None, "red")}, "colour"),
        ({"content": ("a", b""), "filename": (None, "x" * 256)}, "filename"),
    ],
)
def test_a_form_that_the_document_does_not_allow_is_refused(http, files, field):
    answer = http.post("/files", files=files)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["invalid_fields"]] == [field]


def test_what_is_no_form_is_refused(http):
    assert http.post("/files", json={}).status_code == 415
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        answer = http.post("/files", content=b"junk", headers={"content-type": content_type})
        assert answer.status_code in (400, 422)


def test_an_upload_is_gone_when_its_time_is_over(sandbox, http):
    sandbox.settings.file_lifetime = -1
    key = upload(http).json()["id"]
    assert http.get(f"/files/{key}").status_code == 404
    assert http.get("/files").json()["results"] == []


def picture(sandbox, http):
    body = {"version": sandbox.version("sandbox/painter"), "input": {"width": 16, "height": 16}}
    return http.post("/predictions", json=body, headers={"prefer": "wait"}).json()["output"]


def test_an_output_file_comes_from_another_origin_with_its_length_and_etag(sandbox, http, anyone):
    url = picture(sandbox, http)
    assert url.startswith(f"{sandbox.delivery_url}/pbxt/")
    assert url.endswith("/out-0.png")
    answer = anyone.get(url)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-length"] == str(len(answer.content))
    assert answer.headers["etag"] == f'"{hashlib.md5(answer.content).hexdigest()}"'
    assert anyone.head(url).headers["content-length"] == str(len(answer.content))
    assert anyone.get(url, headers={"if-none-match": answer.headers["etag"]}).status_code == 304


def test_a_part_of_a_file_is_served(sandbox, http, anyone):
    url = picture(sandbox, http)
    whole = anyone.get(url).content
    size = len(whole)
    for asked, part in [("bytes=0-9", whole[:10]), ("bytes=10-", whole[10:]), ("bytes=-5", whole[-5:])]:
        answer = anyone.get(url, headers={"range": asked})
        assert (answer.status_code, answer.content) == (206, part)
    assert anyone.get(url, headers={"range": "bytes=5-9"}).headers["content-range"] == f"bytes 5-9/{size}"
    answer = anyone.get(url, headers={"range": f"bytes={size}-"})
    assert (answer.status_code, answer.headers["content-range"]) == (416, f"bytes */{size}")
    assert anyone.get(url, headers={"range": "bytes=0-9", "if-range": '"another"'}).content == whole


def test_a_large_file_is_served_whole(sandbox, http, anyone):
    content = bytes(range(256)) * 4096

    @sandbox.model("acme/large", official=True)
    def large() -> bytes:
        return content

    body = {"input": {}}
    url = http.post("/models/acme/large/predictions", json=body, headers={"prefer": "wait"}).json()["output"]
    assert anyone.get(url).content == content
    assert anyone.get(url, headers={"range": "bytes=1000000-"}).content == content[1000000:]


def test_an_output_file_is_gone_when_its_time_is_over(sandbox, http, anyone):
    sandbox.settings.data_lifetime = -1
    answer = anyone.get(picture(sandbox, http))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/xml")


def test_an_output_file_on_the_host_of_the_api_needs_the_token(sandbox, http, anyone):
    sandbox.settings.outputs_on = "api"
    url = picture(sandbox, http)
    assert url.startswith(f"{sandbox.base_url}/files/")
    assert anyone.get(url).status_code == 401
    answer = http.get(url)
    assert answer.content.startswith(b"\x89PNG")
    assert answer.headers["content-type"] == "application/octet-stream"


def test_a_download_needs_a_good_signature_and_time(sandbox, http):
    sandbox.settings.outputs_on = "api"
    url = httpx.URL(picture(sandbox, http))
    for change in ({"signature": "0"}, {"expiry": "1"}, {"owner": "else"}):
        assert http.get(url.copy_merge_params(change)).status_code == 404
    assert http.get(url.copy_merge_params({"expiry": "soon"})).status_code == 422
    assert http.get(url.copy_remove_param("owner")).status_code == 422


def test_an_output_file_is_an_input_for_the_next_model(http, sandbox):
    from pathlib import Path

    def size(image: Path) -> int:
        return image.stat().st_size

    size.__annotations__ = {"image": Path, "return": int}
    sandbox.model("acme/size", official=True)(size)
    url = picture(sandbox, http)
    for outputs_on in ("delivery", "api"):
        sandbox.settings.outputs_on = outputs_on
        url = picture(sandbox, http)
        body = {"input": {"image": url}}
        answer = http.post("/models/acme/size/predictions", json=body, headers={"prefer": "wait"})
        assert answer.json()["output"] == len(http.get(url).content)


def test_two_sandboxes_know_nothing_of_each_other(http, anyone):
    key = upload(http).json()["id"]
    with Sandbox() as other:
        answer = anyone.get(f"{other.base_url}/files/{key}", headers={"authorization": f"Bearer {other.token}"})
    other.close()
    assert answer.status_code == 404
