"""Tests `check`: the key, the connection, the clock and a destination."""

import json
import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from buckets import s3
from cli_caller import Caller
from proxies import Proxy
from telnyx_recordings.cli.commands.check import clock_check
from telnyx_recordings.sandbox import Sandbox

CHECKS = ("base URL", "proxy", "connection", "API key", "clock")


def checks(out: str) -> dict[str, bool]:
    """Return which checks passed, of the output as JSON Lines."""
    return {row["check"]: row["ok"] for row in map(json.loads, out.splitlines())}


def test_check_reports_success(box: Sandbox, cli: Caller) -> None:
    ran = cli("check")
    assert ran.code == 0
    assert checks(ran.out) == dict.fromkeys(CHECKS, True)
    assert box.base_url in ran.out
    assert len(box.requests) == 1
    assert "ok      API key: accepted" in cli("check", "--format", "table").out
    assert cli("check", "--format", "csv").out.startswith("check,ok,detail\n")


def test_a_rejected_key_is_distinguished_from_a_failed_connection(
    box: Sandbox, cli: Caller
) -> None:
    box.fail_next(401)
    ran = cli("check")
    assert ran.code == 1
    assert checks(ran.out) == {
        "base URL": True,
        "proxy": True,
        "connection": True,
        "API key": False,
    }
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ran = cli("check", "--base-url", f"http://127.0.0.1:{port}/v2", "--timeout", "1")
    assert ran.code == 1
    assert checks(ran.out) == {"base URL": True, "proxy": True, "connection": False}


def test_the_proxy_is_named_without_its_password(
    cli: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Proxy("anna:hidden") as proxy:
        ran = cli("check", "--proxy", proxy.with_user("anna:hidden"))
        assert ran.code == 0
        assert proxy.name in ran.out
        assert "hidden" not in ran.out + ran.err
        assert proxy.requests
        monkeypatch.setenv("HTTP_PROXY", proxy.with_user("anna:hidden"))
        assert proxy.name in cli("check").out
        ran = cli("check", "--proxy", "none", "--format", "table")
        assert "proxy: none" in ran.out
    ran = cli("list", "--proxy", "ftp://x")
    assert (ran.code, ran.err.count("\n")) == (2, 1)


def test_check_notices_a_server_that_is_not_the_api(box: Sandbox, cli: Caller) -> None:
    box.fail_next(200, body="<html>")
    assert checks(cli("check").out) == {"base URL": True, "proxy": True, "connection": False}


def test_a_folder_is_checked_without_a_trace(cli: Caller, tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    before = sorted(tmp_path.rglob("*"))
    for folder, words in (("kept", "can be written"), ("new/deep", "can be created")):
        ran = cli("check", folder)
        assert ran.code == 0
        assert words in ran.out
    assert sorted(tmp_path.rglob("*")) == before
    for folder in ("/proc/nowhere", "/dev/null/x"):
        ran = cli("check", folder)
        assert ran.code == 1
        assert not checks(ran.out)["destination"]


def test_a_bucket_is_checked_without_a_trace(cli: Caller, tmp_path: Path) -> None:
    with s3(tmp_path / "state") as bucket:
        ran = cli("check", bucket.url)
        assert (ran.code, bucket.objects()) == (0, {})
        assert sum(bucket.puts.values()) == 1
        bucket.fail["check"] = [403] * 20
        assert cli("check", bucket.url).code == 1


NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "ok", "words"),
    [
        ("Sun, 01 Mar 2026 09:30:20 GMT", True, "by 20 s"),
        ("Sun, 01 Mar 2026 10:30:00 GMT", False, "by 3,600 s: set the clock"),
        ("Sun, 01 Mar 2026 09:25:00 -0000", False, "by 300 s"),
        ("nonsense", True, "not compared"),
        (None, True, "not compared"),
    ],
)
def test_the_clock_is_compared_with_that_of_the_api(
    date: str | None,
    ok: bool,  # noqa: FBT001 - what is expected
    words: str,
) -> None:
    row = clock_check(date, NOW)
    assert row["ok"] is ok
    assert words in row["detail"]
