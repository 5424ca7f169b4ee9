"""Signatures as each source makes them, right and wrong. Ed25519 is libsodium's, which the program itself needs."""
import base64
import ctypes
import hashlib
import hmac
import re
from urllib.parse import parse_qsl

TWILIO_ORIGIN = 'https://hooks.example.org'
SIGNATURE_HEADER = {'telnyx': 'telnyx-signature-ed25519', 'telemetry': 'webhook-signature', 'twilio': 'X-Twilio-Signature'}
TIMESTAMP_HEADER = {'telnyx': 'telnyx-timestamp', 'telemetry': 'webhook-timestamp'}
WRONG_WAYS = ('none', 'empty', 'without timestamp', 'of another key', 'of another body', 'of another timestamp', 'twice', 'garbage')

_sodium = ctypes.CDLL('libsodium.so.23')


def _ed25519(seed, message):
    public, secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
    _sodium.crypto_sign_seed_keypair(public, secret, seed)
    signature = ctypes.create_string_buffer(64)
    _sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), secret)
    return signature.raw


def _base64(data):
    return base64.b64encode(data).decode()


class Signer:
    """`seed`: of the provider's key. Secrets: the application's bytes, and Twilio's token."""

    def __init__(self, seed, app_secret, twilio_token):
        self.keys = {'telnyx': seed, 'telemetry': app_secret, 'twilio': twilio_token}

    def headers(self, source, body, seconds, message_id, target, way=None):
        """Of a delivery signed at `seconds` since 1970, or forged in one of WRONG_WAYS."""
        if way == 'none':
            return []
        key = hashlib.sha256(self.keys[source]).digest() if way == 'of another key' else self.keys[source]
        signed = body.replace(b'a', b'b', 1) if way == 'of another body' else body
        headers = self._right(source, key, signed, seconds, message_id, target)
        name = SIGNATURE_HEADER[source]
        if way == 'without timestamp':
            return [header for header in headers if header[0] != TIMESTAMP_HEADER[source]]
        if way == 'of another timestamp':
            return [(header, str(seconds + 1) if header == TIMESTAMP_HEADER[source] else value) for header, value in headers]
        if way in ('empty', 'garbage'):
            return [(header, {'empty': '', 'garbage': 'AAAA'}[way] if header == name else value) for header, value in headers]
        if way == 'twice':
            return headers + [header for header in headers if header[0] == name]
        return headers

    def _right(self, source, key, body, seconds, message_id, target):
        if source == 'telnyx':
            signature = _ed25519(key, str(seconds).encode() + b'|' + body)
            return [(SIGNATURE_HEADER[source], _base64(signature)), (TIMESTAMP_HEADER[source], str(seconds))]
        if source == 'telemetry':
            signature = hmac.digest(key, f'{message_id}.{seconds}.'.encode() + body, 'sha256')
            return [('webhook-id', message_id), (TIMESTAMP_HEADER[source], str(seconds)),
                    (SIGNATURE_HEADER[source], 'v1,' + _base64(signature))]
        fields = ''.join(name + value for name, value in sorted(parse_qsl(body.decode(), keep_blank_values=True)))
        signature = hmac.digest(key, (TWILIO_ORIGIN + target + fields).encode(), 'sha1')
        return [(SIGNATURE_HEADER[source], _base64(signature))]


def message_id(name):
    """A Standard Webhooks id may have no dot."""
    return 'msg_' + re.sub(r'[^A-Za-z0-9_-]', '-', name)
