"""The console can be turned off."""

import httpx

from tests.conftest import StartService


def test_console_that_is_off_is_not_there(start_service: StartService) -> None:
    service = start_service({"console": "false"})
    for path in ("/console", "/console/", "/console/sign-in", "/console/static/console.css"):
        assert httpx.get(service.url + path, trust_env=False).status_code == 404
    posted = httpx.post(service.url + "/console/sign-in", data={"email": "a"}, trust_env=False)
    assert posted.status_code == 404
    assert httpx.get(service.url + "/docs", trust_env=False).status_code == 200
    assert "/console/" not in service.log
