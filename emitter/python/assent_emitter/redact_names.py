"""Which names say that a secret follows."""

from __future__ import annotations

# What a name says of its value. COUNTED is a plural: numbers stay, `total_tokens` is a count.
OPEN, COUNTED, SECRET, DECLARED = range(4)

_WHOLE = frozenset("key auth pin otp totp bearer dsn cvv cvc cvv2 cvc2".split())
_ENDINGS = tuple(
    "password passwd pwd passphrase passcode passwordhash secret token jwt credential "
    "authorization cookie apikey accesskey accesskeyid secretkey privatekey signingkey "
    "encryptionkey decryptionkey masterkey sshkey hmackey sharedkey accountkey authkey "
    "sessionkey keymaterial mnemonic seedphrase recoveryphrase recoverycode backupcode "
    "securitycode cardnumber creditcard connectionstring connstr xamzsignature "
    "xgoogsignature".split())
# Too short and too common to mean something in the middle of a text.
_SHORT = frozenset("key auth pin pass sig".split())
_PHRASES = tuple("authorization cookie mnemonic passphrase recoveryphrase seedphrase".split())

_DROPPED = {code: None for code in range(128) if not chr(code).isalnum()}
_PLAIN = {**_DROPPED, **{code: code + 32 for code in range(ord("A"), ord("Z") + 1)}}


def plain_name(name: str) -> str:
    """Without what separates its words: `api-key`, `API_KEY` and `apiKey` are one."""
    return name.translate(_PLAIN)


def _is_secret(plain: str) -> bool:
    return plain in _WHOLE or plain.endswith(_ENDINGS)


def secrecy_of_plain(plain: str) -> int:
    if _is_secret(plain):
        return SECRET
    if plain == "pass" or (plain.endswith("s") and _is_secret(plain[:-1])):
        return COUNTED
    return OPEN


def is_short(plain: str) -> bool:
    return plain in _SHORT


def is_phrase(plain: str) -> bool:
    """Whether the value goes on to the end of the line."""
    return plain.endswith(_PHRASES)
