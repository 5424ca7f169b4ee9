"""What the checks of redelivery share: the command as a process, and what the log says that it must send."""
import base64
import json
import os
import sqlite3
import subprocess
import time
from collections import namedtuple

import support
from application_support import Application

Taken = namedtuple('Taken', 'call partition offset')


class Redelivery:
    """`hookledger redeliver` of one data dir to one application."""

    def __init__(self, program, application, *log_options):
        self.program, self.application, self.log_options = program, application, log_options

    def command(self, *arguments):
        return [self.program, 'redeliver', '--to', self.application.url, '--secret-file', self.application.path('secret'),
                *self.log_options, *map(str, arguments)]

    def run(self, *arguments, expect=0, timeout=120):
        """To its end; stdout and stderr."""
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL,
                              env=support.environment())
        if done.returncode != expect:
            raise AssertionError(f'redeliver {arguments} ended with {done.returncode}: {done.stdout[-500:]} {done.stderr[-1500:]}')
        return done.stdout, done.stderr

    def json(self, *arguments, expect=0, timeout=120):
        return json.loads(self.run('--json', *arguments, expect=expect, timeout=timeout)[0])

    def start(self, *arguments):
        return subprocess.Popen(self.command(*arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                env=support.environment())


def records(program, *log_options):
    """All of the log, by place."""
    lines = support.run(program, 'export', *log_options, timeout=120).splitlines()
    exported = [json.loads(line) for line in lines]
    return {(int(each['partition']), int(each['offset'])): each for each in exported}


def check_request(taken, record):
    """A request is the record, and says what it is."""
    headers = json.loads(taken.headers)
    expected = {'hookledger-event-id': record['id'], 'hookledger-type': record['type'], 'hookledger-replay': 'true',
                'hookledger-source': record['source'].removeprefix('/sources/'), 'hookledger-provenance': record['provenance'],
                'hookledger-partition': record['partition'], 'hookledger-offset': record['offset']}
    if 'signature' in record:
        expected |= {'telnyx-signature-ed25519': record['signature'], 'telnyx-timestamp': record['signedat']}
    for name, value in expected.items():
        if headers.get(name) != value:
            raise AssertionError(f'{name}: {headers.get(name)!r} instead of {value!r}')
    if taken.body != base64.b64decode(record['data_base64']):
        raise AssertionError(f'{taken.partition}/{taken.offset}: another body')


def ask_store(application, question):
    with sqlite3.connect(application.path('store'), timeout=30) as database:
        yield from database.execute(question)


def count_taken(application):
    """Of all requests that it took. Costs the same however many there are."""
    return next(ask_store(application, 'SELECT coalesce(max(number), 0) FROM taken'))[0]


def places_taken(application):
    """What `check_order` needs, in the order in which it was taken."""
    return (Taken(*row) for row in ask_store(application, 'SELECT call, partition, offset FROM taken ORDER BY number'))


def wait_for_more(application, process, count, seconds=60):
    """Until the application took `count` more; the process must not end before."""
    wanted, end = count_taken(application) + count, time.monotonic() + seconds
    while count_taken(application) < wanted:
        if process.poll() is not None:
            raise AssertionError(f'redeliver ended with {process.returncode}: {process.stderr.read()[-1500:]}')
        if time.monotonic() > end:
            raise AssertionError(f'the application took {count_taken(application)} of {wanted} after {seconds} s')
        time.sleep(0.02)


class Applications:
    """As many applications as are asked for, as a context manager."""

    def __init__(self, folder):
        self.folder, self.all = folder, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for application in self.all:
            application.kill()

    def new(self, how='ok'):
        application = Application(self.folder, f'app-{len(self.all)}')
        self.all.append(application)
        application.behave(how)
        return application.start()


def files_below(folder):
    return sorted(name for _, _, names in os.walk(folder) for name in names)
