#!/usr/bin/env python3
"""A small application as a process of its own, to which records are delivered: checks signatures, keeps what it takes in a
store of its own before it answers 200, and behaves as a file says.  application.py PORT SECRET_FILE STORE BEHAVIOUR_FILE [any-time]
any-time: signatures may be of any time."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import random
import sqlite3
import sys
import threading
import time

PORT, SECRET, STORE, BEHAVIOUR = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
TOLERANCE = float('inf') if 'any-time' in sys.argv else 300
HEADERS = ('event-id', 'source', 'type', 'call', 'partition', 'offset', 'attempt', 'replay', 'provenance')


def read(path):
    with open(path, encoding='ascii') as file:
        return file.read().strip()


KEY = base64.b64decode(read(SECRET).removeprefix('whsec_'))
RANDOM = random.Random(1)


class Store:
    """What was taken, in order. One connection; a kill leaves all that was committed."""

    def __init__(self, path):
        self.lock = threading.Lock()
        self.database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self.database.execute('PRAGMA journal_mode = WAL')
        self.database.execute('PRAGMA synchronous = OFF')
        self.database.execute(
            'CREATE TABLE IF NOT EXISTS taken (number INTEGER PRIMARY KEY, at REAL, webhook_id TEXT, event_id TEXT, source TEXT,'
            ' type TEXT, call TEXT, partition INTEGER, offset INTEGER, attempt INTEGER, replay TEXT, provenance TEXT,'
            ' headers TEXT, body BLOB)')

    def take(self, headers, body):
        said = [headers.get('hookledger-' + name) for name in HEADERS]
        row = [time.time(), headers['webhook-id'], *said, json.dumps({k.lower(): v for k, v in headers.items()}), body]
        with self.lock:
            self.database.execute('INSERT INTO taken VALUES (NULL' + ', ?' * len(row) + ')', row)


class Application(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    store = None

    def is_signed(self, body):
        said = {name: self.headers.get('webhook-' + name, '') for name in ('id', 'timestamp', 'signature')}
        signed = f'{said["id"]}.{said["timestamp"]}.'.encode() + body
        right = 'v1,' + base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        return right in said['signature'].split() and abs(time.time() - int(said['timestamp'])) < TOLERANCE

    def status_of(self):
        """`ok` · `status CODE [RETRY_AFTER]` · `fail SHARE` at random · `slow SECONDS` · `refuse TYPE CODE` · `hang SECONDS`"""
        how, *more = read(BEHAVIOUR).split()
        if how == 'status':
            return int(more[0]), more[1] if len(more) > 1 else None
        if how == 'fail' and RANDOM.random() < float(more[0]):
            return RANDOM.choice([500, 502, 503, 429]), None
        if how == 'refuse' and self.headers.get('hookledger-type') == more[0]:
            return int(more[1]), None
        if how in ('slow', 'hang'):
            time.sleep(float(more[0]))
        return (0 if how == 'hang' else 200), None

    def do_POST(self):
        body = self.rfile.read(int(self.headers['content-length']))
        status, retry_after = (401, None) if not self.is_signed(body) else self.status_of()
        if status == 0:
            self.close_connection = True
            return
        if status == 200:
            self.store.take(self.headers, body)
        self.send_response(status)
        if retry_after:
            self.send_header('Retry-After', retry_after)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True

    def handle_error(self, *_):
        pass  # Whoever hung up.


if __name__ == '__main__':
    Application.store = Store(STORE)
    server = Server(('127.0.0.1', PORT), Application)
    os.write(1, f'{server.server_address[1]}\n'.encode())
    server.serve_forever()
