"""Addresses of the form ``tcp://host:port``."""

import ipaddress
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from robot.errors import ArmError

DEFAULT_PORT = 5555


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Host and port of an arm server. Port 0 lets a server choose a free one."""

    host: str
    port: int = DEFAULT_PORT

    @classmethod
    def parse(cls, url: str) -> Self:
        """Return the endpoint of ``tcp://host[:port]``. Raises ArmError for anything else."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        plain = host and parts.scheme == "tcp" and not (parts.path or parts.query or parts.username)
        if host is None or not plain:
            raise ArmError(f"{url!r} is no arm address: write it as tcp://host:{DEFAULT_PORT}")
        return cls(host, DEFAULT_PORT if port is None else port)

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    def with_port(self, port: int) -> "Endpoint":
        """Return the same host with another port."""
        return Endpoint(self.host, port)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"
