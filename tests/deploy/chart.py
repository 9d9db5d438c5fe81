"""The Helm chart, rendered by Helm's own engine, and what must hold for each pod of it."""

from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from tests.shape.tree import ROOT
from tokenhouse.settings.loading import load

CHART = ROOT / "deploy" / "helm" / "tokenhouse"
GIVEN: dict[str, Any] = {"issuer": "https://auth.example.com", "secretName": "tokenhouse"}
MORE: dict[str, Any] = {
    **GIVEN,
    "image": {"digest": "sha256:" + "0" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "settings": {"trusted_proxies": "10.0.0.0/16", "access_token_ttl": 600, "console": False},
    "networkPolicy": {
        "clients": [{"namespaceSelector": {}}],
        "metrics": [{"podSelector": {}}],
        "database": [{"ipBlock": {"cidr": "10.1.0.0/24"}}],
        "egress": [{"ports": [{"port": 587, "protocol": "TCP"}]}],
    },
    "podAnnotations": {"example.com/a": "b"},
    "nodeSelector": {"a": "b"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
}
REFUSED: tuple[dict[str, Any], ...] = (
    {},
    {**GIVEN, "issuer": "http://auth.example.com"},
    {**GIVEN, "replicas": 1},
    {**GIVEN, "settings": {"master_keys": "x"}},
)
helm: Any = import_module("helm_python")  # from requirements/deploy.txt: no check but this has it
KINDS = {"Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "Service"}


def render(folder: Path) -> list[Path]:
    """Render the chart with few values and with many, and hold each pod to what must hold.

    Returns:
        The manifests, written into the folder.

    Raises:
        AssertionError: Helm finds an error, or a pod is not as it should be.

    """
    assert helm.lint(str(CHART), values=GIVEN)["errors"] == []
    written: list[Path] = []
    with helm.Chart.load(str(CHART)) as chart:
        for values in REFUSED:
            _refuses(chart, values)
        for values in (GIVEN, MORE):
            chart.validate_schema(values)
            texts = chart.render(values, name="tokenhouse", namespace="default")
            manifests = [one for one in map(yaml.safe_load, texts.values()) if one]
            assert {one["kind"] for one in manifests} == KINDS
            for one in manifests:
                if "template" in one["spec"]:
                    _examine(one["spec"]["template"]["spec"])
                file = folder / f"{len(written)}.yaml"
                file.write_text(yaml.safe_dump(one), "utf-8")
                written.append(file)
    return written


def _refuses(chart: Any, values: dict[str, Any]) -> None:
    try:
        chart.validate_schema(values)
    except helm.HelmError:
        return
    raise AssertionError(values)


def _examine(pod: dict[str, Any]) -> None:
    """Hold a pod to its hardening, and its variables to what the service can use."""
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    settings = load({}, environ={one["name"]: one["value"] for one in container["env"]}).settings
    assert settings.behind_tls_proxy
    assert settings.master_key_command == ("cat", "/run/tokenhouse/master.key")
    assert settings.issuer == GIVEN["issuer"]
    ports = {one["name"]: one["containerPort"] for one in container.get("ports", [])}
    assert ports in ({}, {"http": settings.port, "metrics": 9464})
