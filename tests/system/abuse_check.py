#!/usr/bin/env python3
"""HTTP as nobody should send it, against the running program: exact statuses and problem codes of every refusal, and
nothing in the log but what was rightly signed and framed.  abuse_check.py PROGRAM"""
import json
import socket
import sys
import threading
import time

import support

PATH = '/webhooks/telnyx'
MIB = 1 << 20
failures = []


def check(what, condition, seen=''):
    if not condition:
        failures.append(what)
        print(f'FAIL {what}: {seen}')


class Raw:
    """A bare connection."""

    def __init__(self, address, timeout=20):
        host, port = address.rsplit(':', 1)
        self.socket, self.seen = socket.create_connection((host, int(port)), timeout=timeout), b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Refused before the end; the answer is there all the same.

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            data = b''
        self.seen += data
        return bool(data)

    def answer(self, with_body=True):
        """(status, headers, body), or None when the connection ends first."""
        while b'\r\n\r\n' not in self.seen:
            if not self.more():
                return None
        head, self.seen = self.seen.split(b'\r\n\r\n', 1)
        lines = head.decode('latin-1').split('\r\n')
        headers = {name.lower(): value for name, value in (line.split(': ', 1) for line in lines[1:])}
        size = int(headers.get('content-length', 0)) if with_body else 0
        while len(self.seen) < size:
            if not self.more():
                return None
        body, self.seen = self.seen[:size], self.seen[size:]
        return support.Answer(int(lines[0].split(' ')[1]), headers, body)

    def closed(self):
        """Nothing more comes, and the other side closes."""
        try:
            return not self.seen and not self.more()
        except socket.timeout:
            return False


def head(lines, start=f'POST {PATH} HTTP/1.1'):
    return '\r\n'.join([start, 'Host: x', *lines]).encode('latin-1') + b'\r\n\r\n'


def signed_lines(headers):
    return [f'{name}: {value}' for name, value in headers]


def code_of(answer):
    if answer.headers.get('content-type') != 'application/problem+json':
        return f'<{answer.headers.get("content-type")}>'
    problem = json.loads(answer.body)
    if problem.get('status', answer.status) != answer.status:
        return f'<status {problem["status"]}>'
    return problem['type'].removeprefix('urn:hookledger:problem:')


def expect(server, what, request, status, code, closes=False):
    with Raw(server.webhooks) as raw:
        raw.send(request)
        answer = raw.answer()
        if answer is None:
            return check(what, False, 'no answer')
        check(what, (answer.status, code_of(answer)) == (status, code), f'{answer.status} {code_of(answer)}')
        if closes:
            check(f'{what}: says close', answer.headers.get('connection', '').lower() == 'close', answer.headers)
            raw.socket.shutdown(socket.SHUT_WR)
            check(f'{what}: closes and answers nothing more', raw.closed(), raw.seen)
        return None


class Abuse:
    def __init__(self, server):
        self.server, self.accepted = server, 0

    def body(self, size=None):
        """Another signed body each time."""
        self.accepted += 1
        body = b'{"data":{"event_type":"call.dtmf.received","id":"e%d","payload":{"call_leg_id":"l","x":"%s"}}}'
        made = body % (self.accepted, b'')
        return made if size is None else body % (self.accepted, b'x' * (size - len(made)))

    def refused(self, what, request, status, code, closes=False):
        expect(self.server, what, request, status, code, closes)

    def taken(self, what, request, status='accepted', before=None):
        with Raw(self.server.webhooks) as raw:
            raw.send(request)
            answer = raw.answer()
            ok = answer and answer.status == 200 and json.loads(answer.body)['status'] == status
            check(what, ok, answer)

    def lines(self, body, timestamp=None):
        return signed_lines(self.server.signed_headers(body, timestamp))

    def framing(self):
        body = self.body()
        self.accepted -= 1
        signed = self.lines(body)
        length = f'Content-Length: {len(body)}'
        chunked = b'%x\r\n%s\r\n0\r\n\r\n' % (len(body), body)
        smuggled = b'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n'
        bad = [
            ('Content-Length and chunked', [length, 'Transfer-Encoding: chunked'], chunked),
            ('chunked and Content-Length', ['Transfer-Encoding: chunked', 'Content-Length: 3'], b'0\r\n\r\n' + smuggled),
            ('Content-Length then chunked, smuggling', ['Content-Length: 5', 'Transfer-Encoding: chunked'], b'0\r\n\r\n' + smuggled),
            ('chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunked),
            ('chunked and identity', ['Transfer-Encoding: chunked, identity'], chunked),
            ('a coding nobody knows', ['Transfer-Encoding: xchunked'], chunked),
            ('gzip and chunked', ['Transfer-Encoding: gzip, chunked'], chunked),
            ('two lengths', [length, 'Content-Length: 3'], body),
            ('the same length twice', [length, length], body),
            ('a list of lengths', [f'Content-Length: {len(body)}, {len(body)}'], body),
            *((f'length {text}', [f'Content-Length: {text}'], body) for text in
              ('-1', '+5', '5x', '0x5', '1e3', '', '99999999999999999999', '18446744073709551616')),
            ('a chunk size that is none', ['Transfer-Encoding: chunked'], b'zz\r\n' + body),
            ('a negative chunk size', ['Transfer-Encoding: chunked'], b'-1\r\n' + body),
            ('a chunk size beyond 64 bits', ['Transfer-Encoding: chunked'], b'10000000000000000\r\n' + body),
            ('a chunk longer than it says', ['Transfer-Encoding: chunked'], b'3\r\nabcdef\r\n0\r\n\r\n'),
            ('a chunk without its end', ['Transfer-Encoding: chunked'], b'3\r\nabc0\r\n\r\n' + b'0\r\n\r\n'),
            ('a space before the colon', ['Content-Length : 5'], b'abcde'),
            ('a control character in a name', ['X\x01Y: z', length], body),
            ('a NUL in a value', ['X: a\0b', length], body),
            ('two hosts', ['Host: y', length], body)]
        for what, lines, rest in bad:
            self.refused(what, head([*signed, *lines]) + rest, 400, 'bad-request', closes=True)
        for what, data in (('another protocol', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'x' * 80 + b'\r\n\r\n'),
                           ('HTTP/2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
                           ('no version', f'POST {PATH}\r\nHost: x\r\n\r\n'.encode()),
                           ('a version nobody knows', f'POST {PATH} HTTP/9.9\r\nHost: x\r\n\r\n'.encode()),
                           ('no target', b'POST  HTTP/1.1\r\nHost: x\r\n\r\n')):
            self.refused(what, data, 400, 'bad-request', closes=True)
        self.refused('no length', head(signed), 411, 'length-required', closes=True)

    def limits(self):
        self.refused('a head over the limit', head(['X: ' + 'x' * (16 * 1024)]), 431, 'headers-too-large', closes=True)
        self.refused('a head without an end', b'POST / HTTP/1.1\r\n' + b'X: y\r\n' * 4000, 431, 'headers-too-large', closes=True)
        self.refused('a target over the limit', b'POST /' + b'x' * 17000, 431, 'headers-too-large', closes=True)
        empty = head(['Content-Length: 0', 'X: '], f'GET {PATH} HTTP/1.1')
        full = head(['Content-Length: 0', 'X: ' + 'x' * (16 * 1024 - len(empty))], f'GET {PATH} HTTP/1.1')
        self.refused('a head at the limit', full, 405, 'method-not-allowed')

        body = self.body(MIB)
        self.taken('a body at the limit', head([*self.lines(body), f'Content-Length: {MIB}']) + body)
        body = self.body(MIB)
        pieces = b''.join(b'%x\r\n%s\r\n' % (len(body[at:at + 5000]), body[at:at + 5000]) for at in range(0, MIB, 5000))
        self.taken('a chunked body at the limit', head([*self.lines(body), 'Transfer-Encoding: chunked']) + pieces + b'0\r\n\r\n')
        over = body + b' '
        lines = self.lines(over)
        self.refused('a body over the limit', head([*lines, f'Content-Length: {len(over)}']) + over, 413, 'body-too-large', closes=True)
        self.refused('a chunked body over the limit', head([*lines, 'Transfer-Encoding: chunked']) + pieces + b'1\r\n \r\n0\r\n\r\n',
                     413, 'body-too-large', closes=True)
        self.refused('a length nobody sends', head([*lines, 'Content-Length: 9999999999999']), 413, 'body-too-large', closes=True)

    def routes(self):
        # In the order of CONTRACT: path, method, body limits, signature.
        huge = 'Content-Length: 99999999'
        for path, code in (('/', 'not-found'), ('/webhooks', 'not-found'), ('/webhooks/other', 'unknown-source'),
                           ('/webhooks/telnyx/', 'unknown-source'), ('/webhooks/', 'unknown-source'),
                           ('/webhooks/TELNYX', 'unknown-source'), ('/webhooks/../webhooks/telnyx', 'unknown-source'),
                           ('//webhooks/telnyx', 'not-found'), ('/v1/calls', 'not-found'), ('/metrics', 'not-found')):
            for method in ('POST', 'GET', 'BREW'):
                self.refused(f'{method} {path}', head(['Content-Length: 0'], f'{method} {path} HTTP/1.1'), 404, code)
            self.refused(f'a huge body to {path}', head([huge], f'POST {path} HTTP/1.1'), 404, code)
        for method in ('GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'BREW', 'post'):
            request = head(['Content-Length: 0'], f'{method} {PATH} HTTP/1.1')
            self.refused(method, request, 405, 'method-not-allowed')
            with Raw(self.server.webhooks) as raw:
                raw.send(request)
                check(f'{method}: says what is allowed', raw.answer().headers.get('allow') == 'POST')
            self.refused(f'{method} with a huge body', head([huge], f'{method} {PATH} HTTP/1.1'), 405, 'method-not-allowed')
        with Raw(self.server.webhooks) as raw:
            raw.send(head([], f'HEAD {PATH} HTTP/1.1'))
            check('HEAD', raw.answer(with_body=False).status == 405)
        for target in (f'{PATH}?a=b&c', f'{PATH}?', f'http://elsewhere{PATH}?x=/webhooks/other'):
            body = self.body()
            self.taken(f'to {target}', head([*self.lines(body), f'Content-Length: {len(body)}'], f'POST {target} HTTP/1.1') + body)

    def signatures(self):
        body = self.body()
        self.accepted -= 1
        length = f'Content-Length: {len(body)}'
        signature, timestamp = self.lines(body)
        both = [signature, timestamp]

        def refused(what, lines, code):
            self.refused(what, head([*lines, length]) + body, 403, code)

        refused('no signature', [timestamp], 'signature-missing')
        refused('no timestamp', [signature], 'signature-missing')
        refused('neither', [], 'signature-missing')
        refused('an empty signature', [timestamp, 'telnyx-signature-ed25519: '], 'signature-missing')
        refused('an empty timestamp', [signature, 'telnyx-timestamp:'], 'signature-missing')
        refused('two signatures', [signature, *both], 'signature-invalid')
        refused('two signatures, the first good', [*both, 'Telnyx-Signature-Ed25519: x'], 'signature-invalid')
        refused('two timestamps', [*both, timestamp], 'signature-invalid')
        now = int(time.time())
        for text in ('x', '-1', f'+{now}', f'{now}.0', f'{now}e0', hex(now), f'{now} {now}', '1' * 19, '٣', f'{now},{now}'):
            raw = text.encode().decode('latin-1')  # As its bytes.
            lines = self.server.signed_headers(body, raw if raw.isascii() else now)
            refused(f'timestamp {text}', [f'{name}: {raw if name == "telnyx-timestamp" else value}' for name, value in lines],
                    'signature-invalid')
        for seconds in (400, -400):
            refused(f'{seconds} s old', self.lines(body, now - seconds), 'timestamp-out-of-tolerance')
        refused('in the year 0', self.lines(body, '000'), 'timestamp-out-of-tolerance')
        refused('at the end of time', self.lines(body, '9' * 18), 'timestamp-out-of-tolerance')
        value = signature.split(': ')[1]
        for what, text in (('without padding', value[:-2]), ('url alphabet', value[:-3].replace('+', '-').replace('/', '_') + '-=='),
                           ('a space inside', value[:40] + ' ' + value[40:]), ('half', value[:44]), ('quoted', f'"{value}"'),
                           ('hexadecimal', 'ab' * 64), ('64 bytes of zero', 'A' * 86 + '=='),
                           ('not canonical', value[:85] + chr(ord(value[85]) + 1) + '==')):
            refused(f'signature: {what}', [f'telnyx-signature-ed25519: {text}', timestamp], 'signature-invalid')
        for trailer in (both, [signature], [timestamp]):
            chunks = b'%x\r\n%s\r\n0\r\n' % (len(body), body) + '\r\n'.join(trailer).encode() + b'\r\n\r\n'
            first = [line for line in both if line not in trailer]
            self.refused('a signature among the trailers', head([*first, 'Transfer-Encoding: chunked']) + chunks, 403, 'signature-missing')

    def connections(self):
        # Refusals that leave the connection in order leave it open: answers in order.
        bodies = [self.body() for _ in range(3)]
        requests = b''
        for body in bodies:
            forged = head(['telnyx-signature-ed25519: x', 'telnyx-timestamp: 1', 'Content-Length: 2']) + b'{}'
            lost = head([f'Content-Length: {len(body)}'], 'POST /nowhere HTTP/1.1') + body
            requests += head([*self.lines(body), f'Content-Length: {len(body)}']) + body + forged + lost
        with Raw(self.server.webhooks) as raw:
            raw.send(requests)
            seen = [raw.answer() for _ in range(9)]
            check('pipelined, in order', [a and a.status for a in seen] == [200, 403, 404] * 3, [a and a.status for a in seen])
        # What stands behind a refused request is never read.
        with Raw(self.server.webhooks) as raw:
            body = bodies[0]
            raw.send(head(['Content-Length: 3', 'Transfer-Encoding: chunked']) + b'0\r\n\r\n' +
                     head([*self.lines(body), f'Content-Length: {len(body)}']) + body)
            answer = raw.answer()
            check('smuggled behind', answer and answer.status == 400 and raw.closed(), answer)
        # Expect: 100-continue.
        body = self.body()
        with Raw(self.server.webhooks) as raw:
            raw.send(head([*self.lines(body), f'Content-Length: {len(body)}', 'Expect: 100-continue']))
            first = raw.answer()
            raw.send(body)
            second = raw.answer()
            check('100-continue', (first.status, second.status) == (100, 200), (first, second))
        expecting = 'Expect: 100-continue'
        self.refused('100-continue, but too large', head([f'Content-Length: {MIB + 1}', expecting]), 413, 'body-too-large', closes=True)
        self.refused('100-continue, but no such path', head(['Content-Length: 5', expecting], 'POST /x HTTP/1.1'), 404, 'not-found')
        self.refused('100-continue, but a GET', head(['Content-Length: 5', expecting], f'GET {PATH} HTTP/1.1'), 405,
                     'method-not-allowed')
        # Half a request, and away.
        for cut in (1, 30, 200):
            with Raw(self.server.webhooks) as raw:
                raw.send((head([*self.lines(body), f'Content-Length: {len(body)}']) + body)[:cut])

    def slow_senders(self):
        body = self.body()
        self.accepted -= 1
        whole = head([*self.lines(body), f'Content-Length: {len(body)}']) + body
        waits = {}

        def trickle(what, begin, step):
            began = time.monotonic()
            with Raw(self.server.webhooks, timeout=0.5) as raw:
                raw.send(begin)
                at = len(begin)
                while time.monotonic() - began < 20:
                    try:
                        if not raw.more() or b'\r\n\r\n' in raw.seen:
                            break
                    except socket.timeout:
                        raw.send(whole[at:at + step])
                        at += step
                raw.socket.settimeout(10)
                answer = raw.answer() if raw.seen else None
                waits[what] = (time.monotonic() - began, answer)

        head_end = whole.index(b'\r\n\r\n') + 4
        threads = [threading.Thread(target=trickle, args=arguments) for arguments in
                   (('a slow head', whole[:1], 1), ('a silent head', whole[:50], 0), ('a slow body', whole[:head_end], 1),
                    ('a silent body', whole[:-1], 0))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for what, (seconds, answer) in waits.items():
            check(what, answer and (answer.status, code_of(answer)) == (408, 'timeout'), answer)
            check(f'{what}: in time', 9.5 <= seconds <= 14, seconds)


def main(program):
    with support.Server(program) as server:
        abuse = Abuse(server)
        for part in (abuse.framing, abuse.limits, abuse.routes, abuse.signatures, abuse.connections, abuse.slow_senders):
            part()
            check('still alive', server.process.poll() is None and server.get('/healthz').status == 200, server.log())
        exported = support.run(program, 'export', '--data-dir', server.path('data'))
        check('only what was signed is in the log', exported.count(b'\n') == abuse.accepted,
              f'{exported.count(10)} records, {abuse.accepted} accepted')
        check('stops', server.stop() == 0)
    print(f'{len(failures)} failures')
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
