"""The async half of a generated module runs its model as the sync half does."""

from __future__ import annotations

import anyio
import pytest

from replicatekit import AsyncClient, Client, errors
from replicatekit.typed import add_stubs, async_typed_model


@pytest.fixture
def models(sandbox):
    @sandbox.model("acme/render", official=True)
    def render(prompt: str, steps: int = 4) -> str:
        return f"{prompt} {steps}"

    return sandbox


@pytest.fixture
def function(models, tmp_path):
    """The async function of a generated module."""
    with Client(models.token, base_url=models.base_url) as client:
        (stub,) = add_stubs(client, ["acme/render"], tmp_path)
    scope = {"__name__": stub.name}
    exec(compile(stub.path.read_text("utf-8"), stub.name, "exec"), scope)
    return scope["async_render"]


def in_loop(backend, models, function, use):
    """What a use of the function returns, on an event loop."""

    async def main():
        async with AsyncClient(models.token, base_url=models.base_url) as client:
            return await use(function.with_options(client=client, timeout=30))

    return anyio.run(main, backend=backend)


each_loop = pytest.mark.parametrize("backend", ["asyncio", "trio"])


@each_loop
def test_it_runs_streams_iterates_creates_and_maps(models, function, backend):
    async def use(render):
        prediction = await render.create(prompt="a", steps=2)
        return {
            "run": await render(prompt="a"),
            "create": (await prediction.wait()).output,
            "stream": [event.data async for event in render.stream(prompt="b") if event.type == "output"],
            "iterate": [item async for item in render.iterate(prompt="c", steps=1)],
            "map": [result.output async for result in render.map([{"prompt": "d"}, {"prompt": "e"}], concurrency=2)],
        }

    assert in_loop(backend, models, function, use) == {
        "run": "a 4",
        "create": "a 2",
        "stream": ["b 4"],
        "iterate": ["c 1"],
        "map": ["d 4", "e 4"],
    }


@each_loop
def test_an_input_that_does_not_fit_is_refused_before_anything_is_created(models, function, backend):
    async def use(render):
        for call in (lambda: render(promt="a"), lambda: render.check(prompt=3), lambda: render.create(promt="a")):
            with pytest.raises(errors.InvalidInput):
                await call()
        await render.check(prompt="a")

    in_loop(backend, models, function, use)
    assert models.creates == 0


def test_without_a_client_it_uses_the_modules(models, monkeypatch):
    for name, value in models.environment.items():
        monkeypatch.setenv(name, value)

    @async_typed_model("acme/render")
    async def render(*, prompt: str) -> str:
        raise NotImplementedError

    assert anyio.run(lambda: render(prompt="a")) == "a 4"
    assert "acme/render" in repr(render)
