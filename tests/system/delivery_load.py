"""Concurrent signed deliveries, and what their senders know afterwards: acknowledged where, or not."""
import base64
import ctypes
import ctypes.util
import http.client
import json
import random
import threading
import time

import support

TYPES = ('call.initiated', 'call.answered', 'call.bridged', 'call.hangup')


class Signer:
    """Signs as the provider does, with the key that a Server made; quick enough for a load."""

    def __init__(self, key_file):
        name = ctypes.util.find_library('sodium')
        if not name:
            raise SystemExit('libsodium is missing: run tools/install_packages build test')
        self.sodium = ctypes.CDLL(name)
        with open(key_file, encoding='ascii') as file:
            seed = base64.b64decode(file.read())
        public, self.secret = ctypes.create_string_buffer(32), ctypes.create_string_buffer(64)
        self.sodium.crypto_sign_seed_keypair(public, self.secret, seed)

    def headers(self, body):
        timestamp = str(int(time.time()))
        message = timestamp.encode() + b'|' + body
        signature = ctypes.create_string_buffer(64)
        self.sodium.crypto_sign_detached(signature, None, message, ctypes.c_ulonglong(len(message)), self.secret)
        return {'telnyx-signature-ed25519': base64.b64encode(signature.raw).decode(), 'telnyx-timestamp': timestamp,
                'Content-Type': 'application/json'}


class Sender:
    """One connection. Its errors end in None: whether the event arrived is then unknown."""

    def __init__(self, address, signer):
        host, port = address.rsplit(':', 1)
        self.connection, self.signer = http.client.HTTPConnection(host, int(port), timeout=20), signer

    def deliver(self, body):
        try:
            self.connection.request('POST', '/webhooks/telnyx', body, self.signer.headers(body))
            answer = self.connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return None


class Sent:
    """All events ever sent, and the place of those that were acknowledged. Threads: any."""

    def __init__(self, seed):
        self.lock, self.random = threading.Lock(), random.Random(seed)
        self.bodies, self.places, self.problems = {}, {}, []

    def make_event(self, padding=0):
        with self.lock:
            number = len(self.bodies)
            event = {'id': f'event-{number}', 'event_type': self.random.choice(TYPES), 'record_type': 'event',
                     'occurred_at': '2026-02-08T10:00:00.%06dZ' % (number % 1_000_000),
                     'payload': {'call_session_id': f'call-{number // 4}', 'call_leg_id': f'leg-{number // 4}',
                                 'x': 'x' * padding}}
            body = json.dumps({'data': event}).encode()
            self.bodies[event['id']] = body
            return event['id'], body

    def any_event(self):
        with self.lock:
            number = self.random.randrange(len(self.bodies))
            return f'event-{number}', self.bodies[f'event-{number}']

    def note(self, event_id, answer):
        """`answer`: of a 200. A place once told must be told for ever."""
        place = (answer['partition'], answer['offset'])
        with self.lock:
            known = self.places.setdefault(event_id, place)
            if known != place or answer['id'] != event_id:
                self.problems.append(f'{event_id}: {answer} instead of {known}')

    def pending(self):
        return [event_id for event_id in self.bodies if event_id not in self.places]

    def compare(self, exported):
        """With what `export` printed: nothing acknowledged lost or moved, nothing twice, nothing invented or altered."""
        found = {}
        for line in exported.splitlines():
            record = json.loads(line)
            if record['id'] in found:
                self.problems.append(f'{record["id"]} is there twice')
            found[record['id']] = (int(record['partition']), int(record['offset']))
            if self.bodies.get(record['id']) != base64.b64decode(record['data_base64']):
                self.problems.append(f'{record["id"]} was never sent so')
        for event_id, place in self.places.items():
            if found.get(event_id) != place:
                self.problems.append(f'{event_id} was acknowledged at {place} and is at {found.get(event_id)}')
        if self.problems:
            raise AssertionError('; '.join(self.problems[:5]))
        return found


class Load:
    """Threads that send until the server is gone or `stop`. One in eight deliveries is a repeat."""

    def __init__(self, server, sent, threads=6):
        self.sent, self.stopping = sent, threading.Event()
        signer = Signer(server.key_file)
        self.threads = [threading.Thread(target=self.run, args=(Sender(server.webhooks, signer), seed))
                        for seed in range(threads)]
        for thread in self.threads:
            thread.start()

    def run(self, sender, seed):
        choose = random.Random(seed)
        while not self.stopping.is_set():
            repeat = choose.randrange(8) == 0 and self.sent.bodies
            event_id, body = self.sent.any_event() if repeat else self.sent.make_event()
            answer = sender.deliver(body)
            if answer is None:
                return
            if answer[0] == 200:
                self.sent.note(event_id, answer[2])

    def stop(self):
        self.stopping.set()
        self.join()

    def join(self):
        for thread in self.threads:
            thread.join()


def export(server):
    return support.run(server.program, 'export', '--data-dir', server.data_dir)
