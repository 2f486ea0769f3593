"""What do metrics say? Their samples, as Prometheus would read them."""

from prometheus_client import CollectorRegistry


def samples(registry: CollectorRegistry, name: str) -> dict[tuple[str, ...], float]:
    """Return the samples of a name that are not zero, by the values of their labels."""
    return {
        tuple(sample.labels.values()): sample.value
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name and sample.value
    }


def traces(registry: CollectorRegistry, name: str) -> list[str]:
    """Return the traces that buckets of a histogram lead to."""
    return [
        sample.exemplar.labels["trace_id"]
        for metric in registry.collect()
        for sample in metric.samples
        if sample.name == name and sample.exemplar
    ]
