"""A ledger on Kafka: sinks and projectors as processes, traffic with its oracle, and what must hold at the end."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import kafka_support
import support


class Program:
    """A long-running command with a data dir of its own, on the ledger's topic. `start` after `kill` or `stop` goes on
    with the same data dir, on new ports."""
    command, said = '', r''

    def __init__(self, ledger, name, *arguments):
        self.ledger, self.name, self.arguments, self.process = ledger, name, arguments, None
        self.data_dir, self.log_file = ledger.path(name), ledger.path(name + '.log')

    def start(self):
        with open(self.log_file, 'ab') as log:
            self.process = subprocess.Popen(
                [self.ledger.program, self.command, '--data-dir', self.data_dir, '--api-listen', '127.0.0.1:0',
                 *self.ledger.options, *self.own_options(), *self.arguments],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=support.environment())
        line = self.process.stdout.readline().decode()
        found = re.fullmatch(self.said, line)
        if not found:
            raise AssertionError(f'{self.name} said {line!r}: {self.log()}')
        self.__dict__.update(found.groupdict())
        return self

    def own_options(self):
        return []

    def log(self):
        with open(self.log_file, encoding='utf-8', errors='replace') as file:
            return file.read()[-3000:]

    def ready(self):
        return support.request(self.api, 'GET', '/readyz').status == 200

    def wait_until_ready(self, seconds=60):
        kafka_support.wait_until(self.ready, seconds, f'{self.name} ready ({self.log()})')

    def metric(self, name):
        text = support.request(self.api, 'GET', '/metrics').body.decode()
        return sum(float(line.rsplit(' ', 1)[1]) for line in text.splitlines()
                   if re.match(re.escape(name) + r'(\{.*\})? ', line))

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self, seconds=20):
        self.signal(signal.SIGTERM)
        status = self.process.wait(seconds)
        self.process.stdout.close()
        if status != 0:
            raise AssertionError(f'{self.name} ended with {status}: {self.log()}')

    def running(self):
        return self.process is not None and self.process.poll() is None


class Sink(Program):
    command, said = 'sink', r'listening webhooks=(?P<webhooks>\S+) api=(?P<api>\S+)\n'

    def own_options(self):
        return ['--listen', '127.0.0.1:0', '--telnyx-public-key', self.ledger.public_key]


class Projector(Program):
    command, said = 'project', r'listening api=(?P<api>\S+)\n'

    def own_options(self):
        return ['--instance', self.name]

    def get(self, target):
        return support.request(self.api, 'GET', target)

    def has_states(self):
        """It may have come too late to be given a partition."""
        return os.path.isdir(self.data_dir) and any(name.startswith('partition-') for name in os.listdir(self.data_dir))

    def wait_for_partitions(self):
        kafka_support.wait_until(lambda: self.metric('hookledger_partitions_owned') > 0, 60, f'partitions of {self.name}')

    def calls(self):
        """All calls by id, as any client reads them, without findings, which depend on the clock."""
        calls, cursor = {}, ''
        while cursor is not None:
            answer = self.get(f'/v1/calls?limit=500&cursor={cursor}' if cursor else '/v1/calls?limit=500')
            if answer.status != 200:
                raise AssertionError(f'{self.name} lists no calls: {answer.status} {answer.body[:300]!r}')
            page = json.loads(answer.body)
            for call in page['items']:
                if call['id'] in calls:
                    raise AssertionError(f'{call["id"]} is listed twice')
                calls[call['id']] = without_findings(call)
            cursor = page['next_cursor']
        return calls


def without_findings(call):
    return {name: value for name, value in call.items() if name != 'findings'}


class Traffic:
    """`hookledger simulate` in the background, against one sink."""
    runs = 0

    def __init__(self, ledger, sink, calls, rate, *arguments):
        Traffic.runs += 1
        self.expect_file = ledger.path(f'expect-{Traffic.runs}')
        seed = [] if '--seed' in arguments else ['--seed', Traffic.runs]
        command = ['simulate', '--url', f'http://{sink.webhooks}/webhooks/telnyx', '--signing-key', ledger.key_file,
                   '--calls', calls, '--rate', rate, '--connections', 256, '--json', '--quiet', '--expect', self.expect_file, *seed, *arguments]
        self.process = subprocess.Popen([ledger.program, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=support.environment())

    def finish(self, timeout=180):
        """What simulate printed."""
        out, errors = self.process.communicate(timeout=timeout)
        if self.process.returncode != 0:
            raise AssertionError(f'simulate ended with {self.process.returncode}: {errors.decode()}')
        self.report = json.loads(out)
        return self.report

    def expected(self):
        with open(self.expect_file, encoding='utf-8') as file:
            return {call['id']: call for call in map(json.loads, file)}


class Ledger:
    """Topics on some brokers, and all that runs on them, as a context manager."""

    def __init__(self, program, brokers, *topic_arguments):
        self.program, self.brokers, self.topic_arguments = program, brokers, topic_arguments
        self.topic, self.programs, self.traffic_runs = kafka_support.fresh_topic(), [], []

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='hookledger-kafka-')
        try:
            support.run(self.program, 'keygen', '--out', self.path('key'))
            self.key_file = self.path('key.key')
            with open(self.path('key.pub'), encoding='ascii') as file:
                self.public_key = file.read().strip()
            kafka_support.create_topics(self.program, self.brokers, self.topic, *self.topic_arguments)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        self.options = ['--kafka-brokers', self.brokers, '--topic', self.topic]
        return self

    def __exit__(self, *_):
        for traffic in self.traffic_runs:
            if traffic.process.poll() is None:
                traffic.process.kill()
                traffic.process.communicate()
        for program in self.programs:
            if program.running():
                program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def sink(self, name='sink', *arguments):
        self.programs.append(Sink(self, name, *arguments))
        self.programs[-1].start().wait_until_ready()
        return self.programs[-1]

    def projector(self, name='projector', *arguments):
        self.programs.append(Projector(self, name, *arguments))
        return self.programs[-1].start()

    def traffic(self, sink, calls=300, rate=300, *arguments):
        self.traffic_runs.append(Traffic(self, sink, calls, rate, *arguments))
        return self.traffic_runs[-1]

    def run(self, command, *arguments):
        return support.run(self.program, command, *self.options, *arguments, timeout=120)

    def records(self):
        """Of the log, as export reads them from the brokers."""
        return [json.loads(line) for line in self.run('export').splitlines()]

    def wait_until_drained(self, sink, seconds=60):
        kafka_support.wait_until(lambda: sink.metric('hookledger_spool_records') == 0, seconds,
                                 f'an empty spool ({sink.log()})')

    def check(self, projectors):
        """Every acknowledged event is there, once in effect: each projector shows the oracle's calls, has the state that
        a rebuild from the brokers gives, and the published calls are the same."""
        expected = {}
        for traffic in self.traffic_runs:
            expected.update(traffic.expected())
        for sink in self.programs:
            if isinstance(sink, Sink) and sink.running():
                self.wait_until_drained(sink)  # On a busy machine the brokers are slow enough for the spool.
        for projector in projectors:
            projector.wait_until_ready()
        for projector in projectors:
            found = retry(projector.calls)
            if found != expected:
                wrong = [call for call in expected if found.get(call) != expected[call]]
                raise AssertionError(f'{projector.name} shows {len(found)} calls of {len(expected)}, wrong: {wrong[:3]}')
            if projector.has_states():
                support.run(self.program, 'rebuild', '--verify', *self.options, '--data-dir', projector.data_dir, timeout=120)
        self.run('verify')
        kafka_support.wait_until(lambda: self.published() == expected, 30, 'the published calls')
        return expected

    def published(self):
        calls = kafka_support.latest(self.brokers, self.topic.replace('.events', '.calls'))
        return {key: without_findings(json.loads(value)) for key, value in calls.items()}


def retry(ask, seconds=30):
    """A read may come while a partition moves: then it is refused, honestly, and asked again."""
    end = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except AssertionError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
