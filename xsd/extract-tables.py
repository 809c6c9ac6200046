#!/usr/bin/env python3
"""Take the code tables of CFDI and its complements out of SAT's published lists.

    python3 xsd/extract-tables.py SRC_DIR OUT_DIR

SRC_DIR holds sat/…/catCFDI.xsd and others (which codes exist) and catalogs/*.sql (dates and
combinations, one INSERT a line).  OUT_DIR is xsd/catalogs/sat; xsd/catalogs/README says what is
written there.
Run by hand when SAT publishes; the build only reads the result.
"""

import os
import re
import sys
import xml.etree.ElementTree as ElementTree

XSD = '{http://www.w3.org/2001/XMLSchema}'
CODES = 'sat/www.sat.gob.mx/sitio_internet/cfd/catalogos'
LARGE = {
    'catCFDI.xsd': ('c_CodigoPostal', 'c_ClaveProdServ', 'c_ClaveUnidad'),
    'CartaPorte/catCartaPorte.xsd': ('c_ClaveProdServCP', 'c_Estaciones', 'c_MaterialPeligroso'),
    'ComExt/catComExt.xsd': ('c_FraccionArancelaria',),
}
TAXES = {'ISR': '001', 'IVA': '002', 'IEPS': '003'}


def read_codes(path, names):
    """The enumerations of the named simple types, without the duplicates that the file holds."""
    codes = {}
    for kind in ElementTree.parse(path).getroot().iter(XSD + 'simpleType'):
        if kind.get('name') in names:
            codes[kind.get('name')] = {e.get('value') for e in kind.iter(XSD + 'enumeration')}
    missing = set(names) - set(codes)
    if missing:
        raise ValueError(f'{path}: no type {", ".join(sorted(missing))}')
    return codes


def read_rows(path):
    """The values of every INSERT of a file, as text."""
    rows = []
    with open(path, encoding='utf-8') as f:
        for line in f:
            m = re.match(r'INSERT INTO \w+ VALUES\((.*)\);$', line.rstrip('\n'))
            if m:
                found = re.findall(r"'((?:[^']|'')*)'|([^,']+)", m[1])
                rows.append([quoted.replace("''", "'") or bare for quoted, bare in found])
    return rows


def flag(value):
    return '1' if value == '1' else '0'


def currency(code, _, decimals, variation, since, until):
    return code, decimals, variation, since, until


def regime(code, _, natural, legal, since, until):
    return code, flag(natural), flag(legal), since, until


def use(code, _, natural, legal, since, until, regimes):
    allowed = ','.join(sorted(re.findall(r'\d+', regimes)))
    return code, flag(natural), flag(legal), allowed, since, until


def dated(code, *rest):
    return code, rest[-2], rest[-1]


def bare(code, *_rest):
    return (code,)


def country(code, _, _postcode, tax_id, *_rest):
    # One pattern carries the line break of a spreadsheet cell, written as \n.
    return code, tax_id.replace('\\n', '')


def tax_rate(kind, low, high, tax, factor, transfer, withholding, since, until):
    low = low or high  # a fixed rate is a range of one
    return ({'Fijo': 'fixed', 'Rango': 'range'}[kind], low, high, TAXES[tax.split()[0]], factor,
        flag(transfer), flag(withholding), since, until)


def fuel(code, _, _unit, kinds, since, until):
    return code, ','.join(re.findall(r'\w+', kinds)), since, until


def permit(code, _, _form, pattern, since, until):
    return code, pattern, since, until


TABLES = {
    'c_Moneda': ('cfdi_40_monedas', currency),
    'c_RegimenFiscal': ('cfdi_40_regimenes_fiscales', regime),
    'c_UsoCFDI': ('cfdi_40_usos_cfdi', use),
    'c_FormaPago': ('cfdi_40_formas_pago', dated),
    'c_ObjetoImp': ('cfdi_40_objetos_impuestos', dated),
    'c_TipoRelacion': ('cfdi_40_tipos_relaciones', dated),
    'c_Pais': ('cfdi_40_paises', country),
    'c_TasaOCuota': ('cfdi_40_reglas_tasa_cuota', tax_rate),
    'c_Aduana': ('cfdi_40_aduanas', bare),
    'c_PatenteAduanal': ('cfdi_40_patentes_aduanales', bare),
    'c_ClaveHYP': ('hyp_10_claves_hyp', fuel),
    'c_TipoPermisoHYP': ('hyp_10_tipos_permisos', permit),
}


def write_lines(path, lines):
    """Sorted by bytes, each line once, each ended by a newline."""
    with open(path, 'wb') as f:
        f.writelines(sorted({line.encode() + b'\n' for line in lines}))


def write_rows(path, rows):
    """Sorted by bytes of the first column, then of the others."""
    with open(path, 'wb') as f:
        for row in sorted([cell.encode() for cell in row] for row in rows):
            if any(b'\t' in cell or b'\n' in cell for cell in row):
                raise ValueError(f'{path}: a cell holds a tab or a newline')
            f.write(b'\t'.join(row) + b'\n')


def main(argv):
    if len(argv) != 3:
        print('usage: extract-tables.py SRC_DIR OUT_DIR', file=sys.stderr)
        return 2
    source, out = argv[1:]
    os.makedirs(out, exist_ok=True)
    for file, names in LARGE.items():
        for name, codes in read_codes(os.path.join(source, CODES, file), names).items():
            write_lines(os.path.join(out, name + '.txt'), codes)
    for name, (table, columns) in TABLES.items():
        rows = read_rows(os.path.join(source, 'catalogs', table + '.sql'))
        write_rows(os.path.join(out, name + '.tsv'), [columns(*row) for row in rows])
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
