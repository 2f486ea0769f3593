"""Which variables are unknown? Each variable in Muster's name is a setting, or it is refused.

Tests and ``compose.yaml`` have variables in Muster's name as well. They are left alone, because a
shell in which somebody runs the tests or ``docker compose`` may have them.
"""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

ENVIRONMENT_PREFIX = "MUSTER_"
OF_TESTS = "MUSTER_TEST_"
OF_COMPOSE = frozenset(
    {
        "MUSTER_IMAGE",
        "MUSTER_BASE_IMAGE",
        "MUSTER_POSTGRES_PASSWORD",
        "MUSTER_DIRECTORY_PASSWORD",
        "MUSTER_DOWNSTREAM_PASSWORD",
        "MUSTER_TOPOLOGY_PASSWORD",
        "MUSTER_RELAY_PASSWORD",
        "MUSTER_WORKER_PASSWORD",
        "MUSTER_GRAFANA_PASSWORD",
    }
)


def variable_of(setting: str) -> str:
    """Return the variable of a setting."""
    return f"{ENVIRONMENT_PREFIX}{setting.upper()}"


def complaints_about(variables: Iterable[str], settings: Iterable[str]) -> list[str]:
    """Return a complaint about each variable in Muster's name that is of no setting.

    It names the nearest variable that is, and never a value. Small letters are as good as capitals.
    """
    known = [variable_of(setting) for setting in settings]
    return [_complaint(name, known) for name in sorted(variables) if _is_unknown(name, known)]


def _is_unknown(name: str, known: Collection[str]) -> bool:
    capitals = name.upper()
    is_of_others = capitals.startswith(OF_TESTS) or capitals in OF_COMPOSE
    return capitals.startswith(ENVIRONMENT_PREFIX) and capitals not in known and not is_of_others


def _complaint(name: str, known: Collection[str]) -> str:
    nearest = get_close_matches(name.upper(), known, n=1)
    advice = f"did you mean {nearest[0]}?" if nearest else "README.md lists the settings"
    return f"{name} is no setting: {advice}"
