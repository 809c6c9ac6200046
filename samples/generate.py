#!/usr/bin/env python3
"""Writes samples/: three demo companies as recorded API answers, and their fiscal documents.

    generate.py                  write everything but the authority
    generate.py --check          regenerate elsewhere and compare byte for byte (exit 1: they differ)
    generate.py --new-authority  make certificates (and missing keys) anew, then write everything

Needs Python 3.9 or newer and the openssl command. See README.md.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # leaves no __pycache__ in the tree
sys.path.insert(0, str(Path(__file__).resolve().parent))

from maker import authority, br, co, mx, people, taxid  # noqa: E402
from maker.base import seeded, to_json  # noqa: E402

HERE = Path(__file__).resolve().parent
OUTPUT = ("config", "salt.key", "planted.tsv", "certs", "documents", "mx", "br", "co")

CONFIG = """; Demo companies of clara-audit: all invented, nothing secret. Written by generate.py.
[defaults]
data_dir = data
"""

SECTION = """
[entity {entity}]
country  = {country}
tax_id   = {tax_id}
name     = {name}
base_url = replay:{country}
salt_key = salt.key
"""

CERTS = {"demo-pac": "mx-pac", "demo-sat-ca": "sat-ca", "demo-icp-brasil-ca": "icp-ca"}


def config(companies):
    text = CONFIG
    for company in companies:
        text += SECTION.format(
            entity=company.entity,
            country=company.country,
            tax_id=company.taxpayer.tax_id,
            name=company.taxpayer.name,
        )
        if company.country == "mx":
            text += f"sister_tax_ids = {people.MX_SISTER.tax_id}\n"
    return text.encode("utf-8")


def planted(companies):
    lines = ["fault\tentity\tkind\tuuid\tdocument\texpected"]
    for company in companies:
        lines += ["\t".join(row) for row in company.planted]
    return ("\n".join(lines) + "\n").encode("utf-8")


def outputs(keys):
    """Every generated file as relative path -> bytes."""
    companies = [mx.build(keys), br.build(keys), co.build(keys)]
    files = {
        "config": config(companies),
        "salt.key": seeded("salt.key DEMO"),
        "planted.tsv": planted(companies),
    }
    for name, source in CERTS.items():
        files[f"certs/{name}.cer"] = keys.der(source)
    for company in companies:
        files.update(company.documents)
        log = "".join(to_json(answer) + "\n" for answer in company.answers)
        files[f"{company.country}/answers.jsonl"] = log.encode("utf-8")
        for name, data in company.bodies.items():
            files[f"{company.country}/{name}"] = data
    return files


def write(files, target):
    for name in OUTPUT:
        path = target / name
        if path.is_dir():
            shutil.rmtree(path)
    for name, data in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def present(root):
    """The generated files that lie in the tree."""
    found = {}
    for name in OUTPUT:
        path = root / name
        for file in [path] if path.is_file() else sorted(path.rglob("*")):
            if file.is_file():
                found[file.relative_to(root).as_posix()] = file.read_bytes()
    return found


def check(files):
    with tempfile.TemporaryDirectory() as scratch:
        write(files, Path(scratch))
        made, kept = present(Path(scratch)), present(HERE)
    differ = sorted(name for name in made.keys() | kept.keys() if made.get(name) != kept.get(name))
    for name in differ:
        if name not in kept:
            state = "missing in the tree"
        else:
            state = "differs" if name in made else "not generated"
        print(f"{name}: {state}", file=sys.stderr)
    return 1 if differ else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--check", action="store_true", help="compare with the tree, write nothing")
    parser.add_argument(
        "--new-authority", action="store_true", help="make the demo certificates anew"
    )
    options = parser.parse_args()
    if options.check and options.new_authority:
        parser.error("--check and --new-authority exclude each other")
    taxid.self_test()
    if options.new_authority:
        authority.renew(HERE / "authority")
    files = outputs(authority.Authority(HERE / "authority"))
    if options.check:
        return check(files)
    write(files, HERE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
