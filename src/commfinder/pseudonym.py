"""Keyed pseudonyms: the same person, key and domain give the same pseudonym, and nothing else tells who it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import NoReturn

from commfinder.errors import MissingFileError, PrivacyError

__all__ = ["Key", "load_key", "make_key"]

_BYTES = 32


class Key:
    """A secret of 256 bits that makes pseudonyms.

    It never shows itself: neither its text nor any result holds it, only `id`, the first eight hexadecimal digits of
    its SHA-256 digest, which tells whether two results were made with the same key.

    Parameters
    ----------
    secret : bytes
        Exactly 32 bytes.

    Raises
    ------
    PrivacyError
        If it is not bytes, or shorter or longer.
    """

    def __init__(self, secret: bytes) -> None:
        if not isinstance(secret, bytes):
            raise PrivacyError(
                f"The key is a {type(secret).__name__}.",
                need="32 bytes are needed.",
                hint="Make one with commfinder.make_key, or read one with commfinder.load_key.",
            )
        if len(secret) != _BYTES:
            raise PrivacyError(
                f"The key has {len(secret)} bytes.",
                need="32 bytes are needed.",
                hint="Make one with commfinder.make_key.",
            )
        self._secret = secret

    @property
    def id(self) -> str:
        """First eight hexadecimal digits of the digest of the key."""
        return hashlib.sha256(self._secret).hexdigest()[:8]

    def pseudonym(self, domain: str, value: str) -> str:
        """Return the pseudonym of a value: 26 letters and digits, lower case.

        Parameters
        ----------
        domain : str
            What the value names (person, channel, message), so that equal strings in two roles get two pseudonyms.
        value : str
            The id.

        Returns
        -------
        str
        """
        message = b"commfinder/v1\0" + domain.encode() + b"\0" + value.encode("utf-8", "surrogatepass")
        digest = hmac.new(self._secret, message, hashlib.sha256).digest()
        return base64.b32encode(digest).decode()[:26].lower()

    def __repr__(self) -> str:
        return f"<Key {self.id}>"

    def __reduce__(self) -> NoReturn:
        raise PrivacyError("A key can not be pickled.", hint="Load it again with commfinder.load_key where it is used.")


def make_key(path: str | Path) -> Key:
    """Make a new key and write it to a file that only its owner can read.

    Parameters
    ----------
    path : path
        A file that does not exist yet. Keep it apart from the results.

    Returns
    -------
    Key

    Raises
    ------
    PrivacyError
        If the file exists: overwriting a key cuts every result from those before.
    MissingFileError
        If the folder is not there.
    """
    target = Path(path)
    secret = secrets.token_bytes(_BYTES)
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise PrivacyError(
            f"The key file {target.name} exists already.", hint="Use it with load_key, or choose another name."
        ) from None
    except FileNotFoundError:
        raise MissingFileError(
            f"The folder of the key file {target.name} does not exist.", hint="Make the folder first."
        ) from None
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(secret.hex() + "\n")
    return Key(secret)


def load_key(source: str | Path | bytes | Key) -> Key:
    """Load a key from a file of 64 hexadecimal digits, or take it as bytes.

    Parameters
    ----------
    source : path, bytes or Key
        The file, the 32 bytes themselves, or a key.

    Returns
    -------
    Key

    Raises
    ------
    MissingFileError
        If the file is not there.
    PrivacyError
        If it holds no key, or others can read it.
    """
    if isinstance(source, Key):
        return source
    if isinstance(source, bytes):
        return Key(source)
    if not isinstance(source, str | Path):
        raise PrivacyError(
            f"The key is a {type(source).__name__}.",
            need="A key file, 32 bytes or a Key is needed.",
            hint="Make one with commfinder.make_key.",
        )
    path = Path(source)
    if not path.is_file():
        raise MissingFileError(f"The key file {path.name} does not exist.", hint="Make one with commfinder.make_key.")
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise PrivacyError(f"Others can read the key file {path.name}.", hint=f"chmod 600 {path.name}")
    try:
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        raise PrivacyError(f"{path.name} holds no key.", need="64 hexadecimal digits are needed.") from None
    return Key(secret)
