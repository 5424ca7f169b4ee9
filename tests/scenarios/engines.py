"""The program under test with a clock that a test moves: on the embedded log, or on Kafka as a sink and a projector."""
import base64
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

from events import at, rfc3339
from signing import TWILIO_ORIGIN, Signer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'system'))
import kafka_ledger  # noqa: E402
import kafka_support  # noqa: E402
import support  # noqa: E402
from application_support import Application  # noqa: E402

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'support'))
from telnyx_api import TelnyxApi  # noqa: E402

SECTIONS = {'telnyx': '', 'telemetry': '[source.app]\nkind = standard\nsecret-file = {folder}/app.secret\n',
            'twilio': '[source.twilio]\nkind = twilio\nsecret-file = {folder}/twilio.secret\npublic-url = ' + TWILIO_ORIGIN + '\n'}
RECOVERY = '[source.telnyx]\nkind = telnyx\napi-key-file = {folder}/api.key\napi-url = {url}\nrecovery-interval = 1s\n'
APP_SECRET, TWILIO_TOKEN = bytes(range(32)), '0123456789abcdef0123456789abcdef'


class Engine:
    """Context manager: the program runs inside, with sources of the kinds given. `recovers`: with the provider's API, which is
    `provider`; `delivers`: with a subscription of `application`."""

    def __init__(self, program, sources, started_with, recovers=False, delivers=False):
        self.program, self.sources, self.started_with = program, sources, list(started_with)
        self.provider = TelnyxApi(clock=lambda: at(self.now)) if recovers else None
        self.delivers, self.application = delivers, None
        self.now = 0

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix='hookledger-scenarios-')
        self.folder = self._folder.name
        self._write('app.secret', 'whsec_' + base64.b64encode(APP_SECRET).decode())
        self._write('twilio.secret', TWILIO_TOKEN)
        sections = [SECTIONS[source].format(folder=self.folder) for source in sorted(self.sources)]
        if self.provider:
            self.provider.__enter__()
            self._write('api.key', self.provider.key)
            sections.append(RECOVERY.format(folder=self.folder, url=self.provider.url))
        if self.delivers:
            self.application = Application(self.folder, 'application', any_time=True).start()
            sections.append(self.application.section())
        self._write('config', ''.join(sections))
        self.set_clock(0)
        self.options = ['--config', self._path('config'), '--clock', self._path('clock')]
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        with open(self.key_file, encoding='ascii') as file:
            self.signer = Signer(base64.b64decode(file.read()), APP_SECRET, TWILIO_TOKEN.encode())
        return self

    def __exit__(self, *_):
        self._stop()
        if self.application:
            self.application.kill()
        if self.provider:
            self.provider.__exit__()
        self._folder.cleanup()

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, text):
        with open(self._path(name), 'w', encoding='ascii') as file:
            file.write(text)

    def set_clock(self, microseconds):
        """In place: the program has the file mapped."""
        self.now = microseconds
        with open(self._path('clock'), 'r+b' if os.path.exists(self._path('clock')) else 'wb') as file:
            file.write(struct.pack('<q', microseconds))

    def deliver(self, target, headers, body):
        return support.request(self.webhooks, 'POST', target, headers, body)

    def get(self, target):
        return support.request(self.api, 'GET', target)

    def _json(self, command, *arguments, may_exit=(0,)):
        """The lines that a command prints. A server may say for a while that it is not ready: on a busy machine brokers are slow."""
        end = time.monotonic() + 60
        while True:
            run = subprocess.run([self.program, command, '--json', '--quiet', *self.options, *arguments], capture_output=True,
                                 timeout=60, env=support.environment())
            if run.returncode in may_exit:
                return [json.loads(line) for line in run.stdout.splitlines()]
            if b'says: Not ready' not in run.stderr or time.monotonic() > end:
                raise AssertionError(f'{command} {" ".join(arguments)} ended with {run.returncode}: {run.stderr.decode()}')
            time.sleep(0.2)

    def scan(self, microseconds):
        """All findings as of an instant."""
        return self._json('scan', '--status', 'all', '--at', rfc3339(microseconds), *self.started_with, *self.scan_where(), may_exit=(0, 3))


class Embedded(Engine):
    exactly_once_in_log = True

    def _start(self):
        self._server = support.Server(self.program, *self.options, *self.started_with)
        self._server.__enter__()
        self.key_file = self._server.key_file

    def _stop(self):
        self._server.__exit__(None, None, None)

    webhooks = property(lambda self: self._server.webhooks)
    api = property(lambda self: self._server.api)

    def processes(self):
        return [self._server.process.pid]

    def restart(self, kill):
        if kill:
            self._server.kill()
        elif self._server.stop() != 0:
            raise AssertionError(f'SIGTERM did not end it well: {self._server.log()}')
        self._server.start()

    def scan_where(self):
        return ['--data-dir', self._server.data_dir]

    def redelivery_options(self):
        return ['--data-dir', self._server.data_dir]

    def verify(self):
        """What `verify` says of the whole log."""
        return self._json('verify', '--data-dir', self._server.data_dir, '--telnyx-public-key', self._server.public_key)[0]

    def notes(self):
        """How many records are the program's own: those about its subscriptions."""
        if not self.delivers:
            return 0
        return sum(event['source'] == '/sources/hookledger' for event in self._json('export', '--data-dir', self._server.data_dir))


class Kafka(Engine):
    exactly_once_in_log = False  # What a killed sink did not acknowledge, the next may append again.

    def _start(self):
        self._ledger = kafka_ledger.Ledger(self.program, kafka_support.shared_brokers())
        self._ledger.__enter__()
        self.key_file = self._ledger.key_file
        if self.provider:  # A projector checks signatures with the key that the sink has.
            with open(self._path('config'), 'a', encoding='ascii') as file:
                file.write(f'public-key = {self._ledger.public_key}\n')
        self._sink = self._ledger.sink('sink', *self.options)
        self._projector = self._ledger.projector('projector', *self.options, *self.started_with)
        self._projector.wait_until_ready()

    def _stop(self):
        self._ledger.__exit__()

    webhooks = property(lambda self: self._sink.webhooks)
    api = property(lambda self: self._projector.api)

    def deliver(self, target, headers, body):
        """Where brokers are slow, the sink spools what it takes: then its place is what a repeat is told of it."""
        answer = super().deliver(target, headers, body)
        end = time.monotonic() + 30
        while answer.status == 200 and json.loads(answer.body)['offset'] is None:
            if time.monotonic() > end:
                raise AssertionError(f'spooled for 30 s: {answer.body!r}')
            self._ledger.wait_until_drained(self._sink)
            again = json.loads(super().deliver(target, headers, body).body)
            said = {**json.loads(answer.body), 'partition': again['partition'], 'offset': again['offset']}
            answer = support.Answer(answer.status, answer.headers, json.dumps(said).encode())
        return answer

    def get(self, target):
        """A projector that is behind says so, and is asked again."""
        end = time.monotonic() + 30
        while True:
            answer = super().get(target)
            if answer.status != 503 or time.monotonic() > end:
                return answer
            time.sleep(0.1)

    def processes(self):
        return [self._sink.process.pid, self._projector.process.pid]

    def restart(self, kill):
        for program in (self._sink, self._projector):
            if kill:
                program.kill()
            else:
                program.stop()
        for program in (self._sink, self._projector):
            program.start()
        for program in (self._sink, self._projector):
            program.wait_until_ready()

    def scan_where(self):
        return ['--url', f'http://{self.api}']

    def redelivery_options(self):
        return [*self._ledger.options, '--state', self._path('redeliveries')]

    def notes(self):
        return 0

    def verify(self):
        self._ledger.wait_until_drained(self._sink)
        return self._json('verify', *self._ledger.options, '--telnyx-public-key', self._ledger.public_key)[0]


ENGINES = {'embedded': Embedded, 'kafka': Kafka}
