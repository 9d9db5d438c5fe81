"""The alert rules and the dashboard ask for what there is, in words that Prometheus understands.

When they fire: `promtool test rules`, in `make deploy-check`.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import promql_parser
import pytest
import yaml

from tests.conftest import StartService
from tests.faults.load import GRANT
from tests.operate import scrape
from tests.people import TOKEN, add_credential, add_person
from tests.shape.tree import ROOT

FOLDER = ROOT / "deploy" / "monitoring"
OF_PROMETHEUS = {"up"}
ALERTS = {
    "TokenhouseBudgetBurnsFast",
    "TokenhouseReplay",
    "TokenhouseRefusalsSpike",
    "TokenhouseKeyNearEnd",
    "TokenhouseBackupOld",
}


def rules() -> list[dict[str, Any]]:
    """Every rule."""
    groups = yaml.safe_load((FOLDER / "alerts.yaml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    """Every panel of the dashboard."""
    found: list[dict[str, Any]] = json.loads((FOLDER / "dashboard.json").read_text("utf-8"))[
        "panels"
    ]
    return found


def queries() -> Iterator[str]:
    """Every query of both."""
    yield from (rule["expr"] for rule in rules())
    for panel in panels():
        yield from (one["expr"].replace("$__rate_interval", "5m") for one in panel["targets"])


def selectors(query: str) -> list[Any]:
    """What a query selects."""
    found: list[Any] = []

    def visit(node: promql_parser.Expr) -> bool:
        if isinstance(node, promql_parser.VectorSelector):
            found.append(node)
        return True

    promql_parser.walk(promql_parser.parse(query), visit)
    return found


@pytest.fixture
def shown(start_service: StartService) -> dict[scrape.Series, float]:
    """What a service shows that has issued a token and been backed up."""
    service = start_service(scrape.metrics_port())
    app = add_credential(service, add_person(service))
    (service.data_dir / "last-backup").touch()
    auth = (app.client_id, app.client_secret)
    httpx.post(service.url + TOKEN, data=GRANT, auth=auth, trust_env=False, timeout=30)
    text = scrape.page(service)
    while "tokenhouse_job_last_success_timestamp_seconds{" not in text:
        text = scrape.page(service)
    return scrape.series(text)


def test_every_query_asks_for_what_is_shown(shown: dict[scrape.Series, float]) -> None:
    recorded = {rule["record"] for rule in rules() if "record" in rule}
    known: dict[str, dict[str, set[str]]] = {}
    for name, labels in shown:
        of = known.setdefault(name, {})
        for label, value in labels:
            of.setdefault(label, set()).add(value)
    asked = list(queries())
    assert len(asked) > 30
    for query in asked:
        for selector in selectors(query):
            if selector.name in recorded | OF_PROMETHEUS:
                continue
            assert selector.name in known, query
            for matcher in selector.matchers.matchers:
                assert matcher.name in known[selector.name], (query, matcher.name)


def test_every_metric_is_on_the_dashboard(shown: dict[scrape.Series, float]) -> None:
    families = {re.sub(r"_(bucket|count|sum|created)$", "", name) for name, _ in shown}
    text = "\n".join(one["expr"] for panel in panels() for one in panel["targets"])
    assert {name for name in families if name not in text} == set()


def test_rules_say_what_to_do() -> None:
    alerts = {rule["alert"]: rule for rule in rules() if "alert" in rule}
    assert alerts.keys() >= ALERTS
    for alert in alerts.values():
        assert alert["labels"]["severity"] in {"page", "ticket"}
        assert alert["annotations"]["summary"].endswith(".")
