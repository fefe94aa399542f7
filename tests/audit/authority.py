"""A real time-stamping authority on this machine: a test CA, and ``openssl ts`` behind a tiny HTTP server."""

import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

_CONFIGURATION = """
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = $dir/serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ordering = yes
tsa_name = yes
ess_cert_id_chain = no
ess_cert_id_alg = sha256
[ca]
basicConstraints = critical, CA:TRUE
[stamping]
extendedKeyUsage = critical, timeStamping
keyUsage = critical, digitalSignature
"""


class Authority:
    """Serves until closed; ``certificates`` is its chain as PEM. ``refuse`` makes it answer that it will not."""

    def __init__(self, folder: Path, *, days: int = 30) -> None:
        self.folder, self.refuse = folder, False
        (folder / "openssl.cnf").write_text(_CONFIGURATION.format(folder=folder))
        (folder / "serial").write_text("01\n")
        new = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days))
        self._run(*new, "-subj", "/CN=Test root", "-keyout", "ca.key", "-out", "ca.pem")
        request = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Test stamps")
        self._run(*request, "-keyout", "tsa.key", "-out", "tsa.csr")
        signed = ("x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-set_serial", "2")
        self._run(*signed, "-days", str(days), "-extfile", "openssl.cnf", "-extensions", "stamping", "-out", "tsa.pem")
        self.certificates = folder / "ca.pem"
        self._server = HTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _run(self, *arguments: str) -> bytes:
        done = subprocess.run(("openssl", *arguments), cwd=self.folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                asked = self.rfile.read(int(self.headers["content-length"]))
                (authority.folder / "asked.tsq").write_bytes(b"" if authority.refuse else asked)
                query = ("ts", "-reply", "-config", "openssl.cnf", "-queryfile", "asked.tsq", "-section", "one")
                try:
                    said = authority._run(*query)
                except AssertionError:
                    self.send_error(500)
                    return
                self.send_response(200)
                self.send_header("content-type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_said: object) -> None:
                pass

        return Handler
