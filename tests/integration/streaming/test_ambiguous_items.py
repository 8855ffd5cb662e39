"""Items whose event does not say whether they are text: the prediction's output decides, once it has them."""

from __future__ import annotations

import pytest
from support.stream_server import StreamServer

EVENTS = b"event: output\nid: 0\ndata: 1\n\nevent: output\nid: 1\ndata: 2\n\nevent: done\ndata: {}\n\n"


@pytest.mark.parametrize(("output", "items"), [(["1", "2"], ["1", "2"]), ([1, 2], [1, 2])], ids=["text", "numbers"])
def test_an_item_waits_until_the_output_has_it(way, output, items):
    def prediction(look):
        return {"status": "processing" if look < 6 else "succeeded", "output": output if look > 3 else None}

    with StreamServer(lambda *_: [EVENTS], prediction) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert list(client.iterate("acme/llm")) == items
    assert server.looks > 3


def test_an_item_that_no_output_ever_has_is_text(way):
    def prediction(look):
        return {"status": "processing" if look < 3 else "succeeded", "output": None}

    with StreamServer(lambda *_: [EVENTS], prediction) as server:
        client = way.client(token=server.token, base_url=server.base_url, verify=False)
        assert list(client.iterate("acme/llm")) == ["1", "2"]
