"""Marking the variable parts of a message, so that names, ids and times never tell causes apart."""
from __future__ import annotations
from snaglist.causes.reading import Reading
import re
def gist(reading: Reading) -> list[str]:
    t = reading.told[0] if reading.told else ""
    return [re.sub(r"\d+","#",t.splitlines()[-1] if t else reading.event_type)]
