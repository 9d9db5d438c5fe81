"""The pages and their files: only what is named, from here alone, and well guarded."""

import re

import httpx
import pytest

from tests.documents.spec import Spec
from tests.raw import Request, send
from tests.service import Service

PAGES = ["/docs", "/docs/", "/redoc", "/redoc/"]
FILES = {
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui.css": "text/css; charset=utf-8",
    "redoc.standalone.js": "text/javascript; charset=utf-8",
    "favicon.png": "image/png",
    "docs.js": "text/javascript; charset=utf-8",
    "redoc.js": "text/javascript; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
}
READ = ["/openapi.json", *PAGES, *(f"/docs/assets/{name}" for name in FILES)]
ADDRESS = re.compile(r'(?:src|href)="([^"]+)"')


@pytest.mark.parametrize("path", PAGES)
def test_page_is_guarded(path: str, http: httpx.Client) -> None:
    answer = http.get(path)
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", PAGES)
def test_page_may_load_and_reach_nothing_else(path: str, http: httpx.Client) -> None:
    text = http.get(path).headers["Content-Security-Policy"]
    policy = {name: set(values) for name, *values in map(str.split, text.split(";"))}
    assert policy["default-src"] == {"'none'"}
    assert policy["script-src"] == {"'self'"}
    assert policy["connect-src"] == {"'self'"}
    for closed in ("base-uri", "form-action", "frame-ancestors"):
        assert policy[closed] == {"'none'"}, closed
    allowed = {one for values in policy.values() for one in values}
    styles = set[str]() if path.startswith("/docs") else {"'unsafe-inline'"}
    assert allowed - {"'none'", "'self'", "data:", "blob:"} == styles
    assert "'unsafe-inline'" not in policy["script-src"]


@pytest.mark.parametrize("path", PAGES)
def test_page_names_only_what_stands_here(path: str, http: httpx.Client) -> None:
    page = http.get(path)
    addresses = ADDRESS.findall(page.text)
    assert len(addresses) >= 4
    for address in addresses:
        url = page.url.join(address)
        assert (url.host, url.port) == (page.url.host, page.url.port), address
        assert http.get(url).status_code == httpx.codes.OK, address
    assert re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=", page.text) is None


@pytest.mark.parametrize("name", FILES)
def test_file_is_kept_as_long_as_it_is_named_by_its_content(name: str, http: httpx.Client) -> None:
    answer = http.get(f"/docs/assets/{name}")
    assert answer.status_code == httpx.codes.OK
    assert answer.headers["Content-Type"] == FILES[name]
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    pages = http.get("/docs").text + http.get("/redoc").text
    digest = answer.headers["ETag"].strip('"')
    assert set(re.findall(rf"{re.escape(name)}\?v=(\w+)", pages)) == {digest}


def test_exactly_these_files_are_documented(spec: Spec) -> None:
    parameter = spec.document["paths"]["/docs/assets/{name}"]["get"]["parameters"][0]
    assert set(parameter["schema"]["enum"]) == set(FILES)


def test_no_file_asks_its_makers_host(http: httpx.Client) -> None:
    for name in FILES:
        assert b"cdn.redoc.ly" not in http.get(f"/docs/assets/{name}").content, name


@pytest.mark.parametrize("path", READ)
def test_document_is_read_by_head_too(path: str, http: httpx.Client) -> None:
    got, head = http.get(path), http.head(path)
    assert (head.status_code, head.content) == (httpx.codes.OK, b"")
    for name in ("Content-Type", "Content-Length", "ETag", "Cache-Control"):
        assert head.headers[name] == got.headers[name], name


@pytest.mark.parametrize("path", READ)
def test_what_is_known_is_not_sent_again(path: str, http: httpx.Client) -> None:
    tag = http.get(path).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = http.get(path, headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (httpx.codes.NOT_MODIFIED, b""), known
        assert answer.headers["ETag"] == tag
    assert http.get(path, headers={"If-None-Match": '"other"'}).status_code == httpx.codes.OK


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_document_is_only_read(path: str, method: str, http: httpx.Client) -> None:
    answer = http.request(method, path)
    assert answer.status_code == httpx.codes.METHOD_NOT_ALLOWED
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD"}
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "path",
    [
        "/docs/assets",
        "/docs/assets/",
        "/docs/assets/docs.html",
        "/docs/assets/redoc.html",
        "/docs/assets/../documents.py",
        "/docs/assets/..%2fdocuments.py",
        "/docs/assets/%2e%2e/%2e%2e/documents.py",
        "/docs/assets//etc/passwd",
        "/docs/assets/%2fetc%2fpasswd",
        "/docs/assets/favicon.png%00",
        "/docs/assets/favicon.png/.",
        "/docs/assets/FAVICON.PNG",
        "/docs/oauth2-redirect",
        "/docs/docs.html",
    ],
)
def test_nothing_else_is_served(path: str, service: Service) -> None:
    answer = send(service.port, Request("GET", path))
    assert answer.status == httpx.codes.NOT_FOUND
    assert answer.json()["detail"]
