"""Can Muster listen where its settings say? The observations are judged here. Pure."""

from enum import StrEnum

from api.admin.examination import Finding
from deploy.doctor.findings import fine, problem
from deploy.variable_names import variable_of


class PortState(StrEnum):
    """The state of an address and port of this machine."""

    FREE = "free"
    MUSTER = "served by Muster"
    OTHERS = "served by another program"
    NO_ADDRESS_HERE = "not of this machine"
    NOT_ALLOWED = "kept for the administrator of the machine"


def port_verdict(host_setting: str, port_setting: str, where: str, state: PortState) -> Finding:
    """Return the finding about a port.

    :param host_setting: the setting with its address.
    :param port_setting: the setting with its number.
    :param where: address and number, for texts.
    """
    port, host = variable_of(port_setting), variable_of(host_setting)
    about = "ports"
    match state:
        case PortState.FREE:
            return fine(about, f"The port {where} of {port} is free: no part runs there.")
        case PortState.MUSTER:
            return fine(about, f"Muster serves {where}, the port of {port}.")
        case PortState.OTHERS:
            return problem(
                about,
                "port-taken",
                f"Another program than Muster listens on {where}, the port of {port}.",
                f"end that program, or set {port} to another port",
            )
        case PortState.NO_ADDRESS_HERE:
            return problem(
                about,
                "no-address-here",
                f"The address of {host} is none of this machine, so nothing can listen on {where}.",
                f"set {host} to an address of this machine, or to 0.0.0.0 for all of them",
            )
        case PortState.NOT_ALLOWED:
            return problem(
                about,
                "port-not-allowed",
                f"This user may not listen on {where}: ports below 1024 are the administrator's.",
                f"set {port} to 1024 or more, and let a proxy serve the lower one",
            )
