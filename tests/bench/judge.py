#!/usr/bin/env python3
"""Measures what judging CFDI costs, against xmllint with the official schemas in the same run.

    python3 tests/bench/judge.py PROGRAM SAMPLES [SHARED]

PROGRAM is clara-audit, SAMPLES the folder samples/, SHARED holds official/. CPU time (user and
system) is what counts: it bears a loaded machine, but for the two cores. Asserts nothing.
"""

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

program, samples = sys.argv[1:3]
shared = sys.argv[3] if len(sys.argv) > 3 else ''
CERTS = ['--certs', os.path.join(samples, 'certs')]


def peak_of(command):
    """Peak KiB. A child of this process would begin with this one's peak: time(1) is small."""
    if not os.path.exists('/usr/bin/time'):
        return '?'
    with tempfile.NamedTemporaryFile('r') as out:
        subprocess.run(['/usr/bin/time', '-q', '-f', '%M', '-o', out.name] + command,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return out.read().strip()


def run(command, rounds=1, cores=None):
    """(median CPU s, median wall s, peak KiB) of a command."""
    if cores is not None:
        command = ['taskset', '-c', cores] + command
    cpu, wall = [], []
    for _ in range(rounds):
        begun = time.monotonic()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as child:
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = status
        wall.append(time.monotonic() - begun)
        cpu.append(used.ru_utime + used.ru_stime)
    return sorted(cpu)[rounds // 2], sorted(wall)[rounds // 2], peak_of(command)


def validate(*paths, rounds=1, cores=None):
    return run([program, '-q', '--json', 'validate'] + CERTS + list(paths), rounds, cores)


def row(what, value, note=''):
    print(f'{what:<58} {value:>12}  {note}', flush=True)


def ms(seconds):
    return f'{1000 * seconds:.2f} ms'


with tempfile.TemporaryDirectory() as work:
    good = sorted(glob.glob(os.path.join(samples, 'documents/mx/good/*.xml')))
    one = os.path.join(samples, 'documents/mx/good/papeleria-1.xml')
    one_cpu, _, one_peak = validate(one, rounds=31)
    row('one CFDI, whole process, everything checked', ms(one_cpu), f'{one_peak} KiB')
    if shared:
        official = os.path.join(shared, 'official/sat/www.sat.gob.mx/sitio_internet/cfd')
        schema = os.path.join(work, 'official.xsd')
        with open(schema, 'w', encoding='utf-8') as f:
            f.write('<schema xmlns="http://www.w3.org/2001/XMLSchema">')
            for space, path in (('http://www.sat.gob.mx/cfd/4', '4/cfdv40.xsd'),
                                ('http://www.sat.gob.mx/TimbreFiscalDigital',
                                 'TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd')):
                f.write(f'<import namespace="{space}" schemaLocation="{official}/{path}"/>')
            f.write('</schema>')
        peer = ['xmllint', '--noout', '--nonet', '--schema', schema]
        peer_cpu, _, peer_peak = run(peer + [one], 7)
        row('xmllint, the schema alone', ms(peer_cpu),
            f'{peer_peak} KiB; {peer_cpu / one_cpu:.0f} times as much')

    for number in range(10000):
        folder = f'{work}/many/{number // 500:02}'
        os.makedirs(folder, exist_ok=True)
        shutil.copyfile(good[number % len(good)], f'{folder}/{number:05}.xml')
    few, _, few_peak = validate(f'{work}/many/00', cores='0')
    many, many_wall, many_peak = validate(f'{work}/many', cores='0')
    each = (many - few) / 9500
    row('each of 10,000 CFDI, one core', ms(each), f'{many_peak} KiB; of 500: {few_peak} KiB')
    if shared:
        each_peer = (run(peer + [one] * 200)[0] - run(peer + [one] * 100)[0]) / 100
        row('xmllint in one process, each document', ms(each_peer),
            f'{each_peer / each:.0f} times as much')
        row('xmllint, a process for each document', ms(peer_cpu),
            f'{peer_cpu / each:.0f} times as much')
    if os.cpu_count() > 1:
        both, both_wall, both_peak = validate(f'{work}/many', cores='0,1')
        row('10,000 CFDI on two cores', f'{both_wall:.2f} s',
            f'{many_wall / both_wall:.2f} times as fast as one; CPU {both / many:.2f}; '
            f'{both_peak} KiB')

    # Lines: the one of a sample, again and again; seals and totals no longer hold, and are checked.
    with open(one, encoding='utf-8') as f:
        text = f.read()
    line = re.search(r'<cfdi:Concepto .*?</cfdi:Concepto>', text, re.S)[0]

    def with_lines(name, count, key=None):
        lines = line * count
        if key:
            lines = re.sub('ClaveProdServ="[0-9]*"', f'ClaveProdServ="{key}"', lines)
        path = os.path.join(work, name)
        with open(path, 'w', encoding='utf-8') as out:
            out.write(text.replace(line, lines))
        return path

    base = [with_lines('base.xml', 100)] * 200
    right = validate(*base)[0] / 200
    wrong = validate(*[with_lines('wrong.xml', 100, '99999999')] * 200)[0] / 200
    row('100 lines', ms(right))
    row('100 lines with wrong product keys', ms(wrong), f'{wrong / right:.2f} times as much')
    long = validate(*[with_lines('long.xml', 1100)] * 200)[0] / 200
    row('each line more', f'{1e6 * (long - right) / 1000:.2f} us')
