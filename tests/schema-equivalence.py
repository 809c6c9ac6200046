#!/usr/bin/env python3
"""Compare the verdict of our schema set with the official one.

    python3 tests/schema-equivalence.py --shared DIR --xsd DIR --tables DIR [--mutants N] [--seed S]

--shared holds official/ (SAT and NF-e schema files) and corpus/ (fiscal documents); --xsd holds the
XSD files compiled from xsd/*.sch, --tables the code lists of xsd/catalogs/sat.  For each of our
schemas (a complement stands for itself, as the root of a document) these documents are judged by
both sides, with xmllint:

  - every document of the corpus of that kind;
  - a document with each code of each list that the official schema holds, once, or as many as
    --codes says;
  - N documents per kind, for a complement a tenth of that, for CT-e, MDF-e, NFS-e and events a quarter, for
    what their layouts leave open a fortieth: every fourth a mutant of the corpus, the others written at random along
    the official schema, each aimed at one of its declarations in turn, which is left out, repeated
    once too often, or given a value at the edge of its type.  An NF-e has some 1,300 declarations
    with a dozen edges each: N from 20,000 on reaches most of them, 1,000 finds a gross mistake.

With --checked the checker that is made of our schemas is asked as well: what it admits and libxml2
refuses with the same schema is a disagreement too.

Every document comes from (seed, kind, number) alone.  Each disagreement is a line; the last line is
"N compared, N disagree".  Exit: 0 none disagrees, 1 some do, 77 without --shared (skipped).

The official schemas of SAT are judged without their long code lists, whose error messages cost a
second each; their membership is decided by the lists as read from the official files.  For CFDI 4.0
a small sample goes through the untouched official files as well, to show that this changes no
verdict.
"""

import argparse
import base64
import copy
import datetime
import decimal
import functools
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

XS = '{http://www.w3.org/2001/XMLSchema}'
XSI = 'http://www.w3.org/2001/XMLSchema-instance'
CFDI = 'http://www.sat.gob.mx/cfd/4'
TFD = 'http://www.sat.gob.mx/TimbreFiscalDigital'
NFE = 'http://www.portalfiscal.inf.br/nfe'
DSIG = 'http://www.w3.org/2000/09/xmldsig#'
BATCH = 400  # documents a process of xmllint
LONG_LISTS = ('c_CodigoPostal', 'c_ClaveProdServ', 'c_ClaveUnidad', 'c_ClaveProdServCP',
              'c_Estaciones', 'c_MaterialPeligroso', 'c_FraccionArancelaria')


# Kinds of which the checker has to admit most valid documents: without them it would be of no use.
HOT = ('cfdi-4.0', 'cfdi-3.3', 'pagos-2.0', 'nomina-1.2', 'nfe-4.00-pl010e', 'nfe-4.00-pl010d')


# ---- Judges ----

def xmllint(schema, paths):
    """{path: (valid, first message)}; a document that is not well-formed counts as not valid."""
    verdicts = {}
    for start in range(0, len(paths), BATCH):
        batch = paths[start:start + BATCH]
        command = ['xmllint', '--noout', '--nonet', '--huge', '--schema', schema]
        run = subprocess.run(command + batch, capture_output=True, check=False)
        text = run.stderr.decode('utf-8', 'replace')
        if 'failed to compile' in text:
            raise RuntimeError(f'xmllint cannot compile {schema}:\n{text[:2000]}')
        messages = {}
        for line in text.split('\n'):
            path, _, rest = line.partition(':')
            if path in batch or rest:
                messages.setdefault(path, rest)
            done = re.fullmatch(r'(.*) (validates|fails to validate)', line)
            if done:
                message = messages.get(done[1], '').strip()[:200]
                verdicts[done[1]] = (done[2] == 'validates', message)
        for path in batch:
            verdicts.setdefault(path, (False, messages.get(path, 'no verdict').strip()[:200]))
    return verdicts


def unlisted(root, kind, lists):
    """The first code of a document that its long list does not hold, or None."""
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        space, _, name = element.tag[1:].rpartition('}')
        for attribute, value in element.attrib.items():
            listed = kind.official.looked_up.get((space, name, attribute))
            collapsed = ' '.join(re.findall('[^ \t\r\n]+', value))
            if listed and collapsed not in lists[listed]:
                return f'{name}/@{attribute} {value!r} is not listed'
    return None


def with_lists(verdicts, documents, kind, lists):
    """The verdict of the schema joined with that of the long lists."""
    joined = {}
    for path, (valid, message) in verdicts.items():
        wrong = unlisted(documents[path], kind, lists) if valid else None
        joined[path] = (valid and not wrong, wrong or message)
    return joined


# ---- The official schema, as far as it takes to write documents along it ----

class Pattern:
    """Writes random strings that match an XSD pattern (the constructs the official files use)."""

    ANY = [chr(c) for c in range(33, 127)]
    CLASSES = {'d': list('0123456789'), 'w': list('abcXYZ019'), 's': [' ']}

    def __init__(self, text):
        self.text, self.at = text, 0
        self.tree = self.alternatives()
        if self.at != len(text):
            raise ValueError(f'cannot read pattern {text!r}')

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ''

    def take(self):
        self.at += 1
        return self.text[self.at - 1]

    def alternatives(self):
        branches = [[]]
        while self.peek() not in ('', ')'):
            if self.peek() == '|':
                self.take()
                branches.append([])
            else:
                branches[-1].append((self.atom(), self.times()))
        return branches

    def atom(self):
        c = self.take()
        if c == '(':
            inner = self.alternatives()
            self.take()
            return inner
        if c == '[':
            return self.char_class()
        if c == '\\':
            c = self.take()
            return self.CLASSES.get(c, [c])
        return self.ANY if c == '.' else [c]

    def char_class(self):
        negated = self.peek() == '^'
        if negated:
            self.take()
        chars = []
        while self.peek() != ']':
            c = self.take()
            if c == '\\':
                c = self.take()
                if c in self.CLASSES:
                    chars += self.CLASSES[c]
                    continue
            if self.peek() == '-' and self.text[self.at + 1] != ']':
                self.take()
                chars += [chr(n) for n in range(ord(c), ord(self.take()) + 1)]
            else:
                chars.append(c)
        self.take()
        chars = [c for c in chars if not 127 <= ord(c) < 160]
        return [c for c in self.ANY if c not in chars] if negated else chars

    def times(self):
        c = self.peek()
        if c in ('?', '*', '+'):
            self.take()
            return {'?': (0, 1), '*': (0, None), '+': (1, None)}[c]
        if c != '{':
            return 1, 1
        end = self.text.index('}', self.at)
        low, comma, high = self.text[self.at + 1:end].partition(',')
        self.at = end + 1
        return int(low), int(high) if high else None if comma else int(low)

    def write(self, rng, shortest, longest, tree=None):
        """A string; one of a wanted length is likely where the pattern leaves the length open."""
        out = []
        for atom, (low, high) in rng.choice(tree or self.tree):
            if high is None:
                some = (0, shortest - 2, shortest, longest - 2, longest, rng.randint(0, longest))
                high = max(low, rng.choice(some))
            for _ in range(rng.choice((low, high, rng.randint(low, high)))):
                inner = isinstance(atom[0], list)
                out.append(self.write(rng, shortest, longest, atom) if inner else rng.choice(atom))
        return ''.join(out)


NUMBERS = ('decimal', 'short', 'int', 'integer', 'long', 'nonNegativeInteger', 'positiveInteger')


def bounds(facets):
    """(least, most) as texts, None where there is none."""
    return [next(iter(facets.get(way + 'Inclusive', ()) or facets.get(way + 'Exclusive', ())), None)
            for way in ('min', 'max')]


def number(rng, base, facets):
    """A number between the bounds, with no more digits than allowed."""
    least, most = bounds(facets)
    places = 6 if base == 'decimal' else 0
    places = min([places] + [int(n) for n in facets.get('fractionDigits', ())])
    digits = min([12] + [int(n) for n in facets.get('totalDigits', ())])
    places = rng.choice((0, 1, places)) if places else 0
    low = decimal.Decimal(least or 0)
    high = decimal.Decimal(most) if most else low + 10 ** max(digits - places, 0) - 1
    high = min(high, {'short': 32767, 'int': 2147483647}.get(base, high))
    unit = decimal.Decimal(1).scaleb(-places)
    value = low + unit * rng.randint(0, max(int((high - low) / unit), 0))
    if rng.random() < 0.3:
        value = min(high, low + unit * rng.randint(0, 100))
    return f'{value:f}'


def within(base, value, facets):
    """Whether a value that a pattern gave keeps to bounds and digits as well."""
    least, most = bounds(facets)
    if base in NUMBERS:
        if not re.fullmatch(r'[-+]?[0-9]+(\.[0-9]+)?', value):
            return False
        digits = value.lstrip('+-').replace('.', '').lstrip('0')
        if any(len(digits) > int(n) for n in facets.get('totalDigits', ())):
            return False
        value, least, most = (None if n is None else decimal.Decimal(n)
                              for n in (value, least, most))
    elif base not in ('date', 'dateTime', 'gYearMonth'):
        return True
    return (least is None or value >= least) and (most is None or value <= most)


def occurs(node):
    """(least, most) of a particle; most is None where there is no bound."""
    most = node.get('maxOccurs', '1')
    return int(node.get('minOccurs', '1')), None if most == 'unbounded' else int(most)


def children(node):
    return [n for n in node if n.tag != XS + 'annotation']


class Official:
    """The declarations of a set of official XSD files, and documents written along them.

    A document may be aimed at one declaration (an element, an attribute, a sequence or choice with
    occurrences): the way there is taken, and what is declared there is written a little wrong or
    just right: one time too often, too short, with a neighbour of a code, left out."""

    def __init__(self, paths, namespaces):
        self.types, self.roots, self.space = {}, {}, {}
        for path, space in zip(paths, namespaces):
            for node in schema_of(path):
                name = node.get('name')
                if node.tag in (XS + 'simpleType', XS + 'complexType'):
                    self.types[name] = node
                elif node.tag == XS + 'element':
                    self.roots[name] = node
                for inner in node.iter():
                    self.space[inner] = space
        self.looked_up = {}  # (namespace, element, attribute) -> long list
        for element in self.elements_declared():
            self.find_long_lists(element, self.body(element))
        self.patterns = {}
        self.makers = {}  # (element, attribute) -> what wrote its value, to write another
        self.way, self.target, self.code = set(), None, None
        self.kinds = {}

    def elements_declared(self):
        return [node for node in self.space if node.tag == XS + 'element' and node.get('name')]

    def find_long_lists(self, element, body):
        if isinstance(body, str):
            return
        for attribute in body.iterfind(XS + 'attribute'):
            listed = (attribute.get('type') or '').split(':')[-1]
            if listed in LONG_LISTS:
                key = self.space[element], element.get('name'), attribute.get('name')
                self.looked_up[key] = listed

    def attributes(self, root):
        body = self.body(self.roots[root])
        return [] if isinstance(body, str) else body.findall(XS + 'attribute')

    def named(self, qname):
        return self.types.get(qname.split(':')[-1])

    def body(self, declared):
        """The type of an element or attribute: a node, or the name of a built-in type."""
        if declared.get('type'):
            named = self.named(declared.get('type'))
            return declared.get('type').split(':')[-1] if named is None else named
        inline = [declared.find(XS + kind) for kind in ('complexType', 'simpleType')]
        return next((node for node in inline if node is not None), 'string')

    # What can be aimed at

    def targets(self, root):
        """[(root, way to the declaration)], each declaration once."""
        found, seen = [], set()

        def visit(node, way):
            way = way + (node,)
            if node.tag == XS + 'element':
                if node.get('ref'):
                    found.append((root, way))
                    visit(self.roots[node.get('ref').split(':')[-1]], way)
                    return
                found.append((root, way))
                body = self.body(node)
                if not isinstance(body, str) and body not in seen:
                    seen.add(body)
                    inside(body, way)
            elif node.tag == XS + 'attribute':
                found.append((root, way))
            elif node.tag == XS + 'any':
                if 'TimbreFiscalDigital' in self.roots:
                    visit(self.roots['TimbreFiscalDigital'], way)
            else:
                if occurs(node) != (1, 1) or node.tag == XS + 'choice':
                    found.append((root, way))
                inside(node, way)

        def inside(node, way):
            for child in children(node):
                if child.tag in (XS + 'simpleContent', XS + 'complexContent', XS + 'extension'):
                    if child.tag == XS + 'extension' and self.named(child.get('base')) is not None:
                        inside(self.named(child.get('base')), way)
                    inside(child, way)
                elif child.tag in (XS + 'sequence', XS + 'choice', XS + 'all', XS + 'element',
                                   XS + 'attribute', XS + 'any'):
                    visit(child, way)

        visit(root, ())
        return found

    def codes(self, targets, most):
        """(root, way, code) for the codes of every list, at most so many, each at one place."""
        seen = set()
        for root, way in targets:
            if way[-1].tag not in (XS + 'element', XS + 'attribute') or way[-1].get('ref'):
                continue
            kind = self.body(way[-1])
            if isinstance(kind, str) or kind.tag != XS + 'simpleType' or kind in seen:
                continue
            seen.add(kind)
            codes = self.facets(kind)[0].get('enumeration', ())
            for code in codes[::len(codes) // most + 1]:
                yield root, way, code

    # Values

    def builtin(self, name, rng, octets=0, facets=None):
        if name in NUMBERS and facets:
            return number(rng, name, facets)
        return {
            'base64Binary': lambda: base64.b64encode(
                rng.randbytes(octets or rng.randint(1, 40))).decode(),
            'decimal': lambda: rng.choice(('0.000001', '1', '0.16', '100.00', '12.345678')),
            'int': lambda: str(rng.randint(0, 2026)),
            'integer': lambda: str(rng.randint(0, 2026)),
            'date': lambda: f'{rng.randint(1999, 2027)}-{rng.randint(1, 12):02}-05',
            'time': lambda: '10:00:00',
            'NMTOKEN': lambda: rng.choice(('A', 'a-1', '12')),
            'gYearMonth': lambda: f'{rng.randint(2025, 2027)}-{rng.randint(1, 12):02}',
            'dateTime': lambda: '2024-11-05T10:00:00',
            'ID': lambda: 'id' + str(rng.randint(0, 9999)),
            'anyURI': lambda: '#' + str(rng.randint(0, 9999)),
        }.get(name, lambda: rng.choice(('', 'abc', '1', 'A B')))()

    def facets(self, kind):
        """({facet: values}, built-in base); of patterns and lengths the nearest step counts."""
        if isinstance(kind, str):
            return {}, kind
        if kind not in self.kinds:
            rule = kind.find(XS + 'restriction')
            step = {}
            for facet in children(rule):
                step.setdefault(facet.tag[len(XS):], []).append(facet.get('value'))
            base = rule.get('base').split(':')[-1]
            inherited, builtin = self.facets(self.types.get(base, base))
            self.kinds[kind] = {**inherited, **step}, builtin
        return self.kinds[kind]

    def value(self, kind, rng, length=None):
        """A value of a simple type, most likely a valid one; or one of the given length."""
        facets, base = self.facets(kind)
        if 'enumeration' in facets:
            return rng.choice(facets['enumeration'])
        exact = [int(n) for n in facets.get('length', ())]
        low = (exact or [int(n) for n in facets.get('minLength', ())] or [0])[0]
        high = (exact or [int(n) for n in facets.get('maxLength', ())] or [None])[0]
        if length is not None:
            low = high = length
        patterns = facets.get('pattern', ['[a-zA-Z0-9]*'] if base == 'string' else ())
        for _ in range(300):
            if patterns:
                value = self.written(rng.choice(patterns), rng, low, high)
                fits = low <= len(value) and (high is None or len(value) <= high)
            else:
                value = self.builtin(base, rng, exact[0] if exact else 0, facets)
                fits = True
            if fits and self.sound(base, value) and within(base, value, facets):
                break
        return value

    def written(self, pattern, rng, low, high):
        if pattern not in self.patterns:
            self.patterns[pattern] = Pattern(pattern)
        return self.patterns[pattern].write(rng, low, 30 if high is None else high)

    @staticmethod
    def sound(base, value):
        """A pattern of a number or date leaves some values that the base refuses."""
        if base == 'decimal':
            return re.fullmatch(r'[0-9]+(\.[0-9]+)?', value)
        if base == 'dateTime':
            try:
                return datetime.datetime.fromisoformat(value)
            except ValueError:
                return None
        return True

    def near(self, kind, rng):
        """A value at the edge of a simple type."""
        facets, _ = self.facets(kind)
        lengths = [int(n) + d for facet in ('length', 'minLength', 'maxLength')
                   for n in facets.get(facet, ()) for d in (-1, 0, 1) if int(n) + d >= 0]
        bounds = facets.get('minInclusive', []) + facets.get('maxInclusive', [])
        way = rng.randrange(10)
        if bounds and way < 4:
            return rng.choice(bounds + [bounds[0][:-1], bounds[0] + '0', '-' + bounds[0], '2018'])
        if lengths and way < 5:
            return self.value(kind, rng, rng.choice(lengths))
        if way < 8:
            return edit(self.value(kind, rng), rng)
        return rng.choice(ODD_VALUES) if way == 8 else self.value(kind, rng)

    def make(self, declared, kind, rng):
        """The value of a declaration, which is at the edge if the document is aimed at it."""
        if declared is self.target and self.code is not None:
            return self.code
        if declared is self.target and rng.random() < 0.8:
            return declared.get('fixed') or self.near(kind, rng)
        return declared.get('fixed') or self.value(kind, rng)

    # Documents

    def document(self, root, rng, way, code=None):
        """A document aimed at the end of `way`.

        With a code it has this code there, and nothing that is not required."""
        self.way, self.target, self.code = set(way), way[-1], code
        self.makers.clear()
        return self.write(root, rng, 0)

    def write(self, declared, rng, depth):
        """An element along its declaration."""
        element = ElementTree.Element(f'{{{self.space[declared]}}}{declared.get("name")}')
        body = self.body(declared)
        if isinstance(body, str) or body.tag == XS + 'simpleType':
            element.text = self.make(declared, body, rng)
        else:
            self.content(element, body, rng, depth)
        for unique in declared.iterfind(XS + 'unique'):  # all select ./* and one attribute
            seen = set()
            name = unique.find(XS + 'field').get('xpath')[1:]
            for child in element:
                for _ in range(20):
                    if child.get(name) in seen and (child, name) in self.makers:
                        child.set(name, self.makers[child, name]())
                seen.add(child.get(name, child))
        return element

    def content(self, element, body, rng, depth):
        for node in body:
            if node.tag in (XS + 'sequence', XS + 'choice', XS + 'all'):
                self.particle(element, node, rng, depth)
            elif node.tag == XS + 'complexContent':
                extension = node.find(XS + 'extension')
                self.content(element, self.named(extension.get('base')), rng, depth)
                self.content(element, extension, rng, depth)
            elif node.tag == XS + 'simpleContent':
                extension = node.find(XS + 'extension')
                base = extension.get('base').split(':')[-1]
                element.text = self.value(self.types.get(base, base), rng)
                self.content(element, extension, rng, depth)
            elif node.tag == XS + 'attribute':
                self.attribute(element, node, rng)

    def attribute(self, element, node, rng):
        plain = self.code is not None
        if node is self.target:
            left_out = 0 if plain else 0.25
        elif node.get('use') == 'required':
            left_out = 0
        else:
            left_out = 1 if plain else 0.5
        if rng.random() < left_out:
            return
        kind = self.body(node)
        element.set(node.get('name'), self.make(node, kind, rng))
        self.makers[element, node.get('name')] = lambda: self.value(kind, rng)

    def times(self, node, rng, depth):
        """How often a particle is written."""
        low, high = occurs(node)
        if node is self.target and self.code is None and rng.random() < 0.6:
            near = [0, low - 1, low, low + 1] + ([high, high + 1, high + 1] if high else [low + 2])
            return rng.choice([n for n in near if n >= 0])
        if node in self.way:
            return max(low, 1)
        if self.code is not None or rng.random() < min(0.95, 0.45 + 0.05 * depth):
            return low
        more = low + rng.choice((1, 1, 1, 2))
        return more if high is None else min(high, more)

    def particle(self, element, node, rng, depth):
        count = self.times(node, rng, depth)
        if node.tag == XS + 'element':
            self.elements(element, node, count, rng, depth)
            return
        for _ in range(count):
            if node.tag in (XS + 'sequence', XS + 'all'):
                for inner in children(node):
                    self.particle(element, inner, rng, depth)
            elif node.tag == XS + 'choice':
                branches = [n for n in children(node) if n in self.way] or children(node)
                self.particle(element, rng.choice(branches), rng, depth)
            elif node.tag == XS + 'any' and 'TimbreFiscalDigital' in self.roots:
                element.append(self.write(self.roots['TimbreFiscalDigital'], rng, depth + 1))
            elif node.tag == XS + 'any':
                ElementTree.SubElement(element, '{urn:other}whatever')

    def elements(self, parent, node, count, rng, depth):
        if node.get('ref'):
            node = self.roots[node.get('ref').split(':')[-1]]
        for _ in range(min(count, 20)):
            parent.append(self.write(node, rng, depth + 1))
        if count > 20:  # the rest are copies; huge documents are none of the purposes
            size = sum(1 for _ in parent[-1].iter())
            for _ in range(min(count, 15000 // size) - 20):
                parent.append(copy.deepcopy(parent[-1]))


# ---- Mutations: each changes a document in place and says what it did, or None ----

ODD_VALUES = [
    '', ' ', '0', '00', '1', '01', '1.0', '0.0', '0.00', '0.000000', '0.000001', '0.0000001',
    '-1', '+1', '-0', '1.', '.5', '1e3', 'NaN', '1,50', '1.1234567', '1.10', '100', '100.00',
    '100.01', '99.9999', '12.123456', '123456789012345678', '1234567890123456789',
    '123456789012345678.123456', '1234567890123456781234567', '0001.10', '1 000',
    '12345678901234.00', '2024-02-29', '2023-02-29', '2024-13-01', '2024-11-31', '24-11-01',
    '2024-11-05T10:00:00', '2024-11-05T10:00:00Z', '2024-11-05T24:00:00', '2024-11-05T10:00:60',
    '2024-11-05 10:00:00', '2009-11-05T10:00:00', '1999-11-05T10:00:00', '2024-02-30T10:00:00',
    '2024-11-05T10:00:00-03:00', '2024-11-05T10:00:00-03:30', '2024-11-05T10:00:00+12:00',
    '2024-11-05T10:00:00,03:00', '2024-11-05T10:00:00.000', '2023-02-29T10:00:00-03:00',
    '20\u0662\u0664-11-05', '2024-0,-29', '2018', '2019', '32767', '32768', '2019.0', 'a', 'A',
    '|', 'a|b', 'Ñ', 'ñ', 'ÿ', 'Ā', '€', '\u0661\u0662\u0663', '\u00a0', 'a b', 'a  b', ' a',
    'a ', '\ta', 'a\nb', 'XAXX010101000', 'XEXX010101000', 'AAA010101AAA', 'AAAA010101AAA',
    'AAA011301AAA', 'Ñ&A010101AA0', 'aaa010101aaa', 'MXN', 'USD', 'XXX', 'mxn', 'EUR ', 'MEX',
    'ZZZ', '601', '612', '609', '602', 'G03', 'S01', 'P01', 'CP01', 'I', 'E', 'PUE', 'PPD', '99',
    '4.0', '4.00', '4.0 ', '1.1', 'ISENTO', 'SEM GTIN', 'SEM CBENEF', '7891234567890',
    '12345678', '123456789012', '12ABC34501DE35', '12345678000195', '12345678901', 'AC', 'SP',
    'EX', 'sp', '35', '91', '1058', 'BRASIL', 'Brasil', '7.00', '12.00', '990', '991', '999',
    '010', '5102', ',102', '4102', 'true', '20010101', '01010101', '84111506', '00000000', 'E48',
    'H87', 'XXQ', '06000', '00000', '99999', '00001', '10/2024', '01.05', '01x05', 'AB',
    '15  48  3009  0001234', '15 48 3009 0001234', '#', '#a', 'AA==', 'AAAA', 'A===', '*',
]
LENGTHS = (1, 2, 5, 10, 12, 13, 14, 15, 20, 21, 25, 26, 36, 37, 40, 41, 44, 45, 60, 61, 100, 101,
           120, 121, 150, 151, 255, 256, 300, 301, 500, 501, 1000, 1001, 2000, 2001, 5000, 5001)
TIMES = (1, 1, 1, 1, 2, 3, 4, 5, 8, 9, 10, 20, 30, 31, 50, 99, 100, 120, 500)
OTHER_SPACES = (NFE, CFDI, TFD, DSIG, 'http://www.sat.gob.mx/cfd/3', 'urn:other', '')


def local(tag):
    return tag.rpartition('}')[2]


def edit(text, rng):
    """One character added, removed, replaced or swapped: next to the edge of a pattern."""
    at = rng.randrange(len(text) + 1)
    char = rng.choice('0123456789AZazÑ.,-+ |/&:é\t')
    way = rng.randrange(5)
    if way == 0:
        return text[:at] + char + text[at:]
    if way == 1:
        return text[:at] + text[at + 1:]
    if way == 2 and text:
        return text[:at] + text[at + 1:at + 2] + text[at:at + 1] + text[at + 2:]
    if way == 3:
        return text.replace(' ', '  ', 1) if ' ' in text else text.swapcase()
    return text[:at] + char + text[at + 1:]


class Mutator:
    def __init__(self, rng, values):
        self.rng = rng
        self.values = values  # local name -> values seen or listed for it

    def pick(self, root):
        elements = list(root.iter())
        parents = {child: parent for parent in elements for child in parent}
        element = self.rng.choice(elements)
        return element, parents.get(element)

    def slot(self, root):
        """A place that holds a value: (name, get, set)."""
        for _ in range(30):
            element, _ = self.pick(root)
            if element.attrib and self.rng.random() < 0.8:
                name = self.rng.choice(sorted(element.attrib))
                return name, element.get(name), lambda v, e=element, n=name: e.set(n, v)
            if not len(element):
                return (local(element.tag), element.text or '',
                        lambda v, e=element: setattr(e, 'text', v))
        return None

    def value(self, root):
        slot = self.slot(root)
        if not slot:
            return None
        name, old, put = slot
        way = self.rng.randrange(6)
        if way == 0:
            new = self.rng.choice(ODD_VALUES)
        elif way == 1:
            new = self.rng.choice(sorted(self.values.get(name, ['x'])))
        elif way == 2:
            new = self.rng.choice((old[:1] or 'x', 'a', '1', 'Ñ')) * self.rng.choice(LENGTHS)
        elif way == 3:
            new = self.rng.choice((' {}', '{} ', '\n{}\n', '{}\t', ' {} ')).format(old)
        else:
            new = edit(old, self.rng)
        if new == old:
            return None
        put(new)
        return f'{name}={new[:60]!r}'

    def remove_attribute(self, root):
        element, _ = self.pick(root)
        if not element.attrib:
            return None
        name = self.rng.choice(sorted(element.attrib))
        del element.attrib[name]
        return f'without @{name}'

    def add_attribute(self, root):
        element, _ = self.pick(root)
        other, _ = self.pick(root)
        name = self.rng.choice(
            ['Extra', 'Id', 'versao', '{urn:other}a', '{http://www.w3.org/XML/1998/namespace}lang',
             f'{{{XSI}}}nil', f'{{{XSI}}}noNamespaceSchemaLocation', f'{{{XSI}}}schemaLocation',
             f'{{{CFDI}}}Version'] + sorted(other.attrib) * 2)
        value = {'nil': self.rng.choice(('true', 'false')), 'lang': 'es',
                 'schemaLocation': f'{CFDI} http://www.sat.gob.mx/cfdv40.xsd'}.get(local(name))
        element.set(name, value or other.get(name) or self.rng.choice(ODD_VALUES))
        return f'with @{name}'

    def remove(self, root):
        element, parent = self.pick(root)
        if parent is None:
            return None
        parent.remove(element)
        return f'without {element.tag}'

    def repeat(self, root):
        element, parent = self.pick(root)
        times = self.rng.choice(TIMES)
        if parent is None or times * sum(1 for _ in element.iter()) > 3000:
            return None
        at = list(parent).index(element)
        for _ in range(times):
            parent.insert(at, copy.deepcopy(element))
        return f'{element.tag} {times + 1} times'

    def swap(self, root):
        _, parent = self.pick(root)
        if parent is None or len(parent) < 2:
            return None
        at = self.rng.randrange(len(parent) - 1)
        parent[at], parent[at + 1] = parent[at + 1], parent[at]
        return f'swapped in {parent.tag}'

    def move(self, root):
        element, _ = self.pick(root)
        target, _ = self.pick(root)
        if sum(1 for _ in element.iter()) > 3000:
            return None
        target.insert(self.rng.randrange(len(target) + 1), copy.deepcopy(element))
        return f'{element.tag} into {target.tag}'

    def rename(self, root):
        element, _ = self.pick(root)
        other, _ = self.pick(root)
        old = element.tag
        space, _, name = old.rpartition('}')
        way = self.rng.randrange(3)
        if way == 0:
            space = self.rng.choice(OTHER_SPACES)
            element.tag = f'{{{space}}}{name}' if space else name
        elif way == 1:
            element.tag = f'{space}}}{local(other.tag)}' if space else local(other.tag)
        else:
            name = edit(name, self.rng)
            if not re.fullmatch(r'[A-Za-z]\w*', name):
                return None
            element.tag = f'{space}}}{name}' if space else name
        return f'{old} is {element.tag}' if element.tag != old else None

    def text(self, root):
        element, _ = self.pick(root)
        if len(element):
            element[0].tail = (element[0].tail or '') + self.rng.choice('x \n\u00a00')
        else:
            element.text = (element.text or '') + self.rng.choice(('x', ' ', '\n', ' \n\t', '0'))
        return f'text in {element.tag}'

    def comment(self, root):
        element, _ = self.pick(root)
        make = self.rng.choice((ElementTree.Comment, ElementTree.ProcessingInstruction))
        node = make('note')
        node.tail = element.text
        element.text = None
        element.insert(0, node)
        return f'comment in {element.tag}'

    def run(self, root, steps):
        ways = [self.value] * 8 + [self.remove_attribute, self.add_attribute, self.remove,
                                   self.repeat, self.swap, self.move, self.rename, self.text]
        done = []
        for _ in range(20 * steps):
            said = self.rng.choice(ways)(root)
            if said:
                done.append(said)
            if len(done) == steps:
                break
        if self.rng.random() < 0.05:  # last: the other ways know elements only
            done.append(self.comment(root))
        return '; '.join(done)


# ---- Kinds of document ----

@functools.lru_cache(maxsize=None)
def schema_of(path):
    """The root of a schema file, which nobody changes."""
    return ElementTree.parse(path).getroot()


@functools.lru_cache
def documents_of(folder):
    """[(name, root)] of the well-formed documents of a folder; who changes one copies it first."""
    found = []
    for name in sorted(os.listdir(folder)):
        try:
            found.append((name, ElementTree.parse(os.path.join(folder, name)).getroot()))
        except (ElementTree.ParseError, UnicodeDecodeError, OSError):
            continue
    return found


class Kind:
    """One schema of ours beside its official counterpart."""

    listed = {}  # long lists that the official schema holds: name -> codes
    whole = True  # a document, no complement
    share = 1  # one document is written where that many are asked for

    def __init__(self, name, ours, official, roots):
        self.name = name
        self.ours = ours
        self.official = official # Official, to write along
        self.roots = roots  # {root name: official schema file}; the first judges strange roots

    def corpus(self, folder):
        return [(name, element) for name, root in documents_of(folder)
                for element in self.within(root) if self.takes(element)]

    def within(self, root):
        return [root]

    def takes(self, root):
        return root.tag in {f'{{{NFE}}}{name}' for name in self.roots}

    def judge_official(self, documents):
        verdicts = {}
        default = next(iter(self.roots.values()))
        by_schema = {}
        for path, root in documents.items():
            schema = self.roots.get(local(root.tag), default)
            by_schema.setdefault(schema, []).append(path)
        for schema, paths in by_schema.items():
            verdicts.update(xmllint(schema, paths))
        return verdicts

    def judge_ours(self, documents):
        self.schema_says = xmllint(self.ours, list(documents))
        return dict(self.schema_says)

    def judge_tables(self, program, paths):
        """The documents that the checker made of our schema admits, and as problems those of them that
        libxml2 refuses with that schema.  It need not admit all that is valid; of HOT kinds, most."""
        admitted = set()
        for start in range(0, len(paths), BATCH):
            command = [program, os.path.basename(self.ours)] + paths[start:start + BATCH]
            run = subprocess.run(command, capture_output=True, check=True, encoding='utf-8')
            says = [line.split(' ', 1) for line in run.stdout.split('\n')[:-1]]
            admitted.update(path for word, path in says if word == 'admits')
        problems = [f'{self.name}: {path}: the checker admits it, libxml2 says {says}'
                    for path, says in self.schema_says.items() if path in admitted and not says[0]]
        valid = sum(1 for path in paths if self.schema_says[path][0])
        if 2 * len(admitted) < valid and self.name in HOT:
            problems.append(f'{self.name}: the checker admits {len(admitted)} of {valid} valid ones')
        return admitted, problems

    def check_more(self, documents, verdicts):
        """Disagreements that no single document shows."""
        return []


class Sat(Kind):
    """A schema of SAT: a document with its stamp, or a complement by itself."""

    def __init__(self, light, xsd, name, root, files, stamp=None):
        paths = [os.path.join(light.folder, file) for file in files]
        spaces = [light.space(path) for path in paths]
        entry = paths[0]
        if stamp:
            entry = light.wrapper(name, [paths[0], os.path.join(light.folder, stamp)])
            paths.append(os.path.join(light.folder, stamp))
            spaces.append(TFD)
        # names of the schema's own come before those that it imports
        official = Official(paths[::-1], spaces[::-1])
        super().__init__(name, os.path.join(xsd, name + '.xsd'), official, {root: entry})
        self.tag = f'{{{spaces[0]}}}{root}'
        self.version = next(
            ((a.get('name'), a.get('fixed'))
             for a in official.attributes(root) if a.get('name').lower() == 'version'), None)
        self.spaces = ('{' + spaces[0], '{' + TFD)
        self.whole = bool(stamp)
        self.share = 1 if self.whole else 10
        used = set(official.looked_up.values())
        self.listed = {name: light.lists[name] for name in used}
        self.tables = {name: light.table(name) for name in used}

    def within(self, root):
        return [root] if self.whole else root.iter()

    def takes(self, root):
        if root.tag != self.tag or self.version and root.get(self.version[0]) != self.version[1]:
            return False
        return not self.whole or all(e.tag.rpartition('}')[0] in self.spaces
                                     for e in root.iter() if isinstance(e.tag, str))

    def judge_official(self, documents):
        return with_lists(super().judge_official(documents), documents, self, self.listed)

    def judge_ours(self, documents):
        tables = {name: set(codes) for name, codes in self.tables.items()}
        return with_lists(super().judge_ours(documents), documents, self, tables)

    def check_more(self, documents, verdicts):
        """Tables beside lists."""
        problems = []
        for name, listed in self.listed.items():
            for code in sorted(listed ^ set(self.tables[name])):
                side = 'is missing in' if code in listed else 'stands too much in'
                problems.append(f'{self.name}: {code} {side} table {name}')
            if self.tables[name] != sorted(self.tables[name], key=str.encode):
                problems.append(f'{self.name}: table {name} is not sorted')
        return problems


class Cfdi40(Sat):
    """The one that also meets the untouched official files."""

    def __init__(self, light, xsd, name, root, files, stamp):
        super().__init__(light, xsd, name, root, files, stamp)
        self.full = light.wrapper('full', [os.path.join(light.official, file)
                                           for file in (files[0], stamp)])

    def check_more(self, documents, verdicts):
        """A sample, with few wrong codes, as each takes a second."""
        wrong = [p for p, root in documents.items() if unlisted(root, self, self.listed)][:8]
        full = xmllint(self.full, sorted(set(list(documents)[:60] + wrong)))
        return super().check_more(documents, verdicts) + [
            f'{self.name}: {p}: untouched official {full[p]}, lighter {verdicts[p]}'
            for p in full if full[p][0] != verdicts[p][0]]


class Light:
    """A copy of SAT's official files without the long lists, which are kept apart."""

    def __init__(self, shared, tables, work):
        self.official = os.path.join(shared, 'official/sat/www.sat.gob.mx')
        self.folder = os.path.join(work, 'official')
        self.work, self.tables, self.lists = work, tables, {}
        # byte for byte but where lists are: the writer would lose prefixes that types are named by
        shutil.copytree(self.official, self.folder)
        for file in ('catCFDI.xsd', 'CartaPorte/catCartaPorte.xsd', 'ComExt/catComExt.xsd'):
            path = os.path.join(self.folder, 'sitio_internet/cfd/catalogos', file)
            tree = ElementTree.parse(path)
            for kind in tree.getroot().iter(XS + 'simpleType'):
                if kind.get('name') in LONG_LISTS:
                    rule = kind.find(XS + 'restriction')
                    codes = rule.findall(XS + 'enumeration')
                    self.lists[kind.get('name')] = {code.get('value') for code in codes}
                    for code in codes:
                        rule.remove(code)
            tree.write(path, encoding='utf-8', xml_declaration=True)

    def space(self, path):
        return schema_of(path).get('targetNamespace')

    def table(self, name):
        with open(os.path.join(self.tables, name + '.txt'), encoding='utf-8') as f:
            return f.read().split('\n')[:-1]

    def wrapper(self, name, paths):
        wrapper = os.path.join(self.work, name + '.xsd')
        with open(wrapper, 'w', encoding='utf-8') as f:
            f.write(f'<schema xmlns="{XS[1:-1]}">' + ''.join(
                f'<import namespace="{self.space(path)}" schemaLocation="{path}"/>'
                for path in paths) + '</schema>')
        return wrapper


C = 'sitio_internet/cfd/'
R = 'esquemas/retencionpago/1/'
TYPES = [C + 'tipoDatos/tdCFDI/tdCFDI.xsd', C + 'catalogos/catCFDI.xsd']
CARRIAGE = [C + 'catalogos/CartaPorte/catCartaPorte.xsd', C + 'catalogos/ComExt/catComExt.xsd']
TRADE = [C + 'catalogos/ComExt/catComExt.xsd']
FUEL = [C + 'catalogos/Combustible/catCombustible.xsd']
OIL = [C + 'catalogos/hidrocarburos/catHidrocarburos.xsd']
WITHHELD = [R + 'catalogos/catRetenciones.xsd']
STAMPS = {'1.0': C + 'TimbreFiscalDigital/TimbreFiscalDigital.xsd',
          '1.1': C + 'TimbreFiscalDigital/TimbreFiscalDigitalv11.xsd'}
# Our name, root, official file, what it imports besides TYPES.
COMPLEMENTS = [
    ('tfd-1.0', 'TimbreFiscalDigital', STAMPS['1.0'], []),
    ('pagos-2.0', 'Pagos', C + 'Pagos/Pagos20.xsd', [C + 'catalogos/Pagos/catPagos.xsd']),
    ('pagos-1.0', 'Pagos', C + 'Pagos/Pagos10.xsd', [C + 'catalogos/Pagos/catPagos.xsd']),
    ('nomina-1.2', 'Nomina', C + 'nomina/nomina12.xsd', [C + 'catalogos/Nomina/catNomina.xsd']),
    ('nomina-1.1', 'Nomina', C + 'nomina/nomina11.xsd', []),
    ('implocal-1.0', 'ImpuestosLocales', C + 'implocal/implocal.xsd', []),
    ('leyendas-1.0', 'LeyendasFiscales', C + 'leyendasFiscales/leyendasFisc.xsd', []),
    ('ine-1.0', 'INE', C + 'ine/ine10.xsd', []),
    ('ine-1.1', 'INE', C + 'ine/ine11.xsd', []),
    ('donat-1.1', 'Donatarias', C + 'donat/donat11.xsd', []),
    ('divisas-1.0', 'Divisas', C + 'divisas/divisas.xsd', []),
    ('iedu-1.0', 'instEducativas', C + 'iedu/iedu.xsd', []),
    ('ventavehiculos-1.0', 'VentaVehiculos', C + 'ventavehiculos/ventavehiculos.xsd', []),
    ('ventavehiculos-1.1', 'VentaVehiculos', C + 'ventavehiculos/ventavehiculos11.xsd', []),
    ('vehiculousado-1.0', 'VehiculoUsado', C + 'vehiculousado/vehiculousado.xsd', []),
    ('terceros-1.1', 'PorCuentadeTerceros', C + 'terceros/terceros11.xsd', []),
    ('acreditamiento-1.0', 'acreditamientoIEPS', C + 'acreditamiento/AcreditamientoIEPS10.xsd', []),
    ('detallista', 'detallista', C + 'detallista/detallista.xsd', []),
    ('notariospublicos-1.0', 'NotariosPublicos', C + 'notariospublicos/notariospublicos.xsd', []),
    ('turista-1.0', 'TuristaPasajeroExtranjero',
     C + 'TuristaPasajeroExtranjero/TuristaPasajeroExtranjero.xsd', []),
    ('pfic-1.0', 'PFintegranteCoordinado', C + 'pfic/pfic.xsd', []),
    ('pagoenespecie-1.0', 'PagoEnEspecie', C + 'pagoenespecie/pagoenespecie.xsd', []),
    ('registrofiscal-1.0', 'CFDIRegistroFiscal',
     C + 'cfdiregistrofiscal/cfdiregistrofiscal.xsd', []),
    ('construccion-1.0', 'parcialesconstruccion',
     C + 'servicioparcialconstruccion/servicioparcialconstruccion.xsd', []),
    ('renovacion-1.0', 'renovacionysustitucionvehiculos',
     C + 'renovacionysustitucionvehiculos/renovacionysustitucionvehiculos.xsd', []),
    ('destruccion-1.0', 'certificadodedestruccion',
     C + 'certificadodestruccion/certificadodedestruccion.xsd', []),
    ('arte-1.0', 'obrasarteantiguedades', C + 'arteantiguedades/obrasarteantiguedades.xsd', []),
    ('aerolineas-1.0', 'Aerolineas', C + 'aerolineas/aerolineas.xsd', []),
    ('valesdedespensa-1.0', 'ValesDeDespensa', C + 'valesdedespensa/valesdedespensa.xsd', []),
    ('consumodecombustibles-1.0', 'ConsumoDeCombustibles',
     C + 'consumodecombustibles/consumodecombustibles.xsd', []),
    ('consumodecombustibles-1.1', 'ConsumoDeCombustibles',
     C + 'consumodecombustibles/consumodeCombustibles11.xsd', FUEL),
    ('ecc', 'EstadoDeCuentaCombustible', C + 'ecc/ecc.xsd', []),
    ('ecc-1.1', 'EstadoDeCuentaCombustible', C + 'EstadoDeCuentaCombustible/ecc11.xsd', FUEL),
    ('ecc-1.2', 'EstadoDeCuentaCombustible', C + 'EstadoDeCuentaCombustible/ecc12.xsd', FUEL),
    ('gastoshidrocarburos-1.0', 'GastosHidrocarburos',
     C + 'GastosHidrocarburos10/GastosHidrocarburos10.xsd', OIL),
    ('ingresoshidrocarburos-1.0', 'IngresosHidrocarburos',
     C + 'IngresosHidrocarburos10/IngresosHidrocarburos.xsd', OIL),
    ('hidroypetro-1.0', 'HidroYPetro',
     C + 'hidrocarburospetroliferos.xsd', [C + 'catalogos/HidrocarburosPetro/catHidroYPetro.xsd']),
    ('spei', 'Complemento_SPEI', C + 'spei/spei.xsd', []),
    ('ecb-1.0', 'EstadoDeCuentaBancario', C + 'ecb/ecb.xsd', []),
    ('comercioexterior-1.1', 'ComercioExterior',
     C + 'ComercioExterior11/ComercioExterior11.xsd', TRADE),
    ('comercioexterior-2.0', 'ComercioExterior',
     C + 'ComercioExterior20/ComercioExterior20.xsd', TRADE),
    ('cartaporte-1.0', 'CartaPorte', C + 'CartaPorte/CartaPorte.xsd', CARRIAGE),
    ('cartaporte-2.0', 'CartaPorte', C + 'CartaPorte/CartaPorte20.xsd', CARRIAGE),
    ('cartaporte-3.0', 'CartaPorte', C + 'CartaPorte/CartaPorte30.xsd', CARRIAGE),
    ('cartaporte-3.1', 'CartaPorte', C + 'CartaPorte/CartaPorte31.xsd', CARRIAGE),
    ('ret-arrendamientoenfideicomiso-1.0', 'Arrendamientoenfideicomiso',
     R + 'arrendamientoenfideicomiso/arrendamientoenfideicomiso.xsd', WITHHELD),
    ('ret-dividendos-1.0', 'Dividendos', R + 'dividendos/dividendos.xsd', WITHHELD),
    ('ret-enajenaciondeacciones-1.0', 'EnajenaciondeAcciones',
     R + 'enajenaciondeacciones/enajenaciondeacciones.xsd', WITHHELD),
    ('ret-fideicomisonoempresarial-1.0', 'Fideicomisonoempresarial',
     R + 'fideicomisonoempresarial/fideicomisonoempresarial.xsd', WITHHELD),
    ('ret-intereses-1.0', 'Intereses', R + 'intereses/intereses.xsd', WITHHELD),
    ('ret-intereseshipotecarios-1.0', 'Intereseshipotecarios',
     R + 'intereseshipotecarios/intereseshipotecarios.xsd', WITHHELD),
    ('ret-operacionesconderivados-1.0', 'Operacionesconderivados',
     R + 'operacionesconderivados/operacionesconderivados.xsd', WITHHELD),
    ('ret-pagosaextranjeros-1.0', 'Pagosaextranjeros',
     R + 'pagosaextranjeros/pagosaextranjeros.xsd', WITHHELD),
    ('ret-planesderetiro-1.0', 'Planesderetiro', R + 'planesderetiro/planesderetiro.xsd', WITHHELD),
    ('ret-premios-1.0', 'Premios', R + 'premios/premios.xsd', WITHHELD),
    ('ret-sectorfinanciero-1.0', 'SectorFinanciero',
     R + 'sectorfinanciero/sectorfinanciero.xsd', WITHHELD),
    ('ret-planesderetiro-1.1', 'Planesderetiro',
     R + 'planesderetiro11/planesderetiro11.xsd',
     [R + 'planesderetiro11/catalogos/CatPlanesderetiro.xsd'] + WITHHELD),
    ('ret-plataformas-1.0', 'ServiciosPlataformasTecnologicas',
     R + 'PlataformasTecnologicas10/ServiciosPlataformasTecnologicas10.xsd',
     [R + 'PlataformasTecnologicas10/catalogos/CatPlataformasTecnologicas.xsd'] + WITHHELD),
]


def sat_kinds(light, xsd):
    yield Cfdi40(light, xsd, 'cfdi-4.0', 'Comprobante', [C + '4/cfdv40.xsd'] + TYPES, STAMPS['1.1'])
    yield Sat(light, xsd, 'cfdi-3.3', 'Comprobante', [C + '3/cfdv33.xsd'] + TYPES, STAMPS['1.1'])
    yield Sat(light, xsd, 'cfdi-3.2', 'Comprobante', [C + '3/cfdv32.xsd'], STAMPS['1.0'])
    yield Sat(light, xsd, 'retenciones-2.0', 'Retenciones',
              ['esquemas/retencionpago/2/retencionpagov2.xsd'] + WITHHELD + TYPES, STAMPS['1.1'])
    yield Sat(light, xsd, 'retenciones-1.0', 'Retenciones',
              [R + 'retencionpagov1.xsd'] + WITHHELD + TYPES, STAMPS['1.0'])
    for name, root, file, more in COMPLEMENTS:
        yield Sat(light, xsd, name, root, [file] + more + TYPES)


def nfe_kind(shared, xsd, package, folder):
    base = os.path.join(shared, 'official/nfe', folder)
    files = ('tiposBasico_v4.00.xsd', 'DFeTiposBasicos_v1.00.xsd', 'leiauteNFe_v4.00.xsd',
             'xmldsig-core-schema_v1.01.xsd', 'nfe_v4.00.xsd', 'procNFe_v4.00.xsd',
             'enviNFe_v4.00.xsd')
    spaces = [NFE] * 3 + [DSIG] + [NFE] * 3
    if not os.path.exists(os.path.join(base, files[1])):  # before the tax reform
        files, spaces = files[:1] + files[2:], spaces[1:]
    return Kind('nfe-4.00-' + package, os.path.join(xsd, f'nfe-4.00-{package}.xsd'),
                Official([os.path.join(base, f) for f in files], spaces),
                {'NFe': os.path.join(base, 'nfe_v4.00.xsd'),
                 'nfeProc': os.path.join(base, 'procNFe_v4.00.xsd'),
                 'enviNFe': os.path.join(base, 'enviNFe_v4.00.xsd')})


def inside(folder, file, seen):
    """The files that a schema is made of: those that it includes or imports before itself."""
    if file in seen:
        return
    seen.append(file)
    for node in schema_of(os.path.join(folder, file)):
        if node.tag in (XS + 'include', XS + 'import'):
            inside(folder, node.get('schemaLocation'), seen)


class Part(Kind):
    """Roots of a package of the NF-e family, each with its official file; where a schema leaves open
    what an element holds (infModal, detEvento), that is a root of its own and judged alone."""

    def __init__(self, shared, xsd, ours, name, package, roots, whole=True):
        folder = os.path.join(shared, 'official/nfe', package)
        files = []
        for file in roots.values():
            inside(folder, file, files)
        tree = {file: schema_of(os.path.join(folder, file)) for file in files}
        self.space_of_roots = tree[next(iter(roots.values()))].get('targetNamespace')
        # a file without a namespace has that of the one that includes it
        spaces = [tree[file].get('targetNamespace') or self.space_of_roots for file in files]
        order = sorted(range(len(files)), key=lambda at: spaces[at] != DSIG)
        super().__init__(name, os.path.join(xsd, ours + '.xsd'),
                         Official([os.path.join(folder, files[at]) for at in order],
                                  [spaces[at] for at in order]),
                         {root: os.path.join(folder, file) for root, file in roots.items()})
        self.whole = whole
        self.share = 4 if whole else 40

    def within(self, root):
        return root.iter()

    def takes(self, root):
        return root.tag in {f'{{{self.space_of_roots}}}{name}' for name in self.roots}


EVENTS = 'PL_Evento_NFe_010d_NT2026.004'


class EventDetail(Part):
    """What an event of NF-e says: detEvento by its tpEvento."""

    def __init__(self, shared, xsd, ours, code, file):
        super().__init__(shared, xsd, ours, ours, EVENTS, {'detEvento': file}, whole=False)
        self.code = code

    def within(self, root):
        for info in root.iter(f'{{{NFE}}}infEvento'):
            if (info.findtext(f'{{{NFE}}}tpEvento') or '') == self.code:
                yield from info.findall(f'{{{NFE}}}detEvento')


def nfe_event_kinds(shared, xsd):
    folder = os.path.join(shared, 'official/nfe', EVENTS)
    yield Part(shared, xsd, 'nfe-event', 'nfe-event', EVENTS, {
        'procEventoNFe': 'procEventoNFe_v1.00.xsd', 'envEvento': 'envEvento_v1.00.xsd',
        'retEnvEvento': 'retEnvEvento_v1.00.xsd'})
    for package in ('PL_010e_NT2025.002_v1.01', 'PL_010d_NT2026.004_v1.02'):
        yield Part(shared, xsd, 'nfe-void', f'nfe-void/{package[3:7]}', package, {
            'inutNFe': 'inutNFe_v4.00.xsd', 'ProcInutNFe': 'procInutNFe_v4.00.xsd'}, whole=False)
    for file in sorted(os.listdir(folder)):
        code = re.fullmatch(r'e([0-9]{6})_v1.00.xsd', file)
        if code:
            yield EventDetail(shared, xsd, 'nfe-event-' + code[1], code[1], file)
    yield EventDetail(shared, xsd, 'nfe-event-110140-nfce', '110140', 'e110140NFCe_v1.00.xsd')


def parts(shared, xsd, ours, package, documents, details):
    """Of a package: the documents together, and each file that `details` match by itself."""
    folder = os.path.join(shared, 'official/nfe', package)
    yield Part(shared, xsd, ours, ours, package, documents)
    for file in sorted(os.listdir(folder)):
        if re.fullmatch(details, file):
            root = schema_of(os.path.join(folder, file)).find(XS + 'element').get('name')
            yield Part(shared, xsd, ours, f'{ours}/{root}', package, {root: file}, whole=False)


DETAILS = '(cteModal|cteMulti|mdfeModal|ev[A-Z]).*'


def cte_kinds(shared, xsd, ours, package, version):
    documents = {'CTe': 'cte', 'cteProc': 'procCTe', 'CTeOS': 'cteOS', 'cteOSProc': 'procCTeOS',
                 'GTVe': 'GTVe', 'GTVeProc': 'procGTVe', 'eventoCTe': 'eventoCTe',
                 'procEventoCTe': 'procEventoCTe'}
    if version == '4.00':
        documents.update({'CTeSimp': 'cteSimp', 'cteSimpProc': 'procCTeSimp'})
    if 'RTC' not in package:
        documents.update({'inutCTe': 'inutCTe', 'procInutCTe': 'procInutCTe'})
    return parts(shared, xsd, ours, package,
                 {root: f'{file}_v{version}.xsd' for root, file in documents.items()}, DETAILS)


def mdfe_kinds(shared, xsd):
    return parts(shared, xsd, 'mdfe-3.00', 'PL_MDFe_300b_NT012025_1.03', {
        'MDFe': 'mdfe_v3.00.xsd', 'mdfeProc': 'procMDFe_v3.00.xsd',
        'eventoMDFe': 'eventoMDFe_v3.00.xsd', 'procEventoMDFe': 'procEventoMDFe_v3.00.xsd'},
        DETAILS)


def nfse_kinds(shared, xsd):
    for ours, package, version in (('nfse-1.00', 'NFSe_nacional_v1.00', '1.00'),
                                   ('nfse-1.01-digits', 'NFSe_nacional_v1.01', '1.01'),
                                   ('nfse-1.01-lettered', 'NFSe_nacional_v1.01_cnpjalfa', '1.01')):
        yield from parts(shared, xsd, ours, package, {
            name: f'{name}_v{version}.xsd' for name in ('NFSe', 'DPS', 'evento', 'pedRegEvento')},
            'none')


def gather_values(roots):
    """The values that the corpus has for a name."""
    values = {}
    for _, root in roots:
        for element in root.iter():
            if not isinstance(element.tag, str):
                continue
            for name, value in element.attrib.items():
                values.setdefault(name, set()).add(value)
            if element.text and not len(element):
                values.setdefault(local(element.tag), set()).add(element.text)
    return values


def fill_lists(root, official, codes, rng):
    """Codes of the long lists for a document that was written along the lighter schema."""
    for element in root.iter():
        space, _, tag = element.tag[1:].rpartition('}')
        for name in list(element.attrib):
            listed = official.looked_up.get((space, tag, name))
            if listed and rng.random() < 0.98:
                element.set(name, rng.choice(codes[listed]))


def make_documents(kind, corpus, count, seed, most):
    """(label, root) of every document to compare."""
    yield from corpus
    values = gather_values(corpus)
    codes = {name: sorted(listed) for name, listed in kind.listed.items()}
    targets = [target for name in sorted(kind.roots)
               for target in kind.official.targets(kind.official.roots[name])]
    random.Random(f'{seed}/{kind.name}').shuffle(targets)
    for declared, way, code in kind.official.codes(targets, most):
        rng = random.Random(f'{seed}/{kind.name}/{code}')
        root = kind.official.document(declared, rng, way, code)
        fill_lists(root, kind.official, codes, rng)
        yield f'code {code} of {way[-1].get("name")}', root
    for number in range(count):
        rng = random.Random(f'{seed}/{kind.name}/{number}')
        if number % 4 == 0 and corpus:
            label, root = rng.choice(corpus)
            root = copy.deepcopy(root)
            steps = rng.choice((1, 1, 1, 1, 1, 2, 3))
        else:
            declared, way = targets[number % len(targets)]
            label = 'aimed at ' + '/'.join(n.get('name') for n in way if n.get('name'))
            root = kind.official.document(declared, rng, way)
            fill_lists(root, kind.official, codes, rng)
            steps = rng.choice((0, 0, 0, 0, 0, 1))
        said = Mutator(rng, values).run(root, steps) if steps else ''
        yield f'{label} #{number} {said}', root


def compare(kind, corpus, options, work):
    """(compared, valid on both sides, admitted by the checker, disagreements as text)."""
    folder = os.path.join(work, kind.name)
    os.makedirs(folder)
    documents, labels = {}, {}
    count = options.mutants // kind.share
    made = make_documents(kind, corpus, count, options.seed, options.codes)
    for number, (label, root) in enumerate(made):
        path = os.path.join(folder, f'{number:06}.xml')
        ElementTree.ElementTree(root).write(path, encoding='utf-8', xml_declaration=True)
        documents[path], labels[path] = root, label
    official, ours = kind.judge_official(documents), kind.judge_ours(documents)
    problems = kind.check_more(documents, official)
    admitted = set()
    if options.checked:
        admitted, wrong = kind.judge_tables(options.checked, list(documents))
        problems += wrong
    for path, label in labels.items():
        if official[path][0] != ours[path][0]:
            problems.append(f'{kind.name}: {label}: official {official[path]}, ours {ours[path]}')
            if options.keep:
                os.makedirs(options.keep, exist_ok=True)
                shutil.copy(path, os.path.join(
                    options.keep, f'{kind.name.replace("/", "-")}-{os.path.basename(path)}'))
    valid = sum(1 for path in documents if official[path][0] and ours[path][0])
    if 100 * valid < 2 * len(documents):  # two schemas that refuse everything would agree as well
        problems.append(f'{kind.name}: hardly any document is valid: what is compared?')
    return len(documents), valid, len(admitted), problems


def main():
    parser = argparse.ArgumentParser(
        description='Compare the verdict of our schema set with the official one.')
    parser.add_argument('--shared', required=True, metavar='DIR')
    parser.add_argument('--xsd', required=True, metavar='DIR')
    parser.add_argument('--tables', required=True, metavar='DIR')
    parser.add_argument('--mutants', type=int, default=1000, metavar='N',
                        help='documents a kind besides the corpus, of complements a tenth '
                             '(default 1000)')
    parser.add_argument('--codes', type=int, default=1000, metavar='N',
                        help='codes of a list that are tried, evenly spread (default 1000)')
    parser.add_argument('--seed', default='1', metavar='S')
    parser.add_argument('--checked', metavar='PROGRAM',
                        help='tests/checked: what the checker admits (src/xml/checker.h) has to be '
                             'valid for libxml2')
    parser.add_argument('--kind', action='append', help='only this kind; may be repeated')
    parser.add_argument('--keep', metavar='DIR', help='copy the documents that disagree there')
    options = parser.parse_args()
    if not os.path.isdir(os.path.join(options.shared, 'official')):
        print(f'{options.shared}: no official schema files, skipped')
        return 77
    shared, xsd = os.path.abspath(options.shared), os.path.abspath(options.xsd)
    compared = disagreed = 0
    with tempfile.TemporaryDirectory(prefix='schema-equivalence-') as work:
        light = Light(shared, options.tables, work)
        kinds = [(kind, 'cfdi') for kind in sat_kinds(light, xsd)]
        kinds += [(nfe_kind(shared, xsd, 'pl010e', 'PL_010e_NT2025.002_v1.01'), 'nfe'),
                 (nfe_kind(shared, xsd, 'pl010d', 'PL_010d_NT2026.004_v1.02'), 'nfe'),
                 (nfe_kind(shared, xsd, 'pl010b', 'PL_010b_NT2025.002_v1.30'), 'nfe'),
                 (nfe_kind(shared, xsd, 'pl009o', 'PL_009o_NT2024.001_v1.00'), 'nfe')]
        kinds += [(kind, 'nfe') for kinds_of in (
            nfe_event_kinds(shared, xsd),
            cte_kinds(shared, xsd, 'cte-4.00-rtc', 'PL_CTe_400_NT2026.002_RTC_1.00', '4.00'),
            cte_kinds(shared, xsd, 'cte-4.00-pl400', 'PL_CTe_400', '4.00'),
            cte_kinds(shared, xsd, 'cte-3.00', 'PL_CTe_300a_NT2022.001', '3.00'),
            mdfe_kinds(shared, xsd), nfse_kinds(shared, xsd)) for kind in kinds_of]
        for kind, folder in kinds:
            if options.kind and kind.name.split('/')[0] not in options.kind:
                continue
            path = os.path.join(shared, 'corpus', folder)
            corpus = kind.corpus(path) if os.path.isdir(path) else []
            total, valid, admitted, problems = compare(kind, corpus, options, work)
            for problem in problems:
                print(problem)
            print(f'{kind.name}: {total} compared ({len(corpus)} of the corpus, {valid} valid, '
                  f'{admitted} admitted by the checker), '
                  f'{len(problems)} disagree')
            compared += total
            disagreed += len(problems)
    print(f'{compared} compared, {disagreed} disagree')
    return 1 if disagreed else 0


if __name__ == '__main__':
    sys.exit(main())
