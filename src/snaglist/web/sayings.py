"""What the desk itself says of orders and tries, in the words of the catalogue.

It is kept as a sentence, for programs and terminals; here each is known again by its form.
"""

from __future__ import annotations

import re

from snaglist.web.texts import Texts

_FORMS = tuple(
    (re.compile(form, re.DOTALL), name)
    for name, form in {
        "silent": r"The first (?P<n>\d+) were given to workers, .*",
        "alike": r"The first (?P<n>\d+) all failed again: (?P<title>.*)",
        "given_once": r"Given to a worker once, .*",
        "given": r"Given to a worker (?P<n>\d+) times, .*",
        "in_time": r"Nothing was heard of it in time\.",
        "aborted": r"The order was stopped before it was tried\.",
        "meanwhile": r"It came over, says who tried it, but a failure was told .*",
        "not_open": r"It is not open any more\.",
        "not_whole": r"It was not made whole, and so never ordered\.",
        "by": r"by (?P<name>.*)",
        "aside": r"It was set aside\.",
        "came_over": r"It came over\.",
        "not_failing": r"It is not failing any more: .*",
        "deleted_in_source": r"It was deleted where it came from\.",
        "not_meant": r"It is not meant to come over\.",
        "by_hand": r"It was made by hand\.",
        "deleted": r"Its standing record was deleted\.",
    }.items()
)


def in_words(texts: Texts, text: str) -> str:
    """What the desk said, as the catalogue says it; what others said, as it is."""
    for form, name in _FORMS:
        match = form.fullmatch(text)
        if match is not None:
            found = match.groupdict()
            values = {of: int(value) if of == "n" else value for of, value in found.items()}
            return texts(f"said.{name}", **values)
    return text
