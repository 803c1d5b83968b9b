"""The words of a failure that carry over from one wording to the next: no glue, one form each."""

from __future__ import annotations

import re

GLUE = frozenset(
    """
    a an and any are aren as at be because been being but by can cannot could couldn did didn do
    does doesn doing don down during each else for from had has hasn have haven he her here his
    how i if in into is isn it its itself just may me might more most must my near no non nor
    not now of off on once one only or other our out over own per please same shall she should
    so some such than that the their them then there these they this those though through to too
    under until up upon us use used using very via was wasn we were what when where whether
    which while who whose why will with within without won would wouldn yet you your any more
    see also got get gets given gave take took takes make made said says say tell tells told
    want wants need needs needed let put set seems like about after again against all already
    before between both few first last left next since still

    error errors err erreur fehler erro errore ошибка fatal critical severe warning warn info
    debug panic notice alert failed failure failures fail fails failing exception exceptions
    fault faults unexpected unhandled uncaught caught raised raise raises thrown throw threw
    traceback recent call calls calling called caused cause reason detail details détail hint
    context line lines column char character characters stack trace main thread something went
    wrong happened occurred try tried tries trying attempt attempts retry retries retrying times
    max giving aborted aborting abort skipped skipping skip ignored ignoring ignore dropped
    rejected refused refuse unable impossible

    import imports imported importing importer export exported sync syncing synced push pushing
    pushed process processing processed handle handled handling handler job jobs run running ran
    worker item items record records entry entries entity entities event events object objects
    payload operation operations action command execution execute executed executing exit
    returned return returns code codes message messages msg text response responses request
    requests answer answered answers output result results reply client http https url uri post
    data value values name names named number id ids uuid date null none nil true false json xml
    html body log logs status peut peuvent exécuter internal operational programming integrity
    sql insert select finished done complete completed written wrote write sent send sending
    update updated updating loaded loading saved stored task future coro never retrieved

    der die das den dem des ein eine einen einem einer und oder ist sind war wurde wird werden
    worden nicht kein keine keinen von vom im auf für mit bei zu zum zur aus als hat haben es
    sie nach le la les un une et est sont pas ne n d l de du au aux dans sur pour par avec que
    qui été ce cette se s il elle el los las uno y son del al en por para con su lo o gli e di
    da è не в на и с из по к
    """.split()
)
"""Words that join others, or say that something failed, or what was being done."""

_SYNONYMS = (
    "missing absent lacking lacks lack unknown unrecognized unrecognised undefined unresolved gone"
    " nonexistent inconnu inconnue introuvable unbekannt unbekannte fehlt desconocido manquant",
    "denied forbidden unauthorized unauthorised disallowed prohibited verweigert refusé denegado",
    "exists duplicate duplicated taken dupliquée doppelter duplicada collides collision collide"
    " conflict conflicts conflicting",
    "long toolong longer exceeds exceeded exceeding",
    "invalid malformed illegal bad incorrect corrupt corrupted broken ungültig invalide inválido"
    " unreadable unparsable",
    "unsupported unimplemented",
    "locked lock gesperrt verrouillé bloqueado",
    "disabled deactivated inactive",
    "mismatch differ differs different mismatched mismatching unequal",
    "expire expired expires expiry abgelaufen expiré",
)
"""Of each line all words mean the first."""

_PHRASES = re.compile(
    r"""
    \b(?:
      (?P<missing>
          (?:could|can|was|were|is|are|do|does|did)?[ ]?(?:not|n['’]t)[ ](?:be[ ])?
            (?:found|located|resolved|find|locate|resolve|exist|defined|registered|configured|present
              |known|recogni[sz]ed|available|installed|among|in)\b
        | cannot[ ](?:be[ ])?(?:found|find|located|locate|resolved|resolve)\b
        | (?:unable|failed)[ ]to[ ](?:find|locate|resolve)\b
        | no[ ]such | there[ ]is[ ]no | no[ ]longer[ ]exists?
        | (?:has|have|had|with|find|found)[ ]no
        | \bno\b(?=[ ][^\W\d_]{2,20}[ ](?:named|called|with|for)\b)
        | existiert[ ]nicht | nicht[ ](?:gefunden|vorhanden|definiert) | n['’]existe[ ]pas
        | no[ ](?:existe|encontrad[oa]|se[ ]encontró) | не[ ](?:существует|найден[ао]?)
      )
    | (?P<exists> already[ ](?:exists?|in[ ]use|taken|used) | existiert[ ]bereits | existe[ ]déjà
        | ya[ ]existe | must[ ]be[ ]unique | not[ ]unique )
    | (?P<denied> not[ ](?:allowed|permitted|authori[sz]ed) | (?:access|permission)[ ]denied )
    | (?P<unsupported> not[ ](?:supported|implemented|handled|accepted) )
    | (?P<long> too[ ](?:long|deep|large|big|many) | (?:more|longer|larger|bigger)[ ]than )
    | (?P<timeout> timed?[ ]?-?out )
    | (?P<disabled> (?:switched|turned)[ ]off | not[ ](?:active|activated|enabled) )
    | (?P<exhausted> no[ ]\w{1,20}[ ](?:left|free) | r[au]n[ ]out[ ]of )
    | (?P<invalid> not[ ](?:valid|readable|well[ -]formed)
        | (?:can[ ]?not|could[ ]not|can['’]t)[ ](?:be[ ])?(?:read|parsed?|decoded?) )
    | (?P<readonly> read[ -]?only | (?:en[ ])?lecture[ ]seule | nur[ ]lesend\w* | s[oó]lo[ ]lectura
        | schreibgeschützt\w* | только[ ](?:для[ ])?чтени\w+ )
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
PROBLEMS = frozenset([line.split()[0] for line in _SYNONYMS]) | {"timeout", "exhausted", "readonly"}
"""What can be wrong, as `telling` says it."""

_TOKEN = re.compile(r"<\w+>|(?:sg|customfield)_\w+|[^\W\d_]+")
_QUALIFIED = re.compile(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])")
_HUMP = re.compile(r"(?<=[a-zß-ÿ])(?=[A-Z][a-z])|(?<=[^\W\d_])_(?=[^\W\d_])")
_ENDINGS = ("ings", "ing", "ed", "ies", "es", "s")
_SHORTEST_STEM = 4
_BUILTIN = re.compile(
    r"\b(?:Value|Type|Key|Index|Attribute|Lookup|Runtime|OS|IO|Assertion|Name|System|Reference)Error\b"
)
_IDENTIFIER = re.compile(r"\b(?:sg|customfield)_\w+|\b[A-Z]\w+\.[a-z]\w+")


def stem(word: str) -> str:
    """An English word without its ending; most others as they are."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            word = word.removesuffix(ending)
            break
    return word.removesuffix("e") if len(word) > _SHORTEST_STEM else word


_SAME = {stem(word): line.split()[0] for line in _SYNONYMS for word in line.split()}


def telling(text: str) -> list[str]:
    """The words of a masked text that carry meaning, each once, in order, in one form."""
    text = _BUILTIN.sub(" ", text)
    text = _IDENTIFIER.sub(" ", _QUALIFIED.sub("", text))
    text = _PHRASES.sub(lambda found: f" {found.lastgroup} ", _HUMP.sub(" ", text))
    words: dict[str, None] = {}
    for token in _TOKEN.findall(text):
        if token[0] == "<":
            continue
        low = token.lower()
        if len(low) > 1 and low not in GLUE:
            root = stem(low)
            words[_SAME.get(root, root)] = None
    return list(words)


_SENTENCE = re.compile(r"(?<!\w)'([^'\n]{12,400})'(?!\w)|\"([^\"\n]{12,400})\"")
_FEWEST_OF_SENTENCE = 4


def unquoted(text: str) -> str:
    """The text with quoted sentences out of their quotes: they are said, no values."""

    def opened(match: re.Match[str]) -> str:
        inner = match[1] or match[2]
        return inner if len(inner.split()) >= _FEWEST_OF_SENTENCE else match[0]

    return _SENTENCE.sub(opened, text)
