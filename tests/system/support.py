"""Starts the program under test and talks to it. Loopback only, free ports, temporary folders that are removed."""
import base64
import http.client
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import namedtuple

Answer = namedtuple('Answer', 'status headers body')  # Names of headers in lower case.
PKCS8_ED25519 = bytes.fromhex('302e020100300506032b657004220420')


def environment():
    return {name: value for name, value in os.environ.items() if not name.startswith('HOOKLEDGER_')}


def run(program, *arguments, timeout=60):
    """Runs a command to its end; raises when it does not end with 0."""
    result = subprocess.run([program, *map(str, arguments)], capture_output=True, timeout=timeout, env=environment())
    if result.returncode != 0:
        raise AssertionError(f'{arguments[0]} ended with {result.returncode}: {result.stderr.decode()}')
    return result.stdout


def request(address, method, target, headers=(), body=b'', timeout=20):
    """One HTTP request as given: no header is added but Host, and Content-Length for a body that names none."""
    host, port = address.rsplit(':', 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
    try:
        connection.connect()
        connection.putrequest(method, target, skip_accept_encoding=True)
        names = {name.lower() for name, _ in headers}
        if body and not names & {'content-length', 'transfer-encoding'}:
            connection.putheader('Content-Length', str(len(body)))
        for name, value in headers:
            connection.putheader(name, value)
        try:
            connection.endheaders(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # Refused before the whole body was read; the answer is there all the same.
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


class Server:
    """`hookledger serve` with a fresh key on an empty data dir, as a context manager."""

    def __init__(self, program, *arguments, data_dir=None):
        self.program, self.arguments, self.data_dir = program, arguments, data_dir
        self.folder = self.process = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='hookledger-system-')
        self.data_dir = self.data_dir or self.path('data')
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def _start(self):
        self.key_file = self.path('key.key')
        run(self.program, 'keygen', '--out', self.path('key'))
        with open(self.path('key.pub'), encoding='ascii') as file:
            self.public_key = file.read().strip()
        self.start()

    def start(self):
        """On the same data dir again, after `kill` or `stop`. Ports are new ones."""
        if self.process:
            self.process.stdout.close()
        with open(self.path('server.log'), 'ab') as log:
            self.process = subprocess.Popen(
                [self.program, 'serve', '--data-dir', self.data_dir, '--listen', '127.0.0.1:0',
                 '--api-listen', '127.0.0.1:0', '--telnyx-public-key', self.public_key, *self.arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment())
        line = self.process.stdout.readline().decode()
        found = re.fullmatch(r'listening webhooks=(\S+) api=(\S+)\n', line)
        if not found:
            raise AssertionError(f'the server said {line!r}: {self.log()}')
        self.webhooks, self.api = found.groups()
        self.wait_until_ready()

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process:
            self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self):
        with open(self.path('server.log'), encoding='utf-8', errors='replace') as file:
            return file.read()[-2000:]

    def wait_until_ready(self, seconds=30):
        end = time.monotonic() + seconds
        while request(self.api, 'GET', '/readyz').status != 200:
            if time.monotonic() > end:
                raise AssertionError(f'not ready within {seconds} s: {self.log()}')
            time.sleep(0.02)

    def kill(self):
        """As the kernel does: nothing is finished."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds=20):
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(seconds)

    def get(self, target, method='GET'):
        return request(self.api, method, target)

    def signed_headers(self, body, timestamp=None):
        """As the provider signs: the timestamp, `|`, the body's bytes."""
        timestamp = str(int(time.time()) if timestamp is None else timestamp)
        with open(self.key_file, encoding='ascii') as file:
            seed = base64.b64decode(file.read())
        with tempfile.NamedTemporaryFile(dir=self.folder) as key, tempfile.NamedTemporaryFile(dir=self.folder) as message:
            key.write(PKCS8_ED25519 + seed)
            key.flush()
            message.write(timestamp.encode() + b'|' + body)
            message.flush()
            signature = run('openssl', 'pkeyutl', '-sign', '-rawin', '-keyform', 'DER', '-inkey', key.name, '-in', message.name)
        return [('telnyx-signature-ed25519', base64.b64encode(signature).decode()), ('telnyx-timestamp', timestamp)]

    def deliver(self, body, headers=None, content_type='application/json'):
        headers = self.signed_headers(body) if headers is None else headers
        return request(self.webhooks, 'POST', '/webhooks/telnyx', [('Content-Type', content_type), *headers], body)

    def simulate(self, *arguments):
        return run(self.program, 'simulate', '--url', f'http://{self.webhooks}/webhooks/telnyx',
                   '--signing-key', self.key_file, *arguments)
