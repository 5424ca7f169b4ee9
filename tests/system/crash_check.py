#!/usr/bin/env python3
"""G1, G3 and G7 for the running program: killed under load at random moments, it has all that it acknowledged, once, in
its place, and goes on.  crash_check.py PROGRAM"""
import os
import random
import sys
import time

import delivery_load
import support

SECONDS, ROUNDS_MIN = 20, 5


def redeliver(server, sent, choose):
    """What was acknowledged is a duplicate; what nobody knows of is taken, or a duplicate."""
    sender = delivery_load.Sender(server.webhooks, delivery_load.Signer(server.key_file))
    acknowledged = choose.sample(sorted(sent.places), min(20, len(sent.places)))
    for event_id in acknowledged + sent.pending():
        status, _, answer = sender.deliver(sent.bodies[event_id])
        allowed = ('duplicate',) if event_id in sent.places else ('accepted', 'duplicate')
        if status != 200 or answer['status'] not in allowed:
            raise AssertionError(f'{event_id} redelivered: {status} {answer}')
        sent.note(event_id, answer)


def main(program):
    seed = int(os.environ.get('HOOKLEDGER_TEST_SEED', '1'))
    choose, sent = random.Random(seed), delivery_load.Sent(seed)
    print(f'seed {seed} (HOOKLEDGER_TEST_SEED)')
    end, rounds = time.monotonic() + SECONDS, 0
    with support.Server(program) as server:
        while rounds < ROUNDS_MIN or time.monotonic() < end:
            load = delivery_load.Load(server, sent)
            time.sleep(choose.uniform(0.02, 0.8))
            server.kill()
            load.join()
            if rounds % 2 == 0:
                sent.compare(delivery_load.export(server))
            server.start()
            sent.compare(delivery_load.export(server))
            redeliver(server, sent, choose)
            if rounds % 3 == 0:
                support.run(program, 'rebuild', '--verify', '--data-dir', server.data_dir)
            rounds += 1
        found = sent.compare(delivery_load.export(server))
        if len(found) != len(sent.bodies):
            raise AssertionError(f'{len(sent.bodies)} events were taken and {len(found)} are there')
        if server.stop() != 0:
            raise AssertionError(f'the server did not end with 0: {server.log()}')
        sent.compare(delivery_load.export(server))
        support.run(program, 'rebuild', '--verify', '--data-dir', server.data_dir)
        support.run(program, 'verify', '--data-dir', server.data_dir)
    print(f'{rounds} kills, {len(found)} events')


if __name__ == '__main__':
    main(sys.argv[1])
