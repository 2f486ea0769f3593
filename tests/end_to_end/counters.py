"""What do the processes say of themselves? The metrics that Prometheus would scrape."""

from collections import Counter
from collections.abc import Iterable

import httpx2
from prometheus_client.parser import text_string_to_metric_families

Labels = tuple[str, ...]


class Counters:
    """The samples of several processes, added up by name and by the values of their labels."""

    def __init__(self) -> None:
        self._samples: Counter[tuple[str, Labels]] = Counter()

    def take_in(self, text: str) -> None:
        """Add what one process says."""
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self._samples[sample.name, tuple(sample.labels.values())] += sample.value  # type: ignore[assignment]

    def of(self, name: str) -> dict[Labels, float]:
        """Return the samples of a name that are not zero."""
        return {
            labels: value for (of, labels), value in self._samples.items() if of == name and value
        }

    def total(self, name: str, *having: str) -> float:
        """Return the sum of the samples of a name whose labels have all of these values."""
        return sum(value for labels, value in self.of(name).items() if set(having) <= set(labels))


async def scrape(origins: Iterable[str]) -> Counters:
    """Ask processes for their metrics."""
    counters = Counters()
    async with httpx2.AsyncClient() as http:
        for origin in origins:
            answer = await http.get(f"{origin}/metrics")
            assert answer.is_success
            counters.take_in(answer.text)
    return counters
