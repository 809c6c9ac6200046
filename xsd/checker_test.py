#!/usr/bin/env python3
"""Tests of automaton.py and checker.py: an automaton accepts what its pattern does, the tables say what
they cannot say.

    python3 xsd/checker_test.py
"""

import os
import random
import re
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from automaton import Automaton, Pattern, Unsupported, utf8_paths  # noqa: E402
import checker  # noqa: E402
import compile as notation  # noqa: E402

# Pattern, what it accepts, what it does not.
PATTERNS = [
    ('[0-9]{1,3}(.[0-9]{1,2})?', ['1', '123', '1x3', '12.34'], ['', '1.', '12.345', '1\n3']),
    ('[^|]*', ['', 'añ😀 b', '\n'], ['|', 'a|', 'ñ|']),
    ('[A-Z&Ñ]{3,4}[0-9]', ['ÑÑÑ1', 'A&BC1'], ['AB1', 'ñBC1', 'ABCDE1', 'Ã1']),
    ('a|bc|(d(e|f)){2}', ['a', 'bc', 'dedf'], ['', 'b', 'de', 'dededf']),
    ('a{2,}b+c?', ['aab', 'aaaabbbc'], ['ab', 'aabcc', 'aa']),
    ('[^(?!.*\\s)-]{2}', ['ab', 'éx'], ['a-', '(a', 'a\t', '.a']),
    ('[\\-,\\+]x', ['-x', ',x', '+x'], ['*x', '.x']),
    ('[1,3-9]', ['1', ',', '5'], ['2', '-']),
    ('\\d\\.\\|', ['7.|'], ['7x|', '٣.|']),
    ('[!-ÿ]([ -ÿ]*[!-ÿ])?', ['a b', 'ÿ'], [' a', 'a ', 'Ā', '']),
]

UNREADABLE = ['\\w', '[^\\d]', '\\D', '[a-z-[b]]', '(a', 'a)', '*a', '\\p{L}', '[b-a]', 'a\\', '[]']

HEAD = 'namespace urn:t\n'

# Notation of the type of an attribute, values that are admitted, values that are left.
VALUES = [
    ('decimal fraction 2 min 0', ['0', '12.34', '007.10'], ['1.234', '-1', '+1', '.5', '1.', '']),
    ('decimal fraction 6 min 0.000001', ['0.000001', '10'], ['0', '0.000000', '0.0000001']),
    ('decimal digits 4', ['1234', '12.34'], ['12345', '123.45']),
    ('integer', ['0', '123456789012345678'], ['1234567890123456789', '1.0', '-1']),
    ('short', ['9999'], ['32768', '99999']),
    ('dateTime', ['2024-01-31T23:59:59'], ['2024-01-31T24:00:00', '2024-13-01T00:00:00',
                                           '2024-01-01T00:00:00Z', '2024-01-01']),
    ('date min 2019-05-31', ['2019-05-31', '2019-06-01', '2020-01-01'],
     ['2019-05-30', '2018-12-31', '1999-06-30']),
    ('date max 2019-05-31', ['2019-05-31', '2019-04-30', '2010-12-31'], ['2019-06-01', '2020-01-01']),
    ('base64Binary', ['QUJD', 'QUI=', 'QQ=='], ['', 'QUJ', 'QUJ=', 'QR==', 'Q=I=', 'QU JD']),
    ('base64Binary 20', ['A' * 26 + 'A='], ['A' * 28, 'A' * 24]),
    (': A B', ['A', 'B'], ['', 'C', 'AB', 'a']),
    ('anyURI', ['#x1'], ['http://x', 'x y', '']),
    ('anyURI : http://x', ['http://x'], ['http://y']),
]


def strings(rng, alphabet):
    for _ in range(300):
        yield ''.join(rng.choice(alphabet) for _ in range(rng.randint(0, 8)))


class Automata(unittest.TestCase):
    def test_patterns(self):
        for text, yes, no in PATTERNS:
            automaton = Automaton.of(Pattern(text).parse())
            for word in yes:
                self.assertTrue(automaton.admits(word), (text, word))
            for word in no:
                self.assertFalse(automaton.admits(word), (text, word))

    def test_against_re(self):
        """Patterns that mean the same to Python's re."""
        rng = random.Random(1)
        for text in ('(a|b)*abb', 'a{2,3}(b|c?)d*', '([0-9]{2}-)?[^x]+', 'é+|[à-ü]{2}|z?'):
            automaton = Automaton.of(Pattern(text).parse())
            for word in strings(rng, 'abcdéàüxz0-'):
                self.assertEqual(automaton.admits(word), bool(re.fullmatch(text, word)), (text, word))

    def test_both(self):
        both = Automaton.of(Pattern('[a-m]*').parse()).also(Automaton.of(Pattern('[g-z]{2}').parse()))
        self.assertTrue(both.admits('gm'))
        for word in ('ag', 'gn', 'g', 'ghi'):
            self.assertFalse(both.admits(word), word)

    def test_unreadable(self):
        for text in UNREADABLE:
            with self.assertRaises(Unsupported, msg=text):
                Automaton.of(Pattern(text).parse())

    def test_utf8(self):
        """Every character of a set has its path, no other has."""
        ranges = [(0x41, 0x7FF), (0xD000, 0xE001), (0xFFFE, 0x10003)]
        for c in (0x40, 0x41, 0x7F, 0x80, 0x7FF, 0x800, 0xCFFF, 0xD000, 0xD7FF, 0xE000, 0xE001,
                  0xE002, 0xFFFD, 0xFFFE, 0xFFFF, 0x10000, 0x10003, 0x10004):
            found = [path for path in utf8_paths(ranges) if len(path) == len(chr(c).encode()) and
                     all(low <= b <= high for (low, high), b in zip(path, chr(c).encode()))]
            self.assertEqual(len(found), any(a <= c <= b for a, b in ranges), hex(c))

    def test_blanks(self):
        self.assertFalse(Automaton.of(Pattern('[!-z]+').parse()).has_blanks())
        self.assertTrue(Automaton.of(Pattern('a b').parse()).has_blanks())


class Values(unittest.TestCase):
    def test_values(self):
        for text, yes, no in VALUES:
            kind = notation.parse_type(notation.Line('t', 1, text), text, {})
            value = checker.Value(*checker.unfold({}, kind))
            for word in yes:
                self.assertTrue(value.automaton.admits(word), (text, word))
            for word in no:
                self.assertFalse(value.automaton.admits(word), (text, word))

    def test_lengths(self):
        """One set, repeated, needs no state for each time."""
        kind = notation.parse_type(notation.Line('t', 1, ''), 'string 2..7 /[a-c]{1,5}/', {})
        value = checker.Value(*checker.unfold({}, kind))
        self.assertEqual((value.least, value.most), (2, 5))
        self.assertEqual(len(value.automaton.moves), 2)

    def test_left(self):
        for text in ('gYearMonth', 'date min 2020-01-01-06:00', 'string /\\w/', 'decimal max 5 max 7'):
            kind = notation.parse_type(notation.Line('t', 1, text), text, {})
            with self.assertRaises(Unsupported, msg=text):
                checker.Value(*checker.unfold({}, kind))


if __name__ == '__main__':
    unittest.main(verbosity=0)
