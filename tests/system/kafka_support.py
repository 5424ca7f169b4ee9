"""Real Kafka brokers on loopback, and kcat to see what is in them."""
import json
import os
import shutil
import subprocess
import tempfile
import time
import uuid

import support

KAFKA = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'tools', 'kafka')


def shared_brokers():
    """Those that CTest started for all tests: not to be hurt."""
    brokers = os.environ.get('HOOKLEDGER_TEST_KAFKA')
    if not brokers:
        raise AssertionError('no brokers: run this by ctest -L kafka, or set HOOKLEDGER_TEST_KAFKA=HOST:PORT')
    return brokers


def fresh_topic():
    """The name of an events topic that no other test has, in a family of its own."""
    return f'test-{uuid.uuid4()}.events'


def create_topics(program, brokers, topic, *arguments):
    support.run(program, 'topics', '--create', '--kafka-brokers', brokers, '--topic', topic, *arguments)


def tool(*arguments, timeout=120):
    """tools/kafka; what it prints."""
    result = subprocess.run([KAFKA, *map(str, arguments)], capture_output=True, text=True, timeout=timeout)
    if result.returncode != 0:
        raise AssertionError(f'tools/kafka {arguments[0]} ended with {result.returncode}: {result.stderr}')
    return result.stdout.strip()


class Brokers:
    """A cluster of one's own, to be hurt, as a context manager. Brokers are numbered from 1."""

    def __init__(self, count=3, secure=False):
        self.count, self.secure = count, secure
        self.folder = self.addresses = None

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix='hookledger-kafka-')
        try:
            self.addresses = tool('start', self.folder, self.count, *(['--secure'] if self.secure else []))
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        return self

    def __exit__(self, *_):
        tool('stop', self.folder)

    def kill(self, broker):
        tool('kill', self.folder, broker)

    def restart(self, broker):
        tool('restart', self.folder, broker)

    def restart_all(self):
        """At once: one alone does not come up."""
        started = [subprocess.Popen([KAFKA, 'restart', self.folder, str(broker)], stdout=subprocess.DEVNULL)
                   for broker in self.all()]
        if any([each.wait(120) for each in started]):
            raise AssertionError('a broker did not restart')

    def pause(self, broker):
        tool('pause', self.folder, broker)

    def resume(self, broker):
        tool('resume', self.folder, broker)

    def all(self):
        return range(1, self.count + 1)

    def options(self, mechanism='SCRAM-SHA-512'):
        """What a program of ours needs to reach them."""
        options = ['--kafka-brokers', self.addresses]
        if self.secure:
            for name, value in self.credentials(mechanism):
                options += ['--kafka', f'{name}={value}']
        return options

    def credentials(self, mechanism):
        return [('security.protocol', 'SASL_SSL'), ('sasl.mechanisms', mechanism), ('sasl.username', 'hookledger'),
                ('sasl.password', '@' + os.path.join(self.folder, 'password')),
                ('ssl.ca.location', os.path.join(self.folder, 'ca.pem'))]


def kcat(brokers, *arguments, timeout=60, stdin=None):
    result = subprocess.run(['kcat', '-b', brokers, *map(str, arguments)], capture_output=True, timeout=timeout, input=stdin)
    if result.returncode != 0:
        raise AssertionError(f'kcat {arguments} ended with {result.returncode}: {result.stderr.decode()}')
    return result.stdout


def metadata(brokers, topic=None):
    """Brokers and partitions as kcat tells them."""
    return json.loads(kcat(brokers, '-L', '-J', *(['-t', topic] if topic else [])))


def leader(brokers, topic, partition=0):
    """The number of the broker that leads it; None while there is none."""
    for each in metadata(brokers, topic)['topics'][0]['partitions']:
        if each['partition'] == partition and each['leader'] > 0:
            return each['leader']
    return None


def wait_until(condition, seconds=30, what='it'):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f'{what} did not come within {seconds} s')
        time.sleep(0.1)


def messages(brokers, topic, *arguments):
    """Every message of a topic: dicts of partition, offset, key, payload, ts, and headers as pairs in their order."""
    found = []
    for line in kcat(brokers, '-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-J', *arguments).splitlines():
        message = json.loads(line)
        flat = message.get('headers', [])
        message['headers'] = list(zip(flat[::2], flat[1::2]))
        found.append(message)
    return found


def latest(brokers, topic):
    """Of a compacted topic, the newest value of each key; deleted keys are left out."""
    newest = {message['key']: message['payload'] for message in messages(brokers, topic, '-X', 'isolation.level=read_committed')}
    return {key: value for key, value in newest.items() if value is not None}


def group_progress(brokers, group):
    """Of a group without members, as Kafka's own tool shows it: partition → offset and lag."""
    shown = tool('run', 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', '--bootstrap-server', brokers, '--describe', '--all-groups')
    rows = [line.split() for line in shown.splitlines() if line.startswith(group + ' ')]
    return {int(row[2]): (int(row[3]), int(row[5])) for row in rows}
