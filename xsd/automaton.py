"""Patterns of XML Schema as automata over the bytes of UTF-8, for xsd/checker.py.

An automaton made here accepts nothing that its pattern does not; it may accept less: \\d stands for
the digits of ASCII alone.  A pattern that cannot be read with certainty raises Unsupported.
"""

LAST = 0x10FFFF
MOST_STATES = 4000


class Unsupported(Exception):
    """The checker has to leave this to libxml2."""


# ---- sets of characters: sorted lists of (first, last) ----

def join(ranges):
    out = []
    for low, high in sorted(ranges):
        if out and low <= out[-1][1] + 1:
            out[-1] = out[-1][0], max(high, out[-1][1])
        else:
            out.append((low, high))
    return out


def complement(ranges):
    out, start = [], 1
    for low, high in join(ranges):
        if low > start:
            out.append((start, low - 1))
        start = high + 1
    if start <= LAST:
        out.append((start, LAST))
    return out


BLANKS = [(9, 10), (13, 13), (32, 32)]
DIGITS = [(48, 57)]
ANY = complement([(10, 10), (13, 13)])


def utf8_paths(ranges):
    """The set as sequences of byte ranges, each (first, last) a byte; surrogates are no characters."""
    bounds = ((0, 0x7F), (0x80, 0x7FF), (0x800, 0xD7FF), (0xE000, 0xFFFF), (0x10000, LAST))

    def split(low, high):
        first, last = chr(low).encode(), chr(high).encode()
        for at in range(1, len(first)):
            tail = 6 * (len(first) - at)
            mask = (1 << tail) - 1
            if low >> tail != high >> tail:
                if low & mask:
                    yield from split(low, low | mask)
                    yield from split((low | mask) + 1, high)
                    return
                if high & mask != mask:
                    yield from split(low, (high & ~mask) - 1)
                    yield from split(high & ~mask, high)
                    return
        yield list(zip(first, last))

    for low, high in ranges:
        for least, most in bounds:
            if low <= most and high >= least:
                yield from split(max(low, least), min(high, most))


# ---- patterns: ('set', ranges), ('seq', [...]), ('or', [...]), ('times', what, least, most) ----

class Pattern:
    def __init__(self, text):
        self.text, self.at = text, 0

    def parse(self):
        tree = self.alternatives()
        if self.at != len(self.text):
            raise Unsupported(self.text)
        return tree

    def peek(self):
        return self.text[self.at] if self.at < len(self.text) else ''

    def take(self):
        c = self.peek()
        if not c:
            raise Unsupported(self.text)
        self.at += 1
        return c

    def alternatives(self):
        branches = [[]]
        while self.peek() not in ('', ')'):
            if self.peek() == '|':
                self.take()
                branches.append([])
            else:
                branches[-1].append(self.times(self.atom()))
        return ('or', [('seq', branch) for branch in branches])

    def atom(self):
        c = self.take()
        if c == '(':
            inner = self.alternatives()
            if self.take() != ')':
                raise Unsupported(self.text)
            return inner
        if c == '[':
            return 'set', self.members()
        if c == '\\':
            return 'set', self.escape()[0]
        if c == '.':
            return 'set', ANY
        if c in '?*+{}]':
            raise Unsupported(self.text)
        return 'set', [(ord(c), ord(c))]

    def escape(self):
        """(set, whether it is all that the escape stands for)"""
        c = self.take()
        if c == 'd':
            return DIGITS, False
        if c == 's':
            return BLANKS, True
        if c in 'nrt':
            n = ord({'n': '\n', 'r': '\r', 't': '\t'}[c])
            return [(n, n)], True
        if c not in '\\|.-^?*+{}()[]':
            raise Unsupported(self.text)
        return [(ord(c), ord(c))], True

    def members(self):
        negated, ranges, exact = self.peek() == '^', [], True
        if negated:
            self.take()
        while self.peek() != ']':
            c = self.take()
            if c == '[':
                raise Unsupported(self.text)
            if c == '\\':
                more, whole = self.escape()
                ranges += more
                exact = exact and whole
                if self.peek() == '-' and self.text[self.at + 1:self.at + 2] != ']':
                    raise Unsupported(self.text)
                continue
            low = high = ord(c)
            if self.peek() == '-' and self.text[self.at + 1:self.at + 2] not in (']', ''):
                self.take()
                c = self.take()
                if c in '[\\':
                    raise Unsupported(self.text)
                high = ord(c)
            if high < low:
                raise Unsupported(self.text)
            ranges.append((low, high))
        self.take()
        if not ranges or negated and not exact:
            raise Unsupported(self.text)
        return complement(ranges) if negated else join(ranges)

    def times(self, atom):
        c = self.peek()
        if c in ('?', '*', '+'):
            self.take()
            return ('times', atom) + {'?': (0, 1), '*': (0, None), '+': (1, None)}[c]
        if c != '{':
            return atom
        end = self.text.index('}', self.at)
        low, comma, high = self.text[self.at + 1:end].partition(',')
        self.at = end + 1
        return 'times', atom, int(low), int(high) if high else None if comma else int(low)


# ---- automata ----

class Nfa:
    def __init__(self):
        self.free, self.moves = [], []  # a state's free steps, and its (first, last, state)

    def state(self):
        self.free.append([])
        self.moves.append([])
        if len(self.free) > 100000:
            raise Unsupported('too large')
        return len(self.free) - 1

    def add(self, tree, start):
        """Reads `tree` from a state on; the state behind it."""
        kind = tree[0]
        if kind == 'set':
            end = self.state()
            for path in utf8_paths(tree[1]):
                at = start
                for low, high in path[:-1]:
                    then = self.state()
                    self.moves[at].append((low, high, then))
                    at = then
                self.moves[at].append((*path[-1], end))
            return end
        if kind == 'seq':
            for part in tree[1]:
                start = self.add(part, start)
            return start
        if kind == 'or':
            end = self.state()
            for part in tree[1]:
                begin = self.state()
                self.free[start].append(begin)
                self.free[self.add(part, begin)].append(end)
            return end
        _, inner, least, most = tree
        for _ in range(least):
            start = self.add(inner, start)
        end = self.state()
        if most is None:
            loop = self.state()
            self.free[start].append(loop)
            self.free[self.add(inner, loop)].append(loop)
            self.free[loop].append(end)
            return end
        for _ in range(most - least):
            self.free[start].append(end)
            start = self.add(inner, start)
        self.free[start].append(end)
        return end

    def closure(self, states):
        found, todo = set(states), list(states)
        while todo:
            for then in self.free[todo.pop()]:
                if then not in found:
                    found.add(then)
                    todo.append(then)
        return frozenset(found)


class Automaton:
    """Deterministic and minimal.  State 0 is the dead one; `moves[state][byte]`."""

    def __init__(self, start, accepts, moves):
        self.start, self.accepts, self.moves = start, accepts, moves
        self.minimise()

    @classmethod
    def of(cls, tree):
        nfa = Nfa()
        begin = nfa.state()
        end = nfa.add(tree, begin)
        first = nfa.closure([begin])
        known, todo, moves = {frozenset(): 0, first: 1}, [first], {0: [0] * 256}
        while todo:
            now = todo.pop()
            row = [0] * 256
            edges = [edge for state in now for edge in nfa.moves[state]]
            cuts = sorted({low for low, _, _ in edges} | {high + 1 for _, high, _ in edges})
            for low, above in zip(cuts, cuts[1:]):
                then = nfa.closure([s for a, b, s in edges if a <= low and b >= above - 1])
                if then not in known:
                    if len(known) > MOST_STATES:
                        raise Unsupported('too many states')
                    known[then] = len(known)
                    todo.append(then)
                row[low:above] = [known[then]] * (above - low)
            moves[known[now]] = row
        accepts = {n for states, n in known.items() if end in states}
        return cls(1, accepts, [moves[n] for n in range(len(known))])

    @classmethod
    def of_words(cls, words):
        return cls.of(('or', [('seq', [('set', [(ord(c), ord(c))]) for c in word])
                              for word in words]))

    def also(self, other):
        """What both accept."""
        first = self.start, other.start
        known, todo, moves = {(0, 0): 0, first: 1}, [first], {0: [0] * 256}
        while todo:
            now = todo.pop()
            row = []
            for then in zip(self.moves[now[0]], other.moves[now[1]]):
                then = then if then[0] and then[1] else (0, 0)
                if then not in known:
                    if len(known) > MOST_STATES:
                        raise Unsupported('too many states')
                    known[then] = len(known)
                    todo.append(then)
                row.append(known[then])
            moves[known[now]] = row
        accepts = {n for (a, b), n in known.items() if a in self.accepts and b in other.accepts}
        return Automaton(1, accepts, [moves[n] for n in range(len(known))])

    def minimise(self):
        """Moore's refinement; then states are numbered: dead, not accepting, accepting."""
        columns = list(zip(*self.moves))
        distinct = [list(column) for column in dict.fromkeys(columns)]
        group = [1 if state in self.accepts else 0 for state in range(len(self.moves))]
        count = len(set(group))
        while True:
            keys = list(zip(group, *([group[then] for then in column] for column in distinct)))
            number = {key: n for n, key in enumerate(dict.fromkeys(keys))}
            group = [number[key] for key in keys]
            if len(number) == count:
                break
            count = len(number)
        dead = group[0]
        accepting = {group[state] for state in self.accepts}
        if dead in accepting:
            raise Unsupported('accepts everything')
        order = [dead] + sorted(set(group) - accepting - {dead}) + sorted(accepting)
        place = {old: n for n, old in enumerate(order)}
        moves = [None] * len(order)
        for state, row in enumerate(self.moves):
            moves[place[group[state]]] = [place[group[then]] for then in row]
        self.start = place[group[self.start]]
        self.first_accepting = len(order) - len(accepting)
        self.accepts = set(range(self.first_accepting, len(order)))
        self.moves = moves

    def admits(self, text):
        state = self.start
        for byte in text.encode():
            state = self.moves[state][byte]
        return state in self.accepts

    def has_blanks(self):
        """Whether any word that it accepts holds a blank: each live state leads to a word."""
        return any(row[byte] for row in self.moves for byte in range(33))

    def columns(self):
        """(class of each byte, moves by class): bytes that are treated alike share a column."""
        classes, columns = [], {}
        for column in zip(*self.moves):
            classes.append(columns.setdefault(column, len(columns)))
        return classes, [list(row) for row in zip(*columns)]
