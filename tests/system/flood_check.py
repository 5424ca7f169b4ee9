#!/usr/bin/env python3
"""G11 for the process as a whole: under a flood of forged, oversized, unfinished and unread requests its memory stays
below 256 MiB, and what is rightly signed is answered: 200, or 503 with Retry-After.  flood_check.py PROGRAM"""
import contextlib
import socket
import sys
import threading
import time

import support

MEMORY_MAX = 256 << 20
SECONDS = 8
PATH = '/webhooks/telnyx'


def memory(process, name):
    """In bytes: VmRSS now, VmHWM at most."""
    with open(f'/proc/{process.pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith(name + ':'))


def post(lines, body=b''):
    return '\r\n'.join([f'POST {PATH} HTTP/1.1', 'Host: x', *lines]).encode() + b'\r\n\r\n' + body


class Flood:
    def __init__(self, address):
        host, port = address.rsplit(':', 1)
        self.address, self.end, self.sent, self.answered = (host, int(port)), time.monotonic() + SECONDS, 0, 0

    def connect(self):
        return socket.create_connection(self.address, timeout=2)

    def repeat(self, data, read=True):
        """Sends `data` again and again; a refused connection is opened anew."""
        while time.monotonic() < self.end:
            with contextlib.suppress(OSError), self.connect() as connection:
                while time.monotonic() < self.end:
                    connection.sendall(data)
                    self.sent += 1
                    if read and not connection.recv(1 << 16):
                        break

    def forged(self):
        one = post(['telnyx-signature-ed25519: ' + 'A' * 86 + '==', f'telnyx-timestamp: {int(time.time())}', 'Content-Length: 2000'],
                   b'x' * 2000)
        self.repeat(one * 16)

    def oversized(self):
        self.repeat(post(['Content-Length: 1048577'], b'x' * 200_000))

    def chunked(self):
        self.repeat(post(['Transfer-Encoding: chunked'], b'ffff\r\n' + b'x' * 0xffff + b'\r\n'))

    def never_read(self):
        """Many small requests, whose answers are left in the socket."""
        self.repeat(post(['Content-Length: 0']) * 50, read=False)

    def unfinished(self, connections):
        """Large bodies of which the last byte never comes."""
        held = []
        with contextlib.suppress(OSError):
            for _ in range(connections):
                held.append(self.connect())
                held[-1].settimeout(0.2)
                with contextlib.suppress(OSError):
                    held[-1].sendall(post(['Content-Length: 1048576'], b'x' * 1_048_575))
        time.sleep(max(0, self.end - time.monotonic()))
        for connection in held:
            connection.close()


def main(program):
    failures = []

    def check(what, condition, seen):
        if not condition:
            failures.append(what)
            print(f'FAIL {what}: {seen}')

    with support.Server(program) as server:
        flood = Flood(server.webhooks)
        work = [flood.forged, flood.forged, flood.oversized, flood.oversized, flood.chunked, flood.never_read,
                lambda: flood.unfinished(200), lambda: flood.unfinished(200)]
        threads = [threading.Thread(target=each) for each in work]
        for thread in threads:
            thread.start()
        answers, highest = [], 0
        while any(thread.is_alive() for thread in threads):
            body = b'{"data":{"event_type":"call.hangup","id":"e%d","payload":{"call_leg_id":"l"}}}' % len(answers)
            answers.append(server.deliver(body))
            highest = max(highest, memory(server.process, 'VmRSS'))
            time.sleep(0.05)
        for thread in threads:
            thread.join()
        peak = memory(server.process, 'VmHWM')
        check('memory is bounded', peak < MEMORY_MAX, f'{peak >> 20} MiB')
        for answer in answers:
            good = answer.status == 200 or (answer.status == 503 and answer.headers.get('retry-after', '').isdigit())
            check('what is signed is answered', good, answer)
        check('something was answered during the flood', len(answers) >= 5, len(answers))
        taken = sum(answer.status == 200 for answer in answers)
        check('well again after the flood', server.deliver(b'{"data":{"event_type":"a.b","id":"last"}}').status == 200, server.log())
        check('ready', server.get('/readyz').status == 200, server.log())
        exported = support.run(program, 'export', '--data-dir', server.path('data'))
        check('nothing forged is in the log', exported.count(b'\n') == taken + 1, f'{exported.count(10)} of {taken + 1}')
        check('stops', server.stop() == 0, server.log())
        print(f'{flood.sent} floods, {taken} of {len(answers)} taken, peak {peak >> 20} MiB, at rest {highest >> 20} MiB')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
