"""Check digits of the tax ids of the three countries and of the Brazilian access key."""

_RFC_VALUES = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"


def rfc(stem):
    """Completes an RFC of 11 (company) or 12 (person) characters with its check digit."""
    padded = stem.rjust(12)
    total = sum(_RFC_VALUES.index(char) * (13 - place) for place, char in enumerate(padded))
    digit = 11 - total % 11
    return stem + {11: "0", 10: "A"}.get(digit, str(digit))


def _mod11(values, highest):
    """Weights 2..highest, cyclic from the right; remainders 0 and 1 give 0."""
    span = highest - 1
    total = sum(value * (2 + place % span) for place, value in enumerate(reversed(values)))
    rest = total % 11
    return 0 if rest < 2 else 11 - rest


def _ascii_values(text):
    """Digits 0-9, letters A=17 ... Z=42: the code point less 48."""
    return [ord(char) - 48 for char in text]


def cnpj(stem):
    """Completes 12 characters (digits or capital letters) with the two check digits."""
    first = _mod11(_ascii_values(stem), 9)
    second = _mod11(_ascii_values(stem) + [first], 9)
    return f"{stem}{first}{second}"


def access_key(stem):
    """Completes the 43 characters of an NF-e key with the check digit."""
    return f"{stem}{_mod11(_ascii_values(stem), 9)}"


def ie_sp(stem):
    """State registration of São Paulo: 8 digits, check digit, 2 digits, check digit."""
    head, tail = [int(c) for c in stem[:8]], [int(c) for c in stem[8:]]
    first = sum(a * b for a, b in zip(head, (1, 3, 4, 5, 6, 7, 8, 10))) % 11 % 10
    body = head + [first] + tail
    second = sum(a * b for a, b in zip(body, (3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2))) % 11 % 10
    return "".join(str(digit) for digit in body + [second])


def ie_rj(stem):
    """State registration of Rio de Janeiro: 7 digits and a check digit."""
    return f"{stem}{_mod11([int(c) for c in stem], 7)}"


def nit(stem):
    """Completes the 9 digits of a Colombian NIT with the check digit (without the dash)."""
    weights = (3, 7, 13, 17, 19, 23, 29, 37, 41)
    rest = sum(int(char) * weight for char, weight in zip(reversed(stem), weights)) % 11
    return f"{stem}{rest if rest < 2 else 11 - rest}"


def self_test():
    """The worked examples of the published rules; a wrong digit here would spoil every document."""
    assert rfc("EKU9003173C") == "EKU9003173C9"
    assert rfc("CACX7605101P") == "CACX7605101P8"
    assert rfc("COSC8001137N") == "COSC8001137NA"
    assert rfc("H&E95112846") == "H&E951128469"
    assert rfc("ÑIX890823MM") == "ÑIX890823MM5"
    assert cnpj("112223330001") == "11222333000181"
    assert cnpj("12ABC34501DE") == "12ABC34501DE35"
    assert cnpj("B4K7Z9QW0001") == "B4K7Z9QW000149"
    assert access_key("3515015871652300011955001000000007100000007")[-1] == "6"
    assert access_key("35260712ABC34501DE3555001000000123187654321")[-1] == "0"
    assert ie_sp("1100424911") == "110042490114"
    assert nit("800197268") == "8001972684"
