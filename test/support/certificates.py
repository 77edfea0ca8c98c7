"""Certificates for fake servers that speak TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def self_signed(address: str, folder: Path, *, is_named: bool = True) -> ssl.SSLContext:
    """The context of a server whose certificate nobody has signed but itself.

    The certificate is in `server.pem`. Unless it `is_named`, it has no subjectAltName.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    try:
        subject: x509.GeneralName = x509.IPAddress(ip_address(address))
    except ValueError:
        subject = x509.DNSName(address)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), serial_number=1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
    )
    if is_named:
        builder = builder.add_extension(x509.SubjectAlternativeName([subject]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    pem = folder / "server.pem"
    form, no_password = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    pem.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, form, no_password)
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context
