"""The demo authority: keys and certificates that seal and sign the documents.

They are made once, by `generate.py --new-authority`, and kept in samples/authority/: the documents
must come out the same byte for byte whenever they are regenerated. Nobody should trust these keys.
"""

import shutil
import tempfile
from pathlib import Path

from . import people
from .base import openssl

MARK = "DEMO KEY of the clara-audit samples: public on purpose, worthless, never to be trusted.\n"

# Validity in UTC: authorities outlive the certificates, which cover November 2024
# (two of Brazil's: August 2026).
_CA_DATES = ("20220101000000Z", "20320101000000Z")
_CSD_DATES = ("20230105180000Z", "20270105180000Z")  # SAT issues for four years
_BR_DATES = ("20240301120000Z", "20250301120000Z")  # an A1 certificate lives one year
_BR_DATES_2026 = ("20260301120000Z", "20270301120000Z")

_CA_CONF = """
[ca]
default_ca = demo
[demo]
new_certs_dir = {dir}
database = {dir}/index.txt
serial = {dir}/serial
unique_subject = no
default_md = sha256
policy = any
string_mask = utf8only
utf8 = yes
[any]
C = optional
O = optional
OU = optional
CN = supplied
name = optional
x500UniqueIdentifier = optional
serialNumber = optional
[req]
prompt = no
utf8 = yes
string_mask = utf8only
distinguished_name = subject
[subject]
{subject}
[extensions]
{extensions}
"""

_CA_EXTENSIONS = "basicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign,cRLSign\n"


class Authority:
    """Keys and certificates by name, read from a folder."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def key(self, name):
        return self.folder / f"{name}.key"

    def pem(self, name):
        return self.folder / f"{name}.pem"

    def der(self, name):
        return openssl("x509", "-in", str(self.pem(name)), "-outform", "DER")


def _issue(folder, name, subject, extensions, serial, dates, issuer=None):
    """Makes a key and a certificate; without an issuer it signs itself."""
    key, pem = folder / f"{name}.key", folder / f"{name}.pem"
    if not key.exists():
        made = openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
        key.write_bytes(MARK.encode() + made)
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        conf = work / "ca.cnf"
        lines = "\n".join(f"{field} = {value}" for field, value in subject)
        conf.write_text(
            _CA_CONF.format(dir=work, subject=lines, extensions=extensions), encoding="utf-8"
        )
        (work / "index.txt").write_text("")
        (work / "serial").write_text(serial + "\n")
        openssl("req", "-new", "-config", str(conf), "-key", str(key), "-out", str(work / "csr"))
        signer = issuer or name
        args = ["-selfsign"] if issuer is None else ["-cert", str(folder / f"{issuer}.pem")]
        openssl(
            "ca", "-batch", "-notext", "-utf8", "-config", str(conf), "-extensions", "extensions",
            "-startdate", dates[0], "-enddate", dates[1], "-in", str(work / "csr"),
            "-keyfile", str(folder / f"{signer}.key"), "-out", str(work / "crt"), *args,
        )
        pem.write_bytes(openssl("x509", "-in", str(work / "crt")))


def _digits_as_serial(digits):
    """SAT writes the certificate number as ASCII digits into the serial number."""
    return digits.encode("ascii").hex()


def _sat_subject(who, unit):
    unique = f"{who.tax_id} / {who.representative}" if who.representative else who.tax_id
    return (
        ("CN", who.name),
        ("name", who.name),
        ("O", who.name),
        ("C", "MX"),
        ("x500UniqueIdentifier", unique),
        ("OU", unit),
    )


def _icp_extensions(cnpj):
    return (
        "basicConstraints = CA:false\n"
        "keyUsage = critical,digitalSignature,nonRepudiation,keyEncipherment\n"
        "subjectAltName = @names\n"
        "[names]\n"
        f"otherName.0 = 2.16.76.1.3.3;PRINTABLESTRING:{cnpj}\n"
    )


def renew(folder):
    """Makes every key that is missing, and all certificates anew."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    leaf = "basicConstraints = CA:false\nkeyUsage = critical,digitalSignature,nonRepudiation\n"

    sat = (
        ("CN", "DEMO AC del SAT (sin valor)"), ("O", "DEMO Servicio de Certificacion"), ("C", "MX")
    )
    _issue(
        folder, "sat-ca", sat, _CA_EXTENSIONS, _digits_as_serial("99001000000000000099"), _CA_DATES
    )
    _issue(
        folder, "mx-pac", _sat_subject(people.MX_PAC, "DEMO TIMBRADO"), leaf,
        _digits_as_serial(people.MX_PAC.serial), _CSD_DATES, "sat-ca",
    )
    for issuer in people.MX_ISSUERS.values():
        _issue(
            folder, f"mx-{issuer.slug}", _sat_subject(issuer, "DEMO MATRIZ"), leaf,
            _digits_as_serial(issuer.serial), _CSD_DATES, "sat-ca",
        )

    root = (
        ("C", "BR"), ("O", "ICP-Brasil DEMO"),
        ("CN", "DEMO Autoridade Certificadora Raiz (sem valor)"),
    )
    _issue(folder, "icp-ca", root, _CA_EXTENSIONS, "0D3300", _CA_DATES)
    signers = (*people.BR_ISSUERS.values(), people.BR_CARRIER, people.BR_HOTEL, people.BR_SEFIN)
    for number, issuer in enumerate(signers, 1):
        subject = (
            ("C", "BR"),
            ("O", "ICP-Brasil DEMO"),
            ("OU", "DEMO e-CNPJ A1"),
            ("CN", f"{issuer.name}:{issuer.tax_id}"),
        )
        _issue(
            folder, f"br-{issuer.slug}", subject, _icp_extensions(issuer.tax_id),
            f"0D33{number:02X}", _BR_DATES_2026 if issuer.slug in people.BR_OF_2026 else _BR_DATES,
            "icp-ca",
        )

    root = (("C", "CO"), ("O", "DEMO"), ("CN", "DEMO Entidad de Certificacion (sin valor)"))
    _issue(folder, "co-ca", root, _CA_EXTENSIONS, "0D5700", _CA_DATES)
    for number, signer in enumerate((people.CO_PROVIDER, people.CO_DIAN), 1):
        subject = (("C", "CO"), ("O", signer.name), ("CN", signer.name), ("serialNumber", signer.tax_id))
        _issue(
            folder, f"co-{signer.slug}", subject, leaf, f"0D57{number:02X}", _BR_DATES, "co-ca"
        )


def copy(source, target):
    """The authority is input, not output: a regeneration takes it over as it is."""
    shutil.copytree(source, target)
