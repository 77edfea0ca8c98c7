"""What all tests share: the developer's own machine does not reach into them."""

import os
import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings

import hostile_input

# Ctrl-C works in tests, and in what they start, also where a shell runs them in the background.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine is not a failure, and what passes today passes tomorrow.
settings.register_profile("house", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None, max_examples=4800, print_blob=True)  # `make fuzz`
settings.load_profile("house")

_INPUTS = "hostile inputs"
_NETWORK = {
    *("https_proxy", "http_proxy", "all_proxy", "no_proxy"),
    *("ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "curl_ca_bundle"),
}
"""Variables, in lower case, that clients take proxies and certificates from."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Note with each test how many hostile inputs it took; reports carry it between processes."""
    before = hostile_input.tried[0]
    try:
        yield
    finally:
        if taken := hostile_input.tried[0] - before:
            item.user_properties.append((_INPUTS, taken))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many hostile inputs there were."""
    calls = [
        report
        for kind in ("passed", "failed")
        for report in terminalreporter.stats.get(kind, [])
        if report.when == "call"
    ]
    taken = [n for report in calls for name, n in report.user_properties if name == _INPUTS]
    if taken:
        terminalreporter.write_line(f"{sum(taken):,} hostile inputs in {len(taken)} properties")


@pytest.fixture(scope="session", autouse=True)
def _no_settings_from_outside() -> Iterator[None]:
    """Remove a real API key, a proxy, or any other of our settings, from the environment."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith("TELNYX_") or name.lower() in _NETWORK:
                patch.delenv(name)
        yield
