#!/usr/bin/env python3
"""The largest bodies that a server may be told to take: durable, exported and imported again, and memory is bounded while
more of them come at once than fit.  large_body_check.py PROGRAM"""
import subprocess
import sys
import threading

import support

MIB = 1 << 20
SIZE = 64 * MIB
BODIES = 6
MEMORY_MAX = 2048 * MIB
failures = []


def check(what, condition, seen=''):
    if not condition:
        failures.append(what)
        print(f'FAIL {what}: {seen}')


def body(number):
    """One with a single text, the next with as many values as fit, which is what costs a reader most."""
    begin, end = b'{"data":{"event_type":"call.note","id":"e%d","payload":{"call_session_id":"c%d","x":' % (number, number), b'}}}'
    room = SIZE - len(begin) - len(end)
    if number % 2 == 0:
        return begin + b'"' + b'x' * (room - 2) + b'"' + end
    values = b'[' + b'0,' * ((room - 3) // 2) + b'0]'
    return begin + values + b' ' * (room - len(values)) + end


def peak(server):
    with open(f'/proc/{server.process.pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmHWM')) << 10


def main(program):
    with support.Server(program, '--max-body', '64MiB') as server:
        bodies = [body(number) for number in range(BODIES)]
        headers = [server.signed_headers(each) for each in bodies]
        answers = [None] * BODIES

        def deliver(number):
            answers[number] = server.deliver(bodies[number], headers[number])

        threads = [threading.Thread(target=deliver, args=(number,)) for number in range(BODIES)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number, answer in enumerate(answers):
            check(f'body {number} at once with others', answer.status == 200 or
                  (answer.status == 503 and 'retry-after' in answer.headers), answer)
        check('some are taken', any(answer.status == 200 for answer in answers), answers)
        for number in range(BODIES):
            answer = server.deliver(bodies[number], headers[number])
            check(f'body {number} by itself', answer.status == 200, answer)
        check('no more than that', server.deliver(b'x' * (SIZE + 1), headers[0]).status == 413)
        print(f'peak {peak(server) // MIB} MiB')
        check('memory is bounded', peak(server) < MEMORY_MAX, f'{peak(server) // MIB} MiB')
        check('the bodies are projected', server.get('/v1/calls/c1').status == 200, server.log())
        check('stops', server.stop() == 0, server.log())

        exported = support.run(program, 'export', '--data-dir', server.data_dir)
        imported = subprocess.run([program, 'import', '--data-dir', server.path('copy'), '--telnyx-public-key', server.public_key],
                                  input=exported, capture_output=True, env=support.environment(), timeout=120)
        check('imports its export', imported.stdout.startswith(b'%d records appended, 0 were there already; %d kept' % (BODIES, BODIES)),
              imported)
    return 1 if failures else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1]))
