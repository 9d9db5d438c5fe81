"""The metrics as Prometheus would read them."""

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.service import HOST, Service, free_port

Series = tuple[str, tuple[tuple[str, str], ...]]


def metrics_port() -> dict[str, str]:
    """The setting that turns the metrics on, on a free port."""
    return {"metrics_address": f"{HOST}:{free_port()}"}


def url(service: Service) -> str:
    """Where a service that was started with `metrics_port` has them."""
    return f"http://{service.settings['metrics_address']}/metrics"


def page(service: Service) -> str:
    """The page, on a connection of its own, so that any worker may answer."""
    answer = httpx.get(url(service), trust_env=False, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def series(text: str) -> dict[Series, float]:
    """Each sample of a page by its name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def of(found: Mapping[Series, float], name: str, *labels: str) -> dict[tuple[str, ...], float]:
    """The samples of one name, by the values of these labels; those with a value above 0."""
    return {
        tuple(dict(each)[label] for label in labels): value
        for (this, each), value in found.items()
        if this == name and value
    }
