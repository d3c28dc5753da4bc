"""What an app asks of a member at the authorization endpoint, read so strictly that it can be read in one way only.

Until client and address are known to belong together nothing is sent anywhere: that refusal is a page. From then on
a refusal is an answer to the app (`SentBack`). RFC 6749 4.1, RFC 7636, RFC 9207, RFC 9700. Authlib's half for this
endpoint is not used: it takes `plain`, does not demand PKCE of confidential clients, and looks for the address late.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from coalition.access.clients import Client, named_client
from coalition.access.oauth.redirects import with_answer
from coalition.kernel.errors import BadRequest

Params = Mapping[str, Sequence[str]]
METHOD = "S256"
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_STATE = re.compile(r"[ -~]{0,2000}")  # RFC 6749 A.5
_UNSUPPORTED = ("request", "request_uri", "registration")


@dataclass(frozen=True, slots=True)
class Wish:
    """A sound request: which app would like to do what for the member, and where it waits for the answer."""

    client: Client
    redirect_uri: str
    scopes: frozenset[str]
    state: str | None
    challenge: str

    def answered(self, issuer: str, **answer: str) -> str:
        """The address that carries an answer to the app, with the state as it came and who answers."""
        given = {} if self.state is None else {"state": self.state}
        return with_answer(self.redirect_uri, {**answer, **given, "iss": issuer})


class SentBack(Exception):
    """The app gets this error; `wish` knows where to."""

    def __init__(self, wish: Wish, error: str, why: str) -> None:
        super().__init__(f"{error}: {why}")
        self.wish = wish
        self.error = error
        self.why = why


def read(params: Params) -> Wish:
    """The wish behind the parameters of a request (each with all its values).

    Raises BadRequest (`unknown_app`, `bad_redirect`, `parameter_twice`) while the app is not known, then SentBack.
    """
    client, uri = _who(params)
    twice = sorted(name for name, values in params.items() if len(values) > 1)
    state = _one(params, "state") if "state" not in twice else None
    known = state if state is None or _STATE.fullmatch(state) else None
    wish = Wish(client, uri, frozenset(), known, "")
    if twice:
        raise SentBack(wish, "invalid_request", f"A parameter was sent twice: {twice[0][:40]!a}.")
    if known != state:
        raise SentBack(wish, "invalid_request", "The state is too long or holds other characters than visible ASCII.")
    _check_mode(wish, params)
    return Wish(client, uri, _scopes(wish, params), state, _challenge(wish, params))


def _who(params: Params) -> tuple[Client, str]:
    for name in ("client_id", "redirect_uri"):
        if len(params.get(name, ())) > 1:
            raise BadRequest("parameter_twice", f"{name} was sent twice.")
    client = named_client(_one(params, "client_id") or "")
    if client is None:
        raise BadRequest("unknown_app", "There is no such app, or it is switched off.")
    uri = _one(params, "redirect_uri") or ""
    if uri not in client.redirect_uris:
        raise BadRequest("bad_redirect", "The app has not registered the address to which you would be sent back.")
    return client, uri


def _check_mode(wish: Wish, params: Params) -> None:
    kind = _one(params, "response_type")
    if not kind:
        raise SentBack(wish, "invalid_request", "The parameter response_type is missing.")
    if kind != "code":
        raise SentBack(wish, "unsupported_response_type", "Only response_type=code is given.")
    if _one(params, "response_mode") not in (None, "query"):
        raise SentBack(wish, "invalid_request", "Only response_mode=query is given.")
    if any(name in params for name in _UNSUPPORTED):
        raise SentBack(wish, "request_not_supported", "Send the parameters themselves.")
    prompt = _one(params, "prompt")
    if prompt == "none":
        raise SentBack(wish, "consent_required", "A member is always asked.")
    if prompt not in (None, "consent"):
        raise SentBack(wish, "invalid_request", "Of prompt only consent is known, which is what happens anyhow.")


def _scopes(wish: Wish, params: Params) -> frozenset[str]:
    asked = frozenset((_one(params, "scope") or "").split(" ")) - {""}
    allowed = wish.client.member_scopes
    if not (asked or allowed) <= allowed or not allowed:
        raise SentBack(wish, "invalid_scope", "The app may not ask a member for this.")
    return asked or allowed


def _challenge(wish: Wish, params: Params) -> str:
    challenge = _one(params, "code_challenge") or ""
    if _one(params, "code_challenge_method") != METHOD or not _CHALLENGE.fullmatch(challenge):
        raise SentBack(wish, "invalid_request", "Send a code_challenge with code_challenge_method=S256 (RFC 7636).")
    return challenge


def _one(params: Params, name: str) -> str | None:
    values = params.get(name) or (None,)
    return values[0]
