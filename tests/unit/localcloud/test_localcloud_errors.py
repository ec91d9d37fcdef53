"""What a person sees when the Docker engine fails under the local cloud."""

from __future__ import annotations

import docker.errors
import pytest

from localcloud import cli, process
from localcloud.settings import Instance


def _fail_with(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def app() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)


def test_a_failing_engine_is_told_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The engine's own words and what to do, no traceback, exit code 1."""
    _fail_with(monkeypatch, docker.errors.APIError("500 Server Error: no containerd"))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    said = capsys.readouterr().err
    assert ended.value.code == 1
    assert said.startswith("localcloud: the Docker engine failed: 500 Server Error: no containerd")
    assert "`docker info`" in said


def test_a_mistake_of_ours_stays_visible(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that is nobody's but ours is not dressed up as the engine's."""
    _fail_with(monkeypatch, KeyError("ours"))
    with pytest.raises(KeyError):
        cli.main()


def test_a_cloud_of_another_folder_is_not_taken_for_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Left running by a clone that is gone, say: its state and authority are not here."""
    answer = {"name": "nutri", "home": "/elsewhere"}
    monkeypatch.setattr(process, "call", lambda *_, **__: answer)
    with pytest.raises(process.PortTakenError, match="the local cloud of /elsewhere answers"):
        process.status(Instance())
