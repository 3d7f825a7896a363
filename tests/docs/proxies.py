"""nginx as a process, on docs/examples/nginx.conf as it stands there but for ports and files."""

from __future__ import annotations

import datetime
import ipaddress
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.patience import PATIENCE_S
from tests.servers import ROOT, free_port

EXAMPLE = ROOT / "docs" / "examples" / "nginx.conf"
PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")

AROUND = """
daemon off;
master_process off;  # so nobody is left behind when it is killed
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/inventory.conf;
}}
"""


class Nginx:
    """nginx before servers on these ports. As a context manager it starts, and ends for sure."""

    def __init__(self, folder: Path, servers: Sequence[int]) -> None:
        self.folder = folder
        self.port, self.plain_port = free_port(), free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"https://{self.host}"
        self.socket_url = f"wss://{self.host}/graphql"
        self.trust = ssl.create_default_context(cadata=self._certificate())
        (folder / "inventory.conf").write_text(self._example(servers))
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        assert PROGRAM is not None, "nginx is not installed"
        files = (
            "-p",
            self.folder,
            "-c",
            self.folder / "nginx.conf",
            "-e",
            self.folder / "error.log",
        )
        with (self.folder / "said").open("ab") as said:
            self._process = subprocess.Popen([PROGRAM, *files], stdout=said, stderr=said)
        deadline = time.monotonic() + PATIENCE_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._stop()
                raise AssertionError((self.folder / "said").read_text())
            time.sleep(0.05)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.connect(("127.0.0.1", self.port))
            return True
        return False

    def _example(self, servers: Sequence[int]) -> str:
        text = EXAMPLE.read_text()
        replaced = {
            "listen 80;": f"listen 127.0.0.1:{self.plain_port};",
            "listen 443 ssl;": f"listen 127.0.0.1:{self.port} ssl;",
            "/etc/ssl/inventory/": f"{self.folder}/",
        }
        for number, port in enumerate(servers):
            replaced[f"127.0.0.1:{8_000 + number} "] = f"127.0.0.1:{port} "
        for there, here in replaced.items():
            assert there in text, f"{EXAMPLE.name} has no {there!r} any more"
            text = text.replace(there, here)
        assert not re.search(r"127\.0\.0\.1:80\d\d ", text), "a server that this test has not"
        return text

    def _certificate(self) -> str:
        """One for this address, in the files that the example names; who trusts it trusts us."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.datetime.now(datetime.UTC)
        address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.SubjectAlternativeName([address]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        told = made.public_bytes(serialization.Encoding.PEM)
        (self.folder / "fullchain.pem").write_bytes(told)
        (self.folder / "privkey.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return told.decode()
