"""Redaction: what goes, what stays, and that every byte beside it is as it was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snaglist.domain import secret_forms
from snaglist.domain.access import secret_text
from snaglist.domain.redaction import MARK, Redactor
from snaglist_client import secret_forms as client_forms
from snaglist_client.redaction import is_secret_name, redacted

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
redactor = Redactor()


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "sg_password",
        "PASSWORD",
        "password2",
        "userPassword",
        "script_key",
        "scriptKey",
        "SHOTGUN_API_KEY",
        "X-Api-Key",
        "apikey",
        "session_token",
        "auth_token",
        "refreshToken",
        "Set-Cookie",
        "Authorization",
        "client_secret",
        "aws.credentials",
        "api2key",
        "SHOTGRID_KEY",
    ],
)
def test_a_secret_by_its_name_is_taken_out(key: str) -> None:
    text, places = redactor.redact(json.dumps({"details": {key: "hunter2"}}))
    assert is_secret_name(key), "the client knows it, too"

    assert json.loads(text) == {"details": {key: MARK}}
    assert places == [f"/details/{key}"]


@pytest.mark.parametrize(
    "key",
    [
        "author",
        "render_pass",
        "keyframe",
        "primary_key",
        "session_uuid",
        "tokenizer",
        "secretary",
        "monkey",
        "passThrough",
        "key",
        "signed_off",
    ],
)
def test_a_name_that_only_looks_like_one_stays(key: str) -> None:
    sent = json.dumps({key: "hunter2", "password": None})
    assert not is_secret_name(key)

    assert redactor.redact(sent) == (sent, [])


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("Bearer abcdefghijklmnop1234", f"Bearer {MARK}"),
        (f"token was {JWT}!", f"token was {MARK}!"),
        ("https://bot:pw@kitsu.lan/api", f"https://{MARK}@kitsu.lan/api"),
        (
            "GET https://s3/x?X-Amz-Signature=abc123&X-Amz-Date=1",
            f"GET https://s3/x?X-Amz-Signature={MARK}&X-Amz-Date=1",
        ),
        ("https://x/?a=1&sig=Zm9v%3D", f"https://x/?a=1&sig={MARK}"),
        ("{'login': 'ana', 'password': 'hunter2'}", f"{{'login': 'ana', 'password': '{MARK}'}}"),
        ("api_key=abc123, retry", f"api_key={MARK}, retry"),
        (
            "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nafter",
            f"{MARK}\nafter",
        ),
        (f"used {secret_text(bytes(32))}.", f"used {MARK}."),
        ("SHOTGRID_KEY=k7hq is wrong", f"SHOTGRID_KEY={MARK} is wrong"),
        ("sent token = 9f8e7d6c5b4a3210, got 401", f"sent token = {MARK}, got 401"),
        ("password: hunter2 refused", f"password: {MARK} refused"),
        ("Cookie: session=8f7d6; a=b", f"Cookie: {MARK}"),
        ("AWS_SECRET_ACCESS_KEY=wJalr/x AWS", f"AWS_SECRET_ACCESS_KEY={MARK} AWS"),
        ("<sg:password>hunter</sg:password>", f"<sg:password>{MARK}</sg:password>"),
        (
            "Command '['kitsu', '--password', 'hunter2']' returned 1",
            f"Command '['kitsu', '--password', '{MARK}']' returned 1",
        ),
        ("['x', '--api-token', 'a1b2']", f"['x', '--api-token', '{MARK}']"),
        ("{'X-Api-Key': '9f8e7d6c5b'}", f"{{'X-Api-Key': '{MARK}'}}"),
        ("X-Auth-Token: 9f8e7d6c5b", f"X-Auth-Token: {MARK}"),
        ("X-Shotgun-Session: 9f8e7d6c5b", f"X-Shotgun-Session: {MARK}"),
        ("sessionid=9f8e7d6c5b4a3f2e1", f"sessionid={MARK}"),
        ("api_key: 'abcdef' was", f"api_key: '{MARK}' was"),
        ('script_key: "a b"', f'script_key: "{MARK}"'),
        ("token: '9f8e7d6c5b4a9f8e7d6c' was", f"token: '{MARK}' was"),
        ("run --password hunter2 now", f"run --password {MARK} now"),
        ("client_secret=abc", f"client_secret={MARK}"),
        ("private_key: 'a b'", f"private_key: '{MARK}'"),
        ("pwd=hunter2", f"pwd={MARK}"),
        ("Authorization: 9f8e7d6c5b", f"Authorization: {MARK}"),
        (
            r'{"body": "{\"password\": \"hunter2\"}"}',
            rf'{{"body": "{{\"password\": \"{MARK}\"}}"}}',
        ),
        (r"password = 'a\nb' end", f"password = '{MARK}' end"),
        (
            'sg = shotgun_api3.Shotgun(URL, "importer", "abc def")',
            f'sg = shotgun_api3.Shotgun(URL, "importer", "{MARK}")',
        ),
        ('gazu.log_in("ana@x.org", "hunter2")', f'gazu.log_in("ana@x.org", "{MARK}")'),
        ("PGPASSWORD=hunter2 psql", f"PGPASSWORD={MARK} psql"),
        ("curl -u ana:hunter2 https://x", f"curl -u ana:{MARK} https://x"),
        ("café https://ü:ñ@host/\n\t😀", f"café https://{MARK}@host/\n\t😀"),
    ],
)
@pytest.mark.parametrize("as_ascii", [True, False])
def test_a_secret_inside_a_string_is_taken_out(sent: str, kept: str, as_ascii: bool) -> None:
    text, places = redactor.redact(json.dumps({"a": [sent]}, ensure_ascii=as_ascii))
    assert redacted(sent) == kept, "the client takes it out, too"

    assert json.loads(text) == {"a": [kept]}
    assert places == ["/a/0"]


@pytest.mark.parametrize(
    "text",
    [
        "mail ana@studio.com about https://kitsu/x",
        "Bearer authentication failed",
        "no password given",
        "password: must not be empty",
        "Unexpected token = at 12",
        "token=self.session_token()",
        "KeyError: 'token'",
        "-----BEGIN CERTIFICATE-----",
        "the signature of the function",
        "Unexpected token: 'instanceof_of'",
        "Unexpected token: 'SQ010_SH0560_anim'",
        "unknown format token: '<UDIM>.####.exr1001'",
        "--password is required",
        "The client_secret: is not set",
        "private_key = shot_id",
        "connect(password=None, secret=null)",
        "authorization: required by supervisor",
        "pwd: /mnt/projects/bbb/SH010",
        "PWD=C:/shows/bbb/SH010",
        "gazu.log_in(name, password)",
        "get_shotgun('Asset', 'id', 'code')",
        "Shotgun(server, name, key) takes three",
        "run with --token-file or --password-file",
        "the shotgun session is over",
    ],
)
def test_an_innocent_sentence_stays(text: str) -> None:
    sent = json.dumps({"error": text})

    assert redactor.redact(sent) == (sent, [])
    assert redacted(text) == text


def test_every_duplicate_and_escaped_key_is_found() -> None:
    sent = '{"password":"a","p\\u0061ssword" : {"b":[1,{"c":"}"}]} ,"password":"d","x":1}'

    text, places = redactor.redact(sent)

    assert text == (
        f'{{"password":"{MARK}","p\\u0061ssword" : "{MARK}" ,"password":"{MARK}","x":1}}'
    )
    assert places == ["/password"]


@pytest.mark.parametrize("slashes", ["//", "\\/\\/", "/\\/", "\\//", "\\u002f/"])
def test_a_user_in_a_url_is_found_however_its_slashes_are_written(slashes: str) -> None:
    assert redactor.redact(f'{{"e":"https:{slashes}u:p@h"}}')[1] == ["/e"]


def test_a_secret_under_a_key_that_a_duplicate_hides_is_found() -> None:
    text, _ = redactor.redact('{"a":{"token":"x"},"a":1}')

    assert "x" not in text.replace("token", "")


def test_a_secret_in_a_name_is_found() -> None:
    text, _ = redactor.redact('{"https://u:p@h/": 1, "https://\\u0075:p@h/": 2}')

    assert text == f'{{"https://{MARK}@h/": 1, "https://{MARK}@h/": 2}}'


def test_pointers_are_escaped_as_rfc_6901_says() -> None:
    _, places = redactor.redact('{"a/b":{"m~n":[0,{"token":"x"}]}}')

    assert places == ["/a~1b/m~0n/1/token"]


def test_the_list_of_places_is_bounded() -> None:
    sent = json.dumps([{"k" * 5000: {f"password{n}": "x" for n in range(100)}} for _ in range(3)])

    text, places = redactor.redact(sent)

    assert text.count(MARK) == 300
    assert places[-1] == ""
    assert sum(map(len, places)) < 10_000


def test_redacting_twice_changes_nothing_more() -> None:
    once, _ = redactor.redact('{"password":"x","e":"Bearer abcdefghijklmnop1234"}')

    assert redactor.redact(once) == (once, [])


def test_it_can_be_switched_off() -> None:
    sent = '{"password":"x"}'

    assert Redactor(enabled=False).redact(sent) == (sent, [])


def test_it_can_be_told_of_more() -> None:
    told = Redactor(words=["Badge-Number"], patterns=[r"ID-(?P<secret>\d{4})"])

    text, places = told.redact('{"badge_number": 7, "e": "ID-1234 failed"}')

    assert text == f'{{"badge_number": 7, "e": "ID-{MARK} failed"}}'
    assert places == ["/e"]
    assert told.redact('{"badgenumber": 7}')[1] == ["/badgenumber"]
    assert Redactor(words=["key"]).redact('{"any_key": 7}')[1] == ["/any_key"]


secretive = st.sampled_from(
    ["password", "author", "api_key", "é", "a\nb", "https://u:p@h", "Bearer 0123456789abcdef"]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | secretive,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=8) | secretive, inner, max_size=4)
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.text(max_size=8) | secretive, values, max_size=5), st.booleans())
def test_every_byte_outside_a_spliced_value_stays(value: dict[str, Any], as_ascii: bool) -> None:
    sent = json.dumps(value, ensure_ascii=as_ascii, indent=1)

    if not _is_utf8(sent):
        return
    text, places = redactor.redact(sent)

    if MARK in sent:
        return
    assert json.loads(text) is not None
    assert bool(places) == (MARK in text)
    if not places:
        assert text == sent
        return
    first, *middle, last = text.split(MARK)
    # A spliced value brings quotes of its own, which may not have been there.
    kept = [first.removesuffix('"'), *(one.strip('"') for one in middle), last.removeprefix('"')]
    assert sent.startswith(kept[0])
    assert sent.endswith(kept[-1])
    place = 0
    for piece in kept:
        place = sent.find(piece, place)
        assert place >= 0, piece
        place += len(piece)


def test_desk_and_client_know_the_same_forms() -> None:
    for name in ("WORDS", "WORD_PAIRS", "PATTERNS"):
        assert getattr(secret_forms, name) == getattr(client_forms, name)


@pytest.mark.parametrize(
    "piece",
    [
        *(
            "a",
            "'",
            "passwd",
            "--x-",
            "x-a",
            "Shotgun(,",
            "token:",
            "secret:",
            "password=",
            "pwd: ",
        ),
        *("token=", "--token ", "authorization:", "<password>", "curl -u ", "eyJa.", "://a"),
        *("?sig=", "x-a-token:", "session_id=", "-----BEGIN PRIVATE KEY-----", "\\", "bearer "),
    ],
)
@pytest.mark.parametrize("beginning", ["", "password='", "secret"])
def test_no_form_takes_long_on_what_repeats(piece: str, beginning: str) -> None:
    """A pattern that tries again and again would not end within the test's time."""
    text = beginning + piece * 40_000
    assert redacted(text)
    assert redactor.secret_spans(text) is not None


pieces = st.sampled_from(
    [
        *r"api key 2 _ - \\ \u006b / \/ : @ u ? = sig token pass word é eyJ . https".split(),
        *("Bearer ", "0123456789abcdef", "shotgun(", "session_id", "x-", "-session", "curl -u "),
    ]
)


@given(st.lists(pieces, max_size=12), st.lists(pieces, max_size=12))
def test_the_quick_look_never_overlooks_what_the_close_one_finds(
    name: list[str], value: list[str]
) -> None:
    text = f'{{"{"".join(name)}": "{"".join(value)}"}}'
    try:
        json.loads(text)
    except ValueError:
        return

    closely = Redactor(patterns=["(?!)"])  # a pattern of one's own makes every look a close one

    assert redactor.redact(text) == closely.redact(text)


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
