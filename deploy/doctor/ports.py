"""What listens on Muster's ports? A socket is bound for a moment; where that fails, HTTP asks."""

import asyncio
import errno
import json
import socket
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from api.admin.examination import Finding
from api.connection_urls import SCIM_PREFIX
from api.http.correlation import CORRELATION_HEADER
from deploy.doctor.findings import problem, warning
from deploy.doctor.http_calls import Answer, Call, Place, Silence, call
from deploy.doctor.port_verdicts import PortState, port_verdict
from deploy.doctor.senders import is_from_muster
from deploy.doctor.settings_verdicts import is_unspecified
from deploy.settings import Settings

ALIVE = {"status": "alive"}
"""The answer of a process on its port for operators."""


async def look_at_ports(settings: Settings) -> Sequence[Finding]:
    """Return the findings about the ports of the settings, and about a process that runs there."""
    found = await asyncio.gather(
        _look(settings, "host", "port"),
        _look(settings, "admin_host", "admin_port"),
        _look_at_operators(settings),
    )
    return [finding for findings in found for finding in findings]


async def _look(settings: Settings, host_setting: str, port_setting: str) -> Sequence[Finding]:
    host, port = getattr(settings, host_setting), getattr(settings, port_setting)
    if port == 0:
        return []
    state = await asyncio.to_thread(bindable, host, port)
    if state is PortState.OTHERS and await _is_muster(_place(host, port)):
        state = PortState.MUSTER
    return [port_verdict(host_setting, port_setting, _shown(host, port), state)]


async def _look_at_operators(settings: Settings) -> Sequence[Finding]:
    host, port = settings.metrics_host, settings.metrics_port
    if port == 0:
        return []
    state = await asyncio.to_thread(bindable, host, port)
    told: Sequence[Finding] = ()
    if state is PortState.OTHERS:
        place = _place(host, port)
        alive, ready = await asyncio.gather(
            call(place, Call("/livez")), call(place, Call("/readyz"))
        )
        if _document(alive) == ALIVE:
            state, told = PortState.MUSTER, readiness_verdicts(_document(ready))
    return [port_verdict("metrics_host", "metrics_port", _shown(host, port), state), *told]


def readiness_verdicts(ready: Any) -> Sequence[Finding]:
    """Return the readiness that a process has told of itself, as findings.

    :param ready: the document that ``/readyz`` has answered.
    """
    if not isinstance(ready, dict):
        return []
    advice = "see the runbooks in docs/runbooks, and the log of the process"
    wrong = [
        problem("processes", "not-ready", f"The process here is not ready: {text}.", advice)
        for text in ready.get("problems", ())
    ]
    remarks = [
        warning("processes", "remark", f"The process here remarks: {text}.", advice)
        for text in ready.get("remarks", ())
    ]
    return [*wrong, *remarks]


def bindable(host: str, port: int) -> PortState:
    """Return whether this process could listen there; a port that is in use is another's so far."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except socket.gaierror:
            return PortState.NO_ADDRESS_HERE
        except OSError as error:
            match error.errno:
                case errno.EADDRINUSE:
                    return PortState.OTHERS
                case errno.EACCES:
                    return PortState.NOT_ALLOWED
                case _:
                    return PortState.NO_ADDRESS_HERE
    return PortState.FREE


async def _is_muster(place: Place) -> bool:
    correlation_id = f"doctor-{token_hex(8)}"
    request = Call(f"{SCIM_PREFIX}/", headers={CORRELATION_HEADER: correlation_id})
    return is_from_muster(await call(place, request), correlation_id)


def _place(host: str, port: int) -> Place:
    if is_unspecified(host):
        host = "::1" if ":" in host else "127.0.0.1"
    return Place(host, port, None)


def _document(answer: Answer | Silence) -> Any:
    if isinstance(answer, Silence):
        return None
    try:
        return json.loads(answer.body)
    except ValueError:
        return None


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
