"""Configuration, read once: typed, and every missing or weak value is named at the same time.

The environment wins; `var/env`, written by `flask demo`, fills in what it lacks, so that a second terminal's
`flask ...` finds the running demo. Nothing else in the product reads the environment.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from flask import current_app

from coalition.kernel.entrance import MailAccess, Rates, host_names, mail_access, rates, secret_problems

ROOT = Path(__file__).resolve().parents[2]
VAR = (ROOT / os.environ.get("COALITION_VAR", "var")).resolve()
ENVIRONMENTS = ("production", "demo", "test")
_NOWHERE = "postgresql+psycopg://127.0.0.1:1/none"
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")
_DATA_KEY = re.compile(r"[A-Za-z0-9_-]{43}=")
_WITHOUT_DATABASE = (
    ["coalition", "evaluate-promotions"],
    ["coalition", "conformance"],
    ["settlement", "verify-bundle"],
)
_PROXIES_MAX = 5
_DEMO_SECRET = "demo-" + "0" * 32


class ConfigError(Exception):
    """The configuration cannot be used; the message lists every problem at once."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("the configuration has problems:\n" + "\n".join(f"  - {line}" for line in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class S3Access:
    """How to reach an S3-compatible service; `endpoint_url` None is Amazon's own. `secret` never appears in a log."""

    endpoint_url: str | None
    key_id: str
    secret: str = field(repr=False)
    region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class PaymentAccess:
    """An account with the payment provider: its API, its pages' origin, and its secrets, which are in no log.

    `payout_webhook_secret` signs what comes to the endpoint for invoices and payouts; empty: the other one does.
    """

    key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    api_base: str = "https://api.stripe.com"
    page_origin: str = "https://checkout.stripe.com"
    payout_webhook_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of one process. `database_url` is the application's login, `owner_url` the schema owner's.

    With `files_bucket` files lie in that bucket of `s3`, else on the disk in `files_dir`. Foreign addresses are fetched
    from the public internet only, and from `outbound_networks`. `data_keys` seal what must be shown again, the first
    one what is new (see `kernel/sealing.py`). Without `payments` nothing is paid in cash, without `mail` letters wait.
    Requests for another host than `hosts` are refused; none: every host is ours. `map_url` is where a map of a place
    opens, with {lat} and {lon} in it; without it pages offer none.
    `/metrics` answers whoever has `metrics_token`, and without one the machine itself alone.
    `trusted_proxies` is how many proxies stand in front and are believed about whom they speak for; 0: nobody is.
    """

    environment: str
    secret_key: str
    database_url: str
    owner_url: str
    redis_url: str | None
    base_url: str
    files_dir: Path
    simulator_url: str | None
    web_threads: int
    s3: S3Access | None = None
    files_bucket: str | None = None
    outbound_networks: tuple[str, ...] = ()
    data_keys: tuple[str, ...] = ()
    payments: PaymentAccess | None = None
    hosts: tuple[str, ...] = ()
    mail: MailAccess | None = None
    map_url: str = ""
    rates: Rates = field(default_factory=Rates)
    metrics_token: str = field(default="", repr=False)
    trusted_proxies: int = 0

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies demand https: everywhere but on a plain-http base URL."""
        return self.base_url.startswith("https://")


def load(env: Mapping[str, str] | None = None) -> Config:
    """Read the settings from `env` (default: the process environment over `var/env`). Raises ConfigError."""
    given = {**_remembered(), **os.environ} if env is None else dict(env)
    problems: list[str] = []
    environment = given.get("COALITION_ENV", "production")
    if environment not in ENVIRONMENTS:
        problems.append(f"COALITION_ENV is {environment!r}; it must be one of {', '.join(ENVIRONMENTS)}")
    database_url = _database_url(given, "DATABASE_URL", problems, required=True)
    owner_url = _database_url(given, "DATABASE_OWNER_URL", problems) or database_url
    secret_key = given.get("SECRET_KEY", "")
    if environment == "production":
        problems += secret_problems(secret_key)
    redis_url = given.get("REDIS_URL") or None
    if redis_url and not redis_url.startswith(("redis://", "rediss://", "unix://")):
        problems.append("REDIS_URL must start with redis://, rediss:// or unix://")
    base_url = given.get("BASE_URL", "http://127.0.0.1:5000").rstrip("/")
    if not base_url.startswith(("http://", "https://")):
        problems.append("BASE_URL must be an http or https address")
    web_threads = given.get("WEB_THREADS", "4")
    if not (web_threads.isdecimal() and 1 <= int(web_threads) <= 64):
        problems.append("WEB_THREADS must be a number from 1 to 64")
    proxies = given.get("TRUSTED_PROXIES", "0")
    if not (proxies.isdecimal() and int(proxies) <= _PROXIES_MAX):
        problems.append(f"TRUSTED_PROXIES must be a number from 0 to {_PROXIES_MAX}")
    s3, files_bucket = _s3(given, problems), given.get("FILES_S3_BUCKET") or None
    if files_bucket and s3 is None:
        problems.append("FILES_S3_BUCKET needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY")
    outbound = _networks(given, environment, problems)
    data_keys = _data_keys(given, problems)
    payments = _payments(given, problems)
    hosts, mail = host_names(given, environment, base_url), mail_access(given, problems)
    map_url = given.get("MAP_URL", "")
    if map_url and not (map_url.startswith("https://") and "{lat}" in map_url and "{lon}" in map_url):
        problems.append("MAP_URL must be an https address with {lat} and {lon} in it")
    allowed = rates(given, problems)
    if problems and not _brings_its_own():
        raise ConfigError(problems)
    return Config(
        metrics_token=given.get("METRICS_TOKEN", ""),
        environment=environment,
        secret_key=secret_key or _DEMO_SECRET,
        database_url=database_url or _NOWHERE,
        owner_url=owner_url,
        redis_url=redis_url,
        base_url=base_url,
        files_dir=Path(given.get("FILES_DIR", str(VAR / "files"))),
        simulator_url=given.get("SIMULATOR_URL") or None,
        web_threads=int(web_threads),
        s3=s3,
        files_bucket=files_bucket,
        payments=payments,
        outbound_networks=outbound,
        data_keys=data_keys,
        hosts=hosts,
        mail=mail,
        map_url=map_url,
        rates=allowed,
        trusted_proxies=int(proxies) if proxies.isdecimal() else 0,
    )


def current() -> Config:
    """The configuration of the application in whose context we run."""
    return cast(Config, current_app.config["COALITION"])


def _brings_its_own() -> bool:
    """Whether this process is a command that starts servers of its own, or needs none (`flask demo`, `flask dev`)."""
    words = [word for word in sys.argv[1:] if not word.startswith("-")]
    alone = words[:1] in (["demo"], ["dev"], []) or words[:2] in _WITHOUT_DATABASE
    return os.environ.get("FLASK_RUN_FROM_CLI") == "true" and alone


def _remembered() -> dict[str, str]:
    """What the running demo wrote down, unless this process is about another database."""
    if not (VAR / "env").is_file():
        return {}
    lines = (VAR / "env").read_text().splitlines()
    known = dict(line.split("=", 1) for line in lines if "=" in line)
    same = os.environ.get("DATABASE_URL", known.get("DATABASE_URL")) == known.get("DATABASE_URL")
    return known if same else {}


def _database_url(env: Mapping[str, str], name: str, problems: list[str], *, required: bool = False) -> str:
    url = env.get(name, "")
    if not url:
        if required:
            problems.append(f"{name} is missing: set it, or start the embedded servers with `flask demo`")
        return ""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in ("postgres", "postgresql", "postgresql+psycopg"):
        problems.append(f"{name} must be a postgresql:// address")
    return f"postgresql+psycopg://{rest}"


def _networks(env: Mapping[str, str], environment: str, problems: list[str]) -> tuple[str, ...]:
    """Networks that are not public and yet may be fetched from; loopback in the demo and in tests."""
    default = "" if environment == "production" else "127.0.0.0/8,::1/128"
    names = [name.strip() for name in env.get("OUTBOUND_NETWORKS", default).split(",") if name.strip()]
    for name in names:
        try:
            ipaddress.ip_network(name)
        except ValueError:
            problems.append(f"OUTBOUND_NETWORKS names {name!r}, which is no network such as 10.2.0.0/16")
    return tuple(names)


def _s3(env: Mapping[str, str], problems: list[str]) -> S3Access | None:
    key_id, secret, endpoint = env.get("S3_ACCESS_KEY_ID"), env.get("S3_SECRET_ACCESS_KEY"), env.get("S3_ENDPOINT_URL")
    if endpoint and not endpoint.startswith(("http://", "https://")):
        problems.append("S3_ENDPOINT_URL must be an http or https address")
    if bool(key_id) != bool(secret):
        problems.append("S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY belong together")
    if not key_id or not secret:
        return None
    return S3Access(endpoint or None, key_id, secret, env.get("S3_REGION") or "us-east-1")


def _data_keys(env: Mapping[str, str], problems: list[str]) -> tuple[str, ...]:
    keys = tuple(key for key in env.get("DATA_KEYS", "").split(",") if key)
    if not all(_DATA_KEY.fullmatch(key) for key in keys):
        problems.append("DATA_KEYS must be keys of Fernet (32 bytes as URL-safe base64), separated by commas")
    return keys


def _payments(env: Mapping[str, str], problems: list[str]) -> PaymentAccess | None:
    key, secret = env.get("STRIPE_SECRET_KEY"), env.get("STRIPE_WEBHOOK_SECRET")
    known = PaymentAccess("", "")
    api_base = (env.get("STRIPE_API_BASE") or known.api_base).rstrip("/")
    page_origin = (env.get("STRIPE_PAGE_ORIGIN") or known.page_origin).rstrip("/")
    if bool(key) != bool(secret):
        problems.append("STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET belong together")
    if not all(_ORIGIN.fullmatch(url) for url in (api_base, page_origin)):
        problems.append("STRIPE_API_BASE and STRIPE_PAGE_ORIGIN must be origins: https://host, and a port if need be")
    payouts = env.get("STRIPE_PAYOUT_WEBHOOK_SECRET") or ""
    return PaymentAccess(key, secret, api_base, page_origin, payouts) if key and secret else None
