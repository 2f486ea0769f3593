"""Which passwords do the containers share? Random ones, made once on this machine: `make secrets`.

It gets along with the standard library, as does everything that it imports.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

from contracts.topology import Topology
from deploy.broker.users import BrokerUser, broker_users, definitions

ENVIRONMENT = ".env"
"""Where `docker compose` looks for the values of variables: beside its file."""
DEFINITIONS = "rabbitmq/definitions.json"

DATABASES = ("postgres", "directory", "downstream")
"""PostgreSQL's roles: its superuser, and one for each of the two databases."""
GRAFANA = "grafana"
"""Grafana's one user is called muster, its password after what it opens."""

INTRODUCTION = """\
# Passwords of this installation, made by `make secrets`: keep them to yourself. The databases take
# theirs when they are made, so that later changes here do not reach them. For
# Grafana one's name is muster.
#
# Settings of deploy/compose.yaml can be added here, e.g. MUSTER_PUBLIC_URL=https://scim.example.com
"""


def make_secrets(folder: Path) -> None:
    """Write both files into the folder of compose.yaml; passwords that are there already stay.

    The users of RabbitMQ are written anew each time, because a later version of Muster may give
    them other rights.
    """
    environment = folder / ENVIRONMENT
    text = environment.read_text(encoding="utf-8") if environment.exists() else INTRODUCTION
    known = dict(_assignments(text))
    users = broker_users(Topology())
    names = [variable(role) for role in (*DATABASES, GRAFANA, *(user.name for user in users))]
    made = {name: token_hex(24) for name in names if not known.get(name)}
    lines = [text.rstrip("\n"), *(f"{name}={password}" for name, password in made.items()), ""]
    _write_for_owner(environment, "\n".join(lines))
    _write_definitions(folder / DEFINITIONS, users, known | made)


def variable(role: str) -> str:
    """Return the variable that holds the password of a role, a user of RabbitMQ, or Grafana."""
    return f"MUSTER_{role.removeprefix('muster-').upper()}_PASSWORD"


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, equals, value = line.partition("=")
        if equals and not name.lstrip().startswith("#"):
            yield name.strip(), value.strip()


def _write_for_owner(environment: Path, text: str) -> None:
    """Put a file that only its owner can read in the place of the one that was there, if any."""
    new = environment.with_suffix(".new")
    new.touch(mode=0o600)
    new.chmod(0o600)
    new.write_text(text, encoding="utf-8")
    new.replace(environment)


def _write_definitions(
    path: Path, users: tuple[BrokerUser, ...], passwords: dict[str, str]
) -> None:
    """Write a file that RabbitMQ can read in its container, where it is another user than here."""
    path.parent.mkdir(exist_ok=True)
    loaded = definitions({user: passwords[variable(user.name)] for user in users})
    path.write_text(json.dumps(loaded, indent=2) + "\n", encoding="utf-8")
    path.chmod(0o644)


if __name__ == "__main__":
    here = Path(__file__).parent
    make_secrets(here)
    print(f"The passwords are in {here / ENVIRONMENT}.")  # noqa: T201  # nothing is installed yet
