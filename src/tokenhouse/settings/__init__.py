"""Every option of the service: name, type, default, help.

Read once, checked, frozen. Flags win, then environment (``TOKENHOUSE_<NAME>``), then the
TOML file. ``docs/settings.md`` is generated from this module.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from tokenhouse.settings.values import Address, Command, Folder, Mailbox, Names, Proxies, Token, Url  # noqa: TC001 - because pydantic reads them

PREFIX = "TOKENHOUSE_"
OF_THE_SDK = frozenset(  # what programs of customers read, perhaps in the same environment
    {"url", "client_id", "client_secret", "private_key_file", "credentials_file"}
)
KEY_RELOAD_SECONDS = 2  # within which every worker knows a new signing key
LONGEST_TOKEN_LIFE = 3600  # seconds; a token may have been issued under another setting
TOKEN_PATH = "/api/v1/auth/jwt/token"  # noqa: S105 - a path, because the rule sees "token"


class SettingsError(Exception):
    """The settings cannot be used; the text is one line that says why."""


class Settings(BaseModel):
    """All options, checked. Made once at start and passed on in the Context."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=1, le=65535, description="Port to listen on.")
    workers: int = Field(1, ge=1, le=64, description="Worker processes.")
    data_dir: Folder = Field(
        Path("tokenhouse-data"), description="Folder of the database and the master key."
    )
    database_url: str = Field(
        "",
        description="`sqlite:///PATH` or `postgresql://user@host:5432/db`. "
        "Default: `sqlite:///<data_dir>/tokenhouse.db`.",
    )
    database_pooler: bool = Field(
        default=False,
        description="A transaction-mode pooler stands before PostgreSQL: no start-up options and "
        "no prepared statements. Then set `statement_timeout` on the database's role.",
    )
    upgrade_at_start: bool = Field(
        default=True,
        description="`serve` upgrades an older SQLite database. PostgreSQL is only ever upgraded "
        "by `tokenhouse db upgrade`.",
    )
    issuer: Url = Field(
        "",
        description="Issuer identifier, exact; never taken from a request. Tokens of another "
        "issuer are refused. Default: `http://<host>:<port>`.",
    )
    audience: Names = Field(
        (),
        description="`aud` of access tokens: one or several, comma-separated; the issuer is "
        "added to them. Default: the issuer alone.",
    )
    scopes: Names = Field(
        (),
        description="Scopes that `serve` defines, beside those of `tokenhouse scope add`. "
        "Default: none.",
    )
    master_key_file: Path | None = Field(
        None,
        description="File of the master keys, one a line, the first is current. "
        "Default: `<data_dir>/master.key`.",
    )
    master_keys: SecretStr = Field(
        SecretStr(""),
        description="The master keys themselves, in place of a file: for an environment that holds "
        "secrets. Default: none.",
    )
    master_key_command: Command = Field(
        (),
        description="Program with its arguments that prints the master keys, in place of a file: a "
        "client of a vault or a KMS. Run at each start, without a shell, for 10 seconds at most. "
        "Default: none.",
    )
    access_token_ttl: int = Field(
        900, ge=60, le=LONGEST_TOKEN_LIFE, description="Life of an access token, seconds."
    )
    signing_alg: Literal["ES256", "EdDSA", "Ed25519", "RS256", "PS256"] = Field(
        "ES256", description="JWS algorithm of access tokens (RFC 7518, RFC 9864)."
    )
    key_rotation_days: float = Field(
        30,
        ge=0,
        le=3650,
        description="Days that a signing key signs; 0 = until `tokenhouse key rotate`.",
    )
    key_publication_lead: int = Field(
        600,
        ge=3,
        le=604800,
        description="Seconds that the next signing key is published before it signs; at least 2 "
        "more than `jwks_max_age`, so that whoever keeps the keys so long knows it by then.",
    )
    jwks_max_age: int = Field(
        300, ge=1, le=86400, description="Seconds that others may keep the public keys."
    )
    password_grant: bool = Field(
        default=True, description="Offer `grant_type=password` (RFC 9700 section 2.4 advises off)."
    )
    basic_token: bool = Field(default=True, description="Offer `GET /api/v1/auth/jwt/token/basic`.")
    console: bool = Field(default=True, description="Offer the web pages below `/console/`.")
    require_dpop: bool = Field(
        default=False,
        description="Issue only tokens that are bound to a key of the sender (RFC 9449); a token "
        "request without a DPoP proof is refused.",
    )
    dpop_nonces: bool = Field(
        default=False,
        description="DPoP proofs must carry a nonce of this service (RFC 9449 section 8), which "
        "costs clients a second request every ten minutes.",
    )
    accept_token_endpoint_audience: bool = Field(
        default=True,
        description="Accept the token endpoint's URL as sole `aud` of a `client_secret_jwt` "
        "assertion, as the public SpatiaFi client sends it (RFC 10070 wants the issuer).",
    )
    clients_may_manage_clients: bool = Field(
        default=True, description="A token got by app credentials may manage its owner's."
    )
    password_min_length: int = Field(
        12, ge=8, le=1024, description="Shortest password accepted, characters."
    )
    login_failures_per_account: int = Field(
        10,
        ge=0,
        le=1000,
        description="Wrong passwords for one account from one source in 60 seconds before it "
        "has to wait; 0 = no limit.",
    )
    login_failures_per_source: int = Field(
        100,
        ge=0,
        le=10_000,
        description="Wrong passwords from one source (IPv4 address, IPv6 /64) in 60 seconds "
        "before it has to wait; 0 = no limit.",
    )
    client_failures_per_source: int = Field(
        20,
        ge=0,
        le=10_000,
        description="Wrong secrets or signatures of one client from one source in 60 seconds "
        "before it has to wait there; 0 = no limit.",
    )
    audit_retention_days: int = Field(
        400, ge=0, le=36_500, description="Days that audit events are kept; 0 = for ever."
    )
    max_secrets: int = Field(2, ge=1, le=10, description="Live secrets of one credential.")
    refuse_secrets_with_keys: bool = Field(
        default=False,
        description="Refuse a credential's secrets while it has keys (`private_key_jwt`).",
    )
    log_format: Literal["auto", "text", "json"] = Field(
        "auto", description="`auto`: text on a terminal, JSON lines elsewhere."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least level that is logged."
    )
    metrics_address: Address = Field(
        "",
        description="Address and port of the metrics for Prometheus, such as `127.0.0.1:9464`; a "
        "port of its own, without TLS and open to whoever reaches it. Default: none.",
    )
    otlp_endpoint: Url = Field(
        "",
        description="Base URL of an OpenTelemetry collector that takes OTLP over HTTP, such as "
        "`http://127.0.0.1:4318`: traces go there. Needs `tokenhouse[otel]`. Default: none.",
    )
    drain_seconds: float = Field(
        0,
        ge=0,
        le=300,
        description="Seconds that `serve` goes on serving after SIGTERM while `/readyz` says "
        "`draining`: longer than a load balancer takes to notice. SIGINT ends at once.",
    )
    tls_cert: Path | None = Field(None, description="PEM certificate chain to serve TLS with.")
    tls_key: Path | None = Field(None, description="PEM private key of `tls_cert`.")
    behind_tls_proxy: bool = Field(
        default=False, description="A proxy in front speaks TLS; allows a non-loopback address."
    )
    smtp_host: str = Field(
        "", description="Mail server that sends one-time links to people. Default: none."
    )
    smtp_port: int = Field(587, ge=1, le=65535, description="Its port; 465 is usual for `tls`.")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="TLS after the greeting, or from the first octet; `none` is for a server on "
        "this machine.",
    )
    smtp_from: Mailbox = Field(
        "", description="Sender: `tokens@example.com` or `Example API <tokens@example.com>`."
    )
    smtp_user: str = Field("", description="Name to sign in with there. Default: no sign-in.")
    smtp_password: SecretStr = Field(
        SecretStr(""), description="Password of `smtp_user`; better in `smtp_password_file`."
    )
    smtp_password_file: Path | None = Field(
        None, description="File that holds it, read for each message; a last line end is no part."
    )
    leak_report_token: Token = Field(
        SecretStr(""),
        description="Token that `POST /api/v1/leaks` takes (RFC 6750), at least 32 letters and "
        "digits. Default: none.",
    )
    leak_report_keys_file: Path | None = Field(
        None,
        description="File of the public keys that sign reports of leaked secrets there, read for "
        "each. Without it and the token that path is 404. Default: none.",
    )
    trusted_proxies: Proxies = Field(
        (),
        description="Addresses or networks of the proxies whose `X-Forwarded-For` and "
        "`X-Request-ID` are believed, comma-separated.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill(cls, data: dict[str, Any]) -> dict[str, Any]:
        """Work out the defaults that depend on other settings."""
        given = dict(data)
        host, port = given.get("host", "127.0.0.1"), given.get("port", 8000)
        name = f"[{host}]" if ":" in str(host) else host
        tls = "https" if given.get("tls_cert") else "http"
        given["issuer"] = given.get("issuer") or f"{tls}://{name}:{port}"
        folder = given.get("data_dir") or "tokenhouse-data"
        if not isinstance(folder, str | Path):
            return given  # the field's own check says what is wrong with it
        given["data_dir"] = folder = Path(folder).absolute()
        ways = ("master_key_file", "master_keys", "master_key_command")
        if sum(bool(given.get(way)) for way in ways) > 1:
            msg = f"give one of {', '.join(ways)}"
            raise ValueError(msg)
        given["master_key_file"] = given.get("master_key_file") or folder / "master.key"
        given["database_url"] = given.get("database_url") or f"sqlite:///{folder / 'tokenhouse.db'}"
        return given

    @model_validator(mode="after")
    def _together(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            msg = "tls_cert and tls_key go together"
            raise ValueError(msg)
        if self.key_publication_lead < self.jwks_max_age + KEY_RELOAD_SECONDS:
            msg = "key_publication_lead must be at least 2 seconds longer than jwks_max_age"
            raise ValueError(msg)
        if 0 < self.key_rotation_seconds <= self.key_publication_lead:
            msg = "key_rotation_days must be longer than key_publication_lead"
            raise ValueError(msg)
        return self

    @model_validator(mode="after")
    def _mail(self) -> Self:
        if self.smtp_host and not self.smtp_from:
            msg = "smtp_host needs smtp_from, the sender's address"
            raise ValueError(msg)
        if self.smtp_user and self.smtp_security == "none":
            msg = "smtp_user needs TLS; set smtp_security"
            raise ValueError(msg)
        given = bool(self.smtp_password.get_secret_value()) + bool(self.smtp_password_file)
        if given != bool(self.smtp_user):
            msg = "smtp_user goes with one of smtp_password and smtp_password_file"
            raise ValueError(msg)
        return self

    @property
    def key_rotation_seconds(self) -> float:
        """`key_rotation_days` in seconds."""
        return self.key_rotation_days * 86400

    @cached_property
    def token_endpoint(self) -> str:
        """The token endpoint's own URL, from the issuer alone."""
        return self.issuer + TOKEN_PATH

    @cached_property
    def audiences(self) -> str | list[str]:
        """`aud` of an access token (RFC 9068 section 2.2): the issuer, or a list with it."""
        others = [name for name in self.audience if name != self.issuer]
        return [*others, self.issuer] if others else self.issuer

    @property
    def keys_path(self) -> Path:
        """Where the master keys are."""
        return self.master_key_file or self.data_dir / "master.key"
