#!/usr/bin/env python3
"""G7 on a full disk: 503 with Retry-After, /readyz says why, reads go on, and when there is space again it recovers by
itself with all that it acknowledged, and an application has it all.  full_disk_check.py PROGRAM

The data dir is a small tmpfs where this may be mounted; elsewhere the server's files are kept from growing."""
import contextlib
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import delivery_load
import support
from application_support import Application

DISK_BYTES = 256 << 20
SECONDS = 30


class SmallDisk:
    """A file system that is filled with one large file."""
    name = 'tmpfs'

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='hookledger-disk-')
        try:
            subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={DISK_BYTES}', 'tmpfs', self.folder],
                           check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            os.rmdir(self.folder)
            raise

    def fill(self, server):
        with open(os.path.join(self.folder, 'filler'), 'wb', buffering=0) as file:
            for size in (1 << 20, 1 << 12):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(b'x' * size)

    def free(self, server):
        os.remove(os.path.join(self.folder, 'filler'))

    def close(self):
        subprocess.run(['umount', self.folder], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class NoGrowth:
    """The server's files may not grow: what it writes fails with EFBIG, as if there were no space."""
    name = 'RLIMIT_FSIZE'

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='hookledger-disk-')

    def fill(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))

    def free(self, server):
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)


def small_disk():
    if '--no-mount' not in sys.argv:
        try:
            return SmallDisk()
        except (OSError, subprocess.CalledProcessError) as error:
            print(f'a tmpfs cannot be mounted here ({error}): RLIMIT_FSIZE stands in for a full disk')
    return NoGrowth()


def eventually(what, condition):
    end = time.monotonic() + SECONDS
    while not (result := condition()):
        if time.monotonic() > end:
            raise AssertionError(f'not within {SECONDS} s: {what}')
        time.sleep(0.02)
    return result


def expect(what, condition, seen):
    if not condition:
        raise AssertionError(f'{what}: {seen}')


def deliver_until(sender, sent, status):
    """New events until one is answered with `status`; that one's id and answer."""
    def one():
        event_id, body = sent.make_event(padding=200_000)
        answer = sender.deliver(body)
        expect('every delivery is answered', answer is not None, event_id)
        expect('200 or 503', answer[0] in (200, 503), answer)
        if answer[0] == 200:
            sent.note(event_id, answer[2])
        return (event_id, answer) if answer[0] == status else None
    return eventually(f'an answer {status}', one)


def metric(server, name):
    lines = server.get('/metrics').body.decode().splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(name + ' ')), None)


def check_full(server, sender, sent, readable):
    event_id, (_, headers, body) = deliver_until(sender, sent, 503)
    expect('the problem', body['type'] == 'urn:hookledger:problem:log-unavailable', body)
    expect('Retry-After', headers.get('retry-after', '').isdigit(), headers)
    answer = server.get('/readyz')
    expect('/readyz is 503', answer.status == 503, answer)
    expect('/readyz names the log', b'log' in answer.body, answer)
    expect('/healthz stays', server.get('/healthz').status == 200, 'not 200')
    expect('the metric', metric(server, 'hookledger_log_writable') == 0, metric(server, 'hookledger_log_writable'))
    for _ in range(5):
        expect('reads go on', server.get(f'/v1/calls/{readable}').status == 200, server.log())
        partition, offset = sent.places['event-0']
        expect('reads of records go on', server.get(f'/v1/records/{partition}/{offset}?raw').body == sent.bodies['event-0'],
               server.log())
        again = sender.deliver(sent.bodies['event-0'])
        expect('nothing is taken meanwhile', again[0] == 503, again)
        time.sleep(0.3)
    return event_id


@contextlib.contextmanager
def subscribed(server):
    """An application that gets all of it, whatever the disk of the server does."""
    application = Application(server.folder, 'app').start()
    try:
        with open(server.path('subscriptions.ini'), 'w', encoding='ascii') as file:
            file.write(application.section('from = start'))
        server.stop()
        server.arguments = ('--config', server.path('subscriptions.ini'))
        server.start()
        yield application
    finally:
        application.kill()


def main(program):
    disk, sent = small_disk(), delivery_load.Sent(1)
    print(f'a full disk by {disk.name}')
    try:
        with support.Server(program, data_dir=os.path.join(disk.folder, 'data')) as server, subscribed(server) as application:
            sender = delivery_load.Sender(server.webhooks, delivery_load.Signer(server.key_file))
            deliver_until(sender, sent, 200)
            for _ in range(2):
                disk.fill(server)
                refused = check_full(server, sender, sent, 'call-0')
                disk.free(server)
                answer = eventually('taken again', lambda: (sender.deliver(sent.bodies[refused]) or [0])[0] == 200)
                expect('taken', answer, server.log())
                sent.note(refused, sender.deliver(sent.bodies[refused])[2])
                eventually('ready again', lambda: server.get('/readyz').status == 200)
                expect('the metric', metric(server, 'hookledger_log_writable') == 1, 'not 1')
                call = 'call-' + str(int(refused.split('-')[1]) // 4)
                eventually('projected', lambda: server.get(f'/v1/calls/{call}').status == 200)
                wanted = {(int(partition), int(offset)) for partition, offset in sent.places.values()}
                eventually('delivered', lambda: application.places() >= wanted)
                eventually('no trouble', lambda: b'subscription_trouble{subscription="app"} 0' in server.get('/metrics').body)
            for event_id in sent.pending():
                sent.note(event_id, sender.deliver(sent.bodies[event_id])[2])
            sent.compare(delivery_load.export(server))
            expect('exit status', server.stop() == 0, server.log())
            sent.compare(delivery_load.export(server))
            support.run(program, 'rebuild', '--verify', '--data-dir', server.data_dir)
        print(f'{len(sent.places)} events')
    finally:
        disk.close()


if __name__ == '__main__':
    main(sys.argv[1])
