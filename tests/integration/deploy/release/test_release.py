"""Does a release agree with itself, and carry all that its users need?

One is made in a copy of the repository. Its wheel is installed in an environment of its own, which
has the packages of requirements.lock and no others.
"""

import re
import subprocess
import sys
import venv
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from shutil import copyfile

from deploy.release.begin import begin
from deploy.release.check import examine
from deploy.release.commit import Repository
from deploy.release.judgement import disagreements
from deploy.release.lock import locked
from deploy.release.wheel import Wheel
from tests.drivers.muster_process import MusterProcess
from tests.servers.ports import free_port
from tests.servers.services import environment_with

ROOT = Path(__file__).parents[4]
VERSION = "7.8.9"
CHANGELOG = "# Changelog\n\n## [Unreleased]\n\n- A thing.\n"

BUILT_OF = re.compile(r"(api|contracts|deploy|worker|docs/runbooks)/|[^/]*$")
NEEDS_A_CLONE = {"deploy/Dockerfile", "deploy/set-up.sh"}

PERSON = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=no")


def call(program: Path | str, *arguments: str, folder: Path) -> str:
    done = subprocess.run(  # noqa: S603
        [program, *arguments],
        cwd=folder,
        env=environment_with(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def released_in(copy: Path) -> Repository:
    """Release the code as it lies here as another version, in a copy of the repository."""
    listed = call("git", "ls-files", "--cached", "--others", "--exclude-standard", folder=ROOT)
    for name in set(filter(BUILT_OF.match, listed.splitlines())):
        if (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            copyfile(ROOT / name, copy / name)
    (copy / "CHANGELOG.md").write_text(CHANGELOG)
    begin(copy, VERSION, "2026-11-27")
    for words in ("init --quiet", "add --all", "commit --quiet --message Released", "tag v7.8.9"):
        call("git", *PERSON, *words.split(), folder=copy)
    return Repository(copy)


def files_without(wheel: Wheel, repository: Repository) -> set[str]:
    """Return the files, beside code, that the repository has and the wheel does not carry."""
    folder = repository.folder
    files = {str(it.relative_to(folder)) for it in folder.rglob("*") if it.is_file()}
    code = {it for it in files if it.endswith(".py") or not it.count("/") or it.startswith(".git/")}
    known = {re.sub(r".*/data/share/muster/", "docs/", it) for it in wheel.names}
    return files - code - known


def installed(wheel: Wheel, environment: Path) -> Path:
    """Install a wheel; return its command, which has no other packages than the lock names."""
    venv.create(environment)
    (site,) = environment.glob("lib/python*/site-packages")
    for package in locked((ROOT / "requirements.lock").read_text()):
        try:
            known = distribution(package.name)
        except PackageNotFoundError:  # it is for another platform
            continue
        for top in {file.parts[0] for file in known.files or ()} - {"..", "__pycache__"}:
            if not (site / top).exists():
                (site / top).symlink_to(str(known.locate_file(top)))
    options = ("--quiet", "--offline", "--no-deps", "--python", str(environment / "bin/python"))
    uv = Path(sys.executable).with_name("uv")
    call(uv, "pip", "install", *options, str(wheel.path), folder=environment)
    return environment / "bin" / "muster"


@asynccontextmanager
async def running(muster: MusterProcess) -> AsyncIterator[None]:
    try:
        await muster.start("--demo")
        yield
        assert await muster.stop() == 0
    finally:
        if muster.process is not None and muster.process.returncode is None:
            await muster.kill()


async def test_a_release_agrees_with_itself_and_its_wheel_alone_runs_the_demo(
    tmp_path: Path,
) -> None:
    folders = [tmp_path / name for name in ("repository", "built", "elsewhere")]
    for folder in folders:
        folder.mkdir()
    copy, built, elsewhere = folders
    repository = released_in(copy)
    seen = examine(repository, built)
    assert (list(disagreements(seen)), seen.version) == ([], VERSION)
    (path,) = built.glob("*.whl")
    assert path.name == f"muster_scim-{VERSION}-py3-none-any.whl"
    assert files_without(Wheel(path), repository) == NEEDS_A_CLONE

    command = installed(Wheel(path), tmp_path / "environment")
    assert call(command, "--version", folder=elsewhere) == f"{VERSION}\n"
    assert (tmp_path / "environment/share/muster/runbooks/MusterDeadLetters.md").exists()
    muster = MusterProcess(elsewhere, free_port(), program=(str(command),))
    async with running(muster):
        named = re.search(r"(?m)^  (\S+) (devices list demo)$", muster.printed())
        assert named, muster.printed()
    assert named[1] == str(command), "the shell finds no muster elsewhere"
    assert len(muster.command(*named[2].split())) > 10

    unpacked = tmp_path / "unpacked"
    call(sys.executable, "-m", "zipfile", "-e", str(path), str(unpacked), folder=elsewhere)
    call(command.with_name("python"), "-m", "deploy.compose_secrets", folder=unpacked)
    assert {".env", "compose.yaml"} <= {it.name for it in (unpacked / "deploy").iterdir()}

    (copy / "deploy/Dockerfile").write_text("ARG VERSION=7.8.8\n")
    call("git", *PERSON, "commit", "--quiet", "--all", "--message", "Changed", folder=copy)
    (copy / "new").touch()
    (built / path.name).unlink()
    told = "\n".join(disagreements(examine(repository, built)))
    assert re.findall(r"(?m)^[\w ]+", told) == ["VERSION of the Dockerfile", "tag v7", "new"]
