"""`POST /sign`: a certificate request in PEM becomes a certificate of the instance's authority."""

import datetime as dt
import http.server
import pathlib

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ADDRESS = ("127.0.0.1", 8081)
RUN = pathlib.Path("/run/services")
LIFETIME = dt.timedelta(days=90)
BACKDATED = dt.timedelta(minutes=5)
LONGEST = 64 * 1024


class RefusedError(Exception):
    """The request cannot be signed; the text says why."""


def sign(request: bytes) -> bytes:
    """Sign the request's names and key; raises RefusedError."""
    try:
        csr = x509.load_pem_x509_csr(request)
    except ValueError as error:
        raise RefusedError(f"not a certificate request in PEM: {error}") from None
    if not csr.is_signature_valid:
        raise RefusedError("the request is not signed by its own key")
    return certificate(csr).public_bytes(serialization.Encoding.PEM)


def certificate(csr: x509.CertificateSigningRequest) -> x509.Certificate:
    """A server certificate for the names the request asks for."""
    authority = x509.load_pem_x509_certificate((RUN / "ca.crt").read_bytes())
    key = serialization.load_pem_private_key((RUN / "ca.key").read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise RefusedError("the authority's key is not the elliptic curve key it was made with")
    now = dt.datetime.now(dt.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(csr.subject)
        .issuer_name(authority.subject)
        .public_key(csr.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
        # A certificate without a subject is known by its names alone.
        .add_extension(names(csr), critical=not list(csr.subject))
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    return builder.sign(key, hashes.SHA256())


def names(csr: x509.CertificateSigningRequest) -> x509.SubjectAlternativeName:
    """The names asked for: the extension, else the common name."""
    try:
        return csr.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = csr.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    if not common:
        raise RefusedError("the request names no host: give it a subjectAltName")
    return x509.SubjectAlternativeName([x509.DNSName(str(common[0].value))])


class Handler(http.server.BaseHTTPRequestHandler):
    """The one route, and a liveness answer."""

    def do_GET(self) -> None:
        """Hand out the authority's own certificate at /ca.crt."""
        if self.path == "/ca.crt":
            self.reply(200, (RUN / "ca.crt").read_bytes())
        else:
            self.reply(404, b"not found\n")

    def do_POST(self) -> None:
        """Sign, or say why not."""
        length = int(self.headers.get("Content-Length") or 0)
        if self.path != "/sign" or not 0 < length <= LONGEST:
            self.reply(404 if self.path != "/sign" else 400, b"POST a request in PEM to /sign\n")
            return
        try:
            self.reply(200, sign(self.rfile.read(length)))
        except RefusedError as error:
            self.reply(400, f"{error}\n".encode())

    def reply(self, status: int, body: bytes) -> None:
        """Send one answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/x-pem-file")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


def serve() -> None:
    """Serve for ever."""
    http.server.ThreadingHTTPServer(ADDRESS, Handler).serve_forever()
