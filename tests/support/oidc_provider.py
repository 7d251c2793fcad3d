"""A provider of sign-ins on this machine, as small as OpenID Connect allows: people choose their address by a link.

Its endpoints: discovery, authorize (code flow with PKCE), token (the client says its secret), jwks. The key that signs
id tokens is made by whoever starts it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "lens", "a secret of the tests"


@dataclass(frozen=True)
class Person:
    """Whoever can sign in. `verified`: whether the provider has checked the address; None: it does not say."""

    email: str
    verified: bool | None = True


@dataclass
class Provider:
    """A running provider. `asked`: the paths that were asked for, in their order."""

    url: str
    people: Sequence[Person]
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}))
    asked: list[str] = field(default_factory=list)
    codes: dict[str, tuple[Person, dict[str, str]]] = field(default_factory=dict)

    @property
    def discovery(self) -> str:
        """The address that a client is told."""
        return f"{self.url}/.well-known/openid-configuration"

    def metadata(self) -> dict[str, object]:
        """What the discovery says."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }

    def choice(self, asked: dict[str, str]) -> str:
        """The page on which people choose who they are: a link each, back to the client with a code."""
        links = []
        for person in self.people:
            code = secrets.token_urlsafe(24)
            self.codes[code] = (person, asked)
            back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
            links.append(f'<p><a href="{escape(back)}">{escape(person.email)}</a></p>')
        return f"<!doctype html><title>Sign in</title><h1>Who are you?</h1>{''.join(links)}"

    def token(self, sent: dict[str, str], header: str) -> dict[str, object] | None:
        """The tokens for a code, which counts once; None for a client or a proof that is wrong."""
        client = _basic(header) or (sent.get("client_id", ""), sent.get("client_secret", ""))
        person, asked = self.codes.pop(sent.get("code", ""), (None, {}))
        proof = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        is_proven = base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == asked.get("code_challenge")
        if client != (CLIENT_ID, CLIENT_SECRET) or person is None or not is_proven:
            return None
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT_ID, "sub": person.email, "email": person.email, "iat": now}
        claims |= {"exp": now + 300, "nonce": asked["nonce"]}
        claims |= {} if person.verified is None else {"email_verified": person.verified}
        signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return {"access_token": secrets.token_urlsafe(8), "token_type": "Bearer", "expires_in": 300, "id_token": signed}


@contextmanager
def oidc_provider(*people: Person) -> Iterator[Provider]:
    """A provider of these people's sign-ins, on a free port of the loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_address[1]}", people)
        server.provider = provider  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield provider
        finally:
            server.shutdown()


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Discovery, the keys, and the page on which people choose."""
        provider, parts = self._provider(), urlsplit(self.path)
        if parts.path == "/.well-known/openid-configuration":
            self._send(json.dumps(provider.metadata()), "application/json")
        elif parts.path == "/jwks":
            self._send(json.dumps({"keys": [provider.key.as_dict(private=False)]}), "application/json")
        elif parts.path == "/authorize":
            self._send(provider.choice(_named(parts.query)), "text/html")
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        """A code for its tokens."""
        provider = self._provider()
        sent = _named(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())
        found = provider.token(sent, self.headers.get("Authorization", "")) if self.path == "/token" else None
        self._send(json.dumps(found or {"error": "invalid_grant"}), "application/json", 200 if found else 400)

    def _provider(self) -> Provider:
        provider: Provider = self.server.provider  # type: ignore[attr-defined]
        provider.asked.append(urlsplit(self.path).path)
        return provider

    def _send(self, text: str, kind: str, status: int = 200) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the test's output is its own."""


def _named(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _basic(header: str) -> tuple[str, str] | None:
    if not header.startswith("Basic "):
        return None
    name, _, secret = base64.b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return unquote(name), unquote(secret)


def secrets_file(app_url: str, provider: Provider) -> str:
    """Streamlit's secrets for an app at this address, as its paper names them."""
    values = {
        "redirect_uri": f"{app_url}/oauth2callback",
        "cookie_secret": secrets.token_hex(32),
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "server_metadata_url": provider.discovery,
    }
    return "[auth]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
