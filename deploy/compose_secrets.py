"""Which passwords do the containers share? `make secrets` draws them once, on this machine.

This module and its imports need the standard library only.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

from contracts.topology import Topology
from deploy.broker.users import BrokerUser, broker_users, definitions

ENVIRONMENT = ".env"
"""The file beside compose.yaml from which `docker compose` takes the values of variables."""
DEFINITIONS = "rabbitmq/definitions.json"

DATABASES = ("postgres", "directory", "downstream")
"""The roles of PostgreSQL: its superuser, and the owner of each of the two databases."""
GRAFANA = "grafana"
"""The name of Grafana's password. Grafana's only user is called muster."""

OPERATORS = "MUSTER_ADMIN_TOKEN"
"""The setting that holds the operator's token for the admin API."""

INTRODUCTION = """\
# Passwords of this installation, made by `make secrets`: keep them to yourself. The databases take
# theirs when they are made, so that later changes here do not reach them. The user of Grafana is
# called muster.
#
# Settings of deploy/compose.yaml can be added here, e.g. MUSTER_PUBLIC_URL=https://scim.example.com
"""


def make_secrets(folder: Path) -> None:
    """Write the environment and RabbitMQ's definitions into the folder of compose.yaml.

    Passwords that are there already stay. The users of RabbitMQ are written anew each time, because
    a later version of Muster may give them other rights.
    """
    environment = folder / ENVIRONMENT
    text = environment.read_text(encoding="utf-8") if environment.exists() else INTRODUCTION
    known = dict(_assignments(text))
    users = broker_users(Topology())
    roles = (*DATABASES, GRAFANA, *(user.name for user in users))
    names = [*(variable(role) for role in roles), OPERATORS]
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
    """Write a file that only its owner can read, in the place of an existing one."""
    new = environment.with_suffix(".new")
    new.touch(mode=0o600)
    new.chmod(0o600)
    new.write_text(text, encoding="utf-8")
    new.replace(environment)


def _write_definitions(
    path: Path, users: tuple[BrokerUser, ...], passwords: dict[str, str]
) -> None:
    """Write the file of definitions. It is readable for RabbitMQ, another user in its container."""
    path.parent.mkdir(exist_ok=True)
    loaded = definitions({user: passwords[variable(user.name)] for user in users})
    path.write_text(json.dumps(loaded, indent=2) + "\n", encoding="utf-8")
    path.chmod(0o644)


if __name__ == "__main__":
    here = Path(__file__).parent
    make_secrets(here)
    print(f"The passwords are in {here / ENVIRONMENT}.")  # noqa: T201  # nothing is installed yet
