"""Models, versions, searching and collections, as the API shows them."""

from __future__ import annotations

import pytest

MINE = {"owner": "sandbox", "name": "mine", "visibility": "private", "hardware": "cpu"}


def test_a_model_has_the_fields_of_the_recorded_ones_and_its_newest_version(sandbox, http):
    model = http.get("/models/sandbox/painter").json()
    assert {
        "url",
        "owner",
        "name",
        "description",
        "visibility",
        "github_url",
        "paper_url",
        "license_url",
        "run_count",
        "cover_image_url",
        "default_example",
        "latest_version",
        "created_at",
        "is_official",
    } <= model.keys()
    assert model["description"] == "Paint waves of light as a PNG."
    assert model["is_official"] is False
    assert model["latest_version"]["id"] == sandbox.version("sandbox/painter")
    assert "readme" not in model
    assert http.get("/models/sandbox/story").json()["is_official"] is True
    assert http.get("/models/sandbox/nothing").status_code == 404


def test_runs_are_counted(sandbox, http):
    for _ in range(2):
        http.post("/models/sandbox/story/predictions", json={"input": {}}, headers={"prefer": "wait"})
    assert http.get("/models/sandbox/story").json()["run_count"] == 2


def test_a_model_of_ones_own_is_made_changed_and_deleted(http):
    made = http.post("/models", json={**MINE, "description": "first"})
    assert (made.status_code, made.json()["description"]) == (201, "first")
    assert made.json()["latest_version"] is None
    assert "hardware" not in made.json()
    changed = http.patch("/models/sandbox/mine", json={"description": "second", "readme": "# Mine"})
    assert (changed.status_code, changed.json()["description"]) == (200, "second")
    assert http.get("/models/sandbox/mine/readme").text == "# Mine"
    assert http.get("/models/sandbox/mine/readme").headers["content-type"].startswith("text/plain")
    deleted = http.delete("/models/sandbox/mine")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert http.get("/models/sandbox/mine").status_code == 404


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"owner": "else"}, 403),
        ({"hardware": "abacus"}, 422),
        ({"visibility": "secret"}, 422),
        ({"colour": "red"}, 422),
        ({"name": "hello"}, 409),
    ],
)
def test_a_model_that_cannot_be_is_refused(http, change, status):
    assert http.post("/models", json={**MINE, **change}).status_code == status


def test_only_private_models_without_versions_are_deleted(sandbox, http):
    assert http.delete("/models/sandbox/hello").status_code == 403
    sandbox.model("sandbox/private", visibility="private")(lambda: "x")
    assert http.delete("/models/sandbox/private").status_code == 409
    version = sandbox.version("sandbox/private")
    assert http.delete(f"/models/sandbox/private/versions/{version}").status_code == 202
    assert http.get(f"/models/sandbox/private/versions/{version}").status_code == 404
    assert http.delete("/models/sandbox/private").status_code == 204


def test_a_model_may_have_no_readme(sandbox, http):
    sandbox.model("acme/plain")(lambda: "x")
    assert http.get("/models/acme/plain/readme").status_code == 404
    assert http.get("/models/sandbox/hello/readme").text.startswith("# hello")


def test_naming_a_model_again_makes_a_version_more(sandbox, http):
    ids = []
    for _ in range(3):
        sandbox.model("acme/many")(lambda: "x")
        ids.append(sandbox.version("acme/many"))
    versions = http.get("/models/acme/many/versions").json()["results"]
    assert [one["id"] for one in versions] == ids[::-1]
    assert all(len(one) == 64 for one in ids)
    version = http.get(f"/models/acme/many/versions/{ids[0]}").json()
    assert version.keys() == {"id", "created_at", "cog_version", "openapi_schema"}
    assert http.get(f"/models/sandbox/hello/versions/{ids[0]}").status_code == 404


def test_models_are_listed_in_the_order_that_was_asked_for(sandbox, http):
    sandbox.model("acme/newest")(lambda: "x")
    sandbox.model("sandbox/hello")(lambda: "x")
    sandbox.model("acme/hidden", visibility="private")(lambda: "x")

    def names(**query):
        return [one["name"] for one in http.get("/models", params=query).json()["results"]]

    assert names() == ["hello", "newest", "painter", "story"]
    assert names(sort_by="model_created_at") == ["newest", "painter", "story", "hello"]
    assert names(sort_by="model_created_at", sort_direction="asc") == ["hello", "story", "painter", "newest"]
    assert http.get("/models", params={"sort_by": "colour"}).status_code == 422


def test_models_are_searched_with_a_method_of_its_own_and_a_plain_text(http):
    answer = http.request("QUERY", "/models", content="tell story", headers={"content-type": "text/plain"})
    assert answer.status_code == 200
    assert answer.json().keys() == {"next", "previous", "results"}
    assert [one["name"] for one in answer.json()["results"]] == ["story"]


def test_the_newer_search_has_models_collections_and_pages(sandbox, http):
    found = http.get("/search", params={"query": "every sandbox"}).json()
    assert found["query"] == "every sandbox"
    assert [one["slug"] for one in found["collections"]] == ["built-in"]
    assert found["pages"] == []
    found = http.get("/search", params={"query": "sandbox", "limit": 2}).json()
    assert len(found["models"]) == 2
    assert found["models"][0].keys() == {"model", "metadata"}
    for query in ({}, {"query": "x", "limit": 0}, {"query": "x", "limit": "²"}, {"query": "x", "limit": "9" * 5000}):
        assert http.get("/search", params=query).status_code == 422


def test_collections_are_listed_and_read(sandbox, http):
    sandbox.collection("acme-models", ["sandbox/hello", "acme/gone"], description="All of them")
    listed = http.get("/collections").json()["results"]
    assert listed[1] == {"slug": "acme-models", "name": "Acme Models", "description": "All of them"}
    read = http.get("/collections/acme-models").json()
    assert [one["name"] for one in read["models"]] == ["hello"]
    assert read["full_description"] is None
    assert http.get("/collections/nothing").status_code == 404


def test_a_model_shows_its_examples(sandbox, http):
    sandbox.example("sandbox/hello", {"text": "you"}, "hello you")
    example, first = http.get("/models/sandbox/hello/examples").json()["results"]
    assert (first["input"], first["output"]) == ({"text": "llama"}, "hello llama")
    assert (example["status"], example["output"]) == ("succeeded", "hello you")
    assert http.get("/models/sandbox/hello").json()["default_example"]["id"] == example["id"]
