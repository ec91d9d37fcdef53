"""Functions of the installer and of the upgrade script, run by bash on files of the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

CDN = Path(__file__).parents[3] / "localcloud" / "coolify" / "cdn"
PRODUCTION = "APP_KEY=\nDB_USERNAME=coolify\nDB_PASSWORD=\nREGISTRY_URL=docker.localcloud.test\n"


def bash(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script with the folder as Coolify's own; nothing of the machine's is touched."""
    return subprocess.run(
        ["bash", "-c", script],
        env={
            "PATH": "/usr/bin:/bin",
            "HOME_DIR": str(folder),
            "SOURCE": str(folder / "source"),
            **environment,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


def installed(folder: Path, calls: str, **environment: str) -> dict[str, str]:
    """Source the installer, call functions, return what stands in `.env` then."""
    done = bash(f". {CDN}/install.sh; {calls}", folder, **environment)
    assert done.returncode == 0, done.stderr
    return read_env(folder)


def read_env(folder: Path) -> dict[str, str]:
    """Keys and values of `.env`, each key once."""
    lines = (folder / "source" / ".env").read_text().splitlines()
    pairs = [line.split("=", 1) for line in lines if line]
    assert len({key for key, _ in pairs}) == len(pairs)
    return dict(pairs)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The folder `source` with a downloaded `.env.production`."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / ".env.production").write_text(PRODUCTION)
    return folder


def test_what_stands_in_env_wins(source: Path) -> None:
    """The first line of a key is kept, new keys are added, a copy is left."""
    (source / ".env").write_text("APP_KEY=base64:mine\nMY_OWN=1\nDB_PASSWORD=secret\n")
    env = installed(source.parent, "merge_env")
    assert env["APP_KEY"] == "base64:mine"
    assert (env["MY_OWN"], env["DB_PASSWORD"], env["DB_USERNAME"]) == ("1", "secret", "coolify")
    copies = [path for path in source.iterdir() if path.name.startswith(".env-2")]
    assert [copy.read_text().count("MY_OWN") for copy in copies] == [1]


def test_empty_and_missing_values_are_filled(source: Path) -> None:
    """Keys and passwords are made up, the root user only when all three are given."""
    env = installed(
        source.parent,
        "merge_env; choose_pool; fill_env",
        ROOT_USERNAME="nutri",
        ROOT_USER_EMAIL="ops@nutri.test",
        AUTOUPDATE="false",
    )
    assert env["APP_KEY"].startswith("base64:")
    assert len(env["DB_PASSWORD"]) == 44
    assert env["AUTOUPDATE"] == "false"
    assert "ROOT_USERNAME" not in env
    assert (env["DOCKER_ADDRESS_POOL_BASE"], env["DOCKER_ADDRESS_POOL_SIZE"]) == (
        "10.0.0.0/8",
        "24",
    )


def test_a_complete_root_user_is_kept(source: Path) -> None:
    """Name, address and password end up in the file as they are."""
    env = installed(
        source.parent,
        "merge_env; choose_pool; fill_env",
        ROOT_USERNAME="nutri",
        ROOT_USER_EMAIL="ops@nutri.test",
        ROOT_USER_PASSWORD="Abc-def.1",
    )
    assert env["ROOT_USER_PASSWORD"] == "Abc-def.1"


def test_an_ampersand_does_harm_as_in_the_original(source: Path) -> None:
    """Values pass through sed, which takes `&` for what it matched."""
    (source / ".env").write_text("ROOT_USER_PASSWORD=\n")
    env = installed(source.parent, 'fill ROOT_USER_PASSWORD "a&b"')
    assert env["ROOT_USER_PASSWORD"] == "aROOT_USER_PASSWORD=b"


@pytest.mark.parametrize(
    ("base", "size", "chosen"),
    [
        ("172.24.0.0/14", "24", "172.24.0.0/14 24"),
        ("nonsense", "99", "10.0.0.0/8 24"),
        ("", "", "192.168.0.0/16 26"),
    ],
)
def test_the_address_pool(source: Path, base: str, size: str, chosen: str) -> None:
    """The environment first, then `.env`, then the default; what makes no sense is the default."""
    (source / ".env").write_text(
        "DOCKER_ADDRESS_POOL_BASE=192.168.0.0/16\nDOCKER_ADDRESS_POOL_SIZE=26\n"
    )
    done = bash(
        f'. {CDN}/install.sh; choose_pool; echo "$POOL_BASE $POOL_SIZE"',
        source.parent,
        DOCKER_ADDRESS_POOL_BASE=base,
        DOCKER_ADDRESS_POOL_SIZE=size,
    )
    assert done.stdout.strip() == chosen


@pytest.mark.parametrize(
    ("custom", "service", "expected"),
    [
        (None, "coolify", "--publish 8000:8080"),
        (
            'services:\n  coolify:\n    ports: !override\n      - "127.0.0.1:8000:8080"\n',
            "coolify",
            "--publish 127.0.0.1:8000:8080",
        ),
        (
            (
                "services:\n  soketi:\n    ports: !override\n      - '127.0.0.1:6001:6001'\n"
                "      - 127.0.0.1:6002:6002\n    restart: always\n"
            ),
            "soketi",
            "--publish 127.0.0.1:6001:6001 --publish 127.0.0.1:6002:6002",
        ),
        (
            "services:\n  coolify:\n    ports:\n      - 9000:8080\n",
            "coolify",
            "--publish 8000:8080 --publish 9000:8080",
        ),
        (
            "services:\n  soketi:\n    ports: !override\n      - 1:1\n",
            "coolify",
            "--publish 8000:8080",
        ),
    ],
)
def test_ports_of_the_custom_compose_file(
    source: Path, custom: str | None, service: str, expected: str
) -> None:
    """`!override` replaces a service's ports, without it they are added; others are not meant."""
    if custom is not None:
        (source / "docker-compose.custom.yml").write_text(custom)
    script = f". {CDN}/upgrade.sh; ports {service} 8000:8080"
    done = bash(script, source.parent)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == expected.split()


@pytest.mark.parametrize(("service", "code"), [("soketi", 0), ("reverb", 1)])
def test_an_override_of_no_service_is_an_invalid_project(
    source: Path, service: str, code: int
) -> None:
    """As compose has it: what has no image in any of the files cannot be made."""
    for name in ("docker-compose.yml", "docker-compose.prod.yml"):
        (source / name).write_text((CDN / name).read_text())
    custom = f"services:\n  {service}:\n    ports: !override\n      - 1:1\n"
    (source / "docker-compose.custom.yml").write_text(custom)
    done = bash(f". {CDN}/upgrade.sh; check_project", source.parent, LOG=str(source / "log"))
    assert done.returncode == code
    assert ("invalid compose project" in done.stderr) is bool(code)


def test_whoever_is_not_root_is_turned_away_with_code_0(tmp_path: Path) -> None:
    """The exit code proves nothing, as with the original."""
    script = tmp_path / "install.sh"
    script.write_text((CDN / "install.sh").read_text().replace('"$EUID" -ne 0', "1 -ne 0"))
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, "as root" in done.stdout) == (0, True)


def test_an_unknown_system_is_turned_away_with_code_0(tmp_path: Path) -> None:
    """Only Debian and Ubuntu are played."""
    release = tmp_path / "os-release"
    release.write_text('ID="plan9"\n')
    script = tmp_path / "install.sh"
    text = (CDN / "install.sh").read_text().replace("/etc/os-release", str(release))
    script.write_text(text.replace('"$EUID" -ne 0', "0 -ne 0"))
    done = subprocess.run(["bash", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, "does not support plan9" in done.stdout) == (0, True)
