"""Makes the certificates that are not there yet: the proxy's, which browsers warn of until a real
one takes its place (docs/operations.md), those by which the portal knows its own PostgreSQL and
Redis, and those by which proxy and web know each other.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# nobody renews what never leaves the machine; a new one is made by removing the folder's files
YEARS = 10


def make_key(file: Path) -> ec.EllipticCurvePrivateKey:
    key = ec.generate_private_key(ec.SECP256R1())
    file.touch(mode=0o600)
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return key


def certify(
    hosts: list[str],
    key: ec.EllipticCurvePrivateKey,
    *,
    by: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
    days: int,
    authority: bool = False,
) -> x509.Certificate:
    """Sign a certificate for ``hosts`` with the authority ``by``, or with its own key where there
    is none.
    """
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hosts[0][:64])])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(
            subject_name=name,
            issuer_name=by[0].subject if by else name,
            public_key=key.public_key(),
        )
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(
            x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True
        )
        .add_extension(
            x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False
        )
        # Python's strict reading of RFC 5280 wants both, and what an authority's key may do.
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((by[1] if by else key).public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=not authority,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=authority,
                crl_sign=authority,
                encipher_only=False,
                decipher_only=False,
            ),
            critical=True,
        )
    )
    return builder.sign(by[1] if by else key, hashes.SHA256())


def write(certificate: x509.Certificate, file: Path) -> None:
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def make_proxy_certificate(folder: Path, hosts: list[str]) -> None:
    if not (folder / "portal.pem").exists():
        write(certify(hosts, make_key(folder / "portal.key"), days=90), folder / "portal.pem")


def make_internal_certificates(folders: dict[str, Path], authorities: list[Path]) -> None:
    """Make an authority whose key is discarded at once, and a key with its certificate for each
    name of ``folders``.

    ``authorities`` are the files that get the authority's certificate, and nothing else, for those
    who ask for proof.
    """
    if all(file.exists() for file in authorities):
        return
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = certify(["portal-internal"], authority_key, days=366 * YEARS, authority=True)
    for name, place in folders.items():
        place.mkdir(exist_ok=True)
        key = make_key(place / "server.key")
        signed = certify([name, "localhost"], key, by=(authority, authority_key), days=366 * YEARS)
        write(signed, place / "server.pem")
    for file in authorities:  # last: their presence says that all is there
        write(authority, file)


def make_database_certificates(servers: Path, public: Path) -> None:
    folders = {name: servers / name for name in ("postgres", "redis")}
    make_internal_certificates(folders, [servers / "ca.pem", public / "ca.pem"])


def make_web_certificates(web: Path, proxy: Path) -> None:
    """Make certificates of an authority of their own, so that a process with another key of this
    machine cannot pose as the proxy.
    """
    make_internal_certificates({"web": web, "proxy": proxy}, [web / "ca.pem", proxy / "ca.pem"])


def folder(variable: str) -> Path:
    return Path(os.environ[variable])


if __name__ == "__main__":
    make_proxy_certificate(
        folder("PROXY_CERTIFICATES"), [os.environ["PORTAL_HOST"], os.environ["MEDIA_HOST"]]
    )
    make_database_certificates(folder("INTERNAL_CERTIFICATES"), folder("INTERNAL_CA"))
    make_web_certificates(folder("INTERNAL_WEB"), folder("INTERNAL_PROXY"))
