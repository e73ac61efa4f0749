"""The headers of every answer."""

from __future__ import annotations

from urllib.parse import urlsplit

Headers = list[tuple[bytes, bytes]]


def content_security_policy(public_url: str, script_hashes: frozenset[str]) -> str:
    """Return a policy without unsafe scripts: our own files and the hashed inline ones only."""
    parts = urlsplit(public_url)
    socket = f"{'wss' if parts.scheme == 'https' else 'ws'}://{parts.netloc}"
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *sorted(script_hashes)]),
        # Reflex writes style elements; a style cannot act.
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' data:",
        "font-src": "'self'",
        "connect-src": f"'self' {socket}",
        "object-src": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
        "form-action": "'self'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def common(policy: str, *, https: bool) -> Headers:
    """Return what every answer carries."""
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if https:
        headers["strict-transport-security"] = "max-age=31536000"
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def caching(path: str) -> bytes:
    """Return how long an answer may be kept: hashed assets for good, pages checked, data never."""
    if path.startswith("/assets/"):
        return b"public, max-age=31536000, immutable"
    if path.startswith("/fonts/"):
        return b"public, max-age=604800"
    if path.startswith(("/api/", "/auth/", "/healthz", "/readyz", "/metrics")):
        return b"no-store"
    return b"no-cache"
