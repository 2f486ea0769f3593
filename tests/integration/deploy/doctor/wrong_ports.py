"""Where can Muster not listen?"""

from tests.integration.deploy.doctor.installation import Installation
from tests.servers.http_proxy import Head, HttpProxy, answer


async def _another_program(it: Installation) -> str:
    async def behaviour(_head: Head, _reader: object) -> Head | bytes:
        return answer("200 OK", "{}", Content_Type="application/json")

    other = HttpProxy(it.proxy.target, behaviour)
    return str((await it.stack.enter_async_context(other.serving())).port)


async def the_port_of_others(it: Installation) -> None:
    it.set(PORT=await _another_program(it))


async def metrics_of_others(it: Installation) -> None:
    it.set(METRICS_PORT=await _another_program(it))


async def the_address_of_others(it: Installation) -> None:
    it.set(HOST="192.0.2.1", PORT="8000")
