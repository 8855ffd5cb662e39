"""The pytest plugin: a user's test of their own code."""

from __future__ import annotations

pytest_plugins = ["pytester"]

FIXTURE = "import pytest\n\npytest_plugins = ['replicatekit.sandbox.pytest_plugin']\n"


def run(pytester, text):
    if not _is_installed():
        pytester.makeconftest(FIXTURE)
    pytester.makepyfile(text)
    return pytester.runpytest_subprocess("-q", "-p", "no:cacheprovider")


def _is_installed():
    from importlib.metadata import entry_points

    return any(one.value == "replicatekit.sandbox.pytest_plugin" for one in entry_points(group="pytest11"))


def test_a_test_of_ones_own_code_is_five_lines(pytester):
    result = run(
        pytester,
        """
        import os
        import httpx

        def shout(text):  # the code under test
            url = os.environ["REPLICATE_BASE_URL"] + "/models/acme/shout/predictions"
            headers = {"authorization": "Bearer " + os.environ["REPLICATE_API_TOKEN"], "prefer": "wait"}
            return httpx.post(url, json={"input": {"text": text}}, headers=headers).json()["output"]

        def test_shout(replicate_sandbox):
            @replicate_sandbox.model("acme/shout", official=True)
            def model(text: str) -> str:
                return text.upper()

            assert shout("hello") == "HELLO"
            assert replicate_sandbox.creates == 1
            assert replicate_sandbox.requests[0].json() == {"input": {"text": "hello"}}

        def test_another(replicate_sandbox):
            assert replicate_sandbox.creates == 0
            assert replicate_sandbox.url == os.environ["REPLICATE_BASE_URL"]

        def test_the_client_is_at_hand(replicate_sandbox):
            assert replicate_sandbox.client.run("sandbox/story", {"sentences": 1})
            assert replicate_sandbox.creates == 1

        def test_the_environment_is_as_it_was():
            assert "REPLICATE_BASE_URL" not in os.environ
        """,
    )
    result.assert_outcomes(passed=4)


def test_the_functions_of_the_module_are_led_to_the_sandbox_of_each_test(pytester):
    result = run(
        pytester,
        """
        import pytest
        import replicatekit

        @pytest.mark.parametrize("name", ["one", "two"])
        def test_run(replicate_sandbox, name):
            assert replicatekit.run("sandbox/hello", {"text": name}) == "hello " + name
            assert replicate_sandbox.creates == 1
        """,
    )
    result.assert_outcomes(passed=2)
