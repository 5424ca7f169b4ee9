#!/usr/bin/env python3
"""A large redelivery, killed three times as the kernel kills and once with the application: the same command goes on where it
stopped, and at the end the application has every record at least once, per call in order.
redeliver_kills_check.py PROGRAM [RECORDS]"""
import os
import random
import sys
import time

import support
from application_support import check_order
from redeliver_support import Applications, Redelivery, count_taken, files_below, places_taken, records, wait_for_more

KILLS = 3
EVENTS_PER_CALL = 11


def fill(server, count):
    """So many records, about."""
    support.run(server.program, 'simulate', '--url', f'http://{server.webhooks}/webhooks/telnyx', '--signing-key', server.key_file,
                '--calls', count // EVENTS_PER_CALL + 1, '--connections', 32, '--quiet', timeout=60 + count // 500)


def check(program, server, applications, choose, count):
    log = set(records(program, '--data-dir', server.data_dir))
    application = applications.new()
    redelivery = Redelivery(program, application, '--data-dir', server.data_dir)
    command = ['--rate', count // 10, '--yes', '--quiet']  # Not so fast that it is over before it is killed.
    for kill in range(KILLS):
        process = redelivery.start(*command)
        wait_for_more(application, process, len(log) // (KILLS + 2), 600 + count // 100)
        time.sleep(choose.uniform(0, 0.5))
        if kill == KILLS - 1:
            application.kill()
        assert process.poll() is None, 'it is over before it was killed'
        process.kill()
        process.communicate()
        application.kill()
        application.start()
    began = count_taken(application)
    report = redelivery.json(*command, timeout=600 + count // 100)
    assert report['resumed'] and report['delivered_before'] > 0, report
    assert report['delivered_before'] + report['delivered'] == len(log), report
    sent_again = count_taken(application) - len(log)
    assert application.places() == log, f'{len(log - application.places())} records are missing'
    check_order(places_taken(application))
    # What was delivered in the second before a kill is not known to be.
    assert sent_again <= began - report['delivered_before'], (sent_again, began, report)
    assert not files_below(os.path.join(server.data_dir, 'redeliveries')), 'nothing stays of what is done'
    return len(log), sent_again


def main(program, count):
    seed = int(os.environ.get('HOOKLEDGER_TEST_SEED', '1'))
    print(f'seed {seed} (HOOKLEDGER_TEST_SEED)')
    with support.Server(program) as server, Applications(server.folder) as applications:
        fill(server, count)
        sent, again = check(program, server, applications, random.Random(seed), count)
        print(f'{KILLS} kills, {sent} records, {again} sent again')


if __name__ == '__main__':
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20000)
