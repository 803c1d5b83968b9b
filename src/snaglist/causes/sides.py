"""Who was spoken to when it failed: the source, its media storage, or the target."""

from __future__ import annotations

from snaglist.causes.lexicon import Lexicon

_SOURCE_HOSTS = ("shotgrid", "shotgunstudio", "autodesk", "flowproduction")
_MEDIA_HOSTS = (
    "amazonaws",
    "cloudfront",
    "sg-media",
    "blob.core",
    "storage.googleapis",
    "wasabi",
    "minio",
    "s3.",
    "backblaze",
    "r2.cloudflare",
)
_TARGET_HOSTS = ("kitsu", "zou", "cgwire", "jira", "atlassian", "ayon", "ftrack")

_TARGET_PATHS = ("/api/", "/import/shotgun/")
"""Kitsu's own, whatever its host is called: the second is where Zou takes ShotGrid's entities."""


def side_of(host: str, speech: str) -> str:
    """The side that a host belongs to, "" for a host that could be anybody's."""
    if not host:
        return ""
    if any(part in host for part in _MEDIA_HOSTS):
        return "media"
    if any(part in host for part in _SOURCE_HOSTS):
        return "source"
    if any(part in host for part in _TARGET_HOSTS) or any(one in speech for one in _TARGET_PATHS):
        return "target"
    return ""


def side_by_words(look: int, lexicon: Lexicon) -> str:
    """The side that a text's words speak of, the libraries' names before the vaguer ones."""
    for order, suffix in (
        (("media", "target", "source"), "side"),
        (("media", "source", "target"), "side-perhaps"),
    ):
        for side in order:
            if look & lexicon.bit_of.get(f"{side}-{suffix}", 0):
                return side
    return ""
