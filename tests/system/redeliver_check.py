#!/usr/bin/env python3
"""`hookledger redeliver` beside a running server, to an application with a store of its own: what is selected arrives as it
came, in order per call, and no more; plans, stops, failures and refusals are as the command says.  redeliver_check.py PROGRAM"""
import collections
import json
import os
import signal
import subprocess
import sys
import time

import support
from application_support import check_order
from redeliver_support import Applications, Redelivery, check_request, files_below, records, wait_for_more



def check_selected(what, application, log, wanted):
    taken = application.taken()
    places = [(each.partition, each.offset) for each in taken]
    wanted = {place for place, record in log.items() if wanted(record)}
    if not wanted:
        raise AssertionError(f'{what}: nothing to select')
    if sorted(places) != sorted(wanted):
        raise AssertionError(f'{what}: {len(places)} records of {len(set(places) & wanted)} wanted, {len(wanted)} in all')
    check_order(taken)
    for each in taken:
        check_request(each, log[(each.partition, each.offset)])


def call_of(record):
    return record['partitionkey']


def check_selections(program, server, applications, log):
    options = ['--data-dir', server.data_dir]
    calls = [json.loads(line) for line in support.run(program, 'calls', '--json', '--limit', 100000, *options).splitlines()]
    of_organization = collections.defaultdict(set)
    for call in calls:
        of_organization[call['organization_id']].add(call['id'])
    organization = next(name for name in of_organization if name)
    found = subprocess.run([program, 'scan', '--json', '--status', 'all', *options], capture_output=True, env=support.environment())
    findings = [json.loads(line) for line in found.stdout.splitlines()]
    rule = findings[0]['rule']
    with_finding = {finding['call_id'] for finding in findings if finding['rule'] == rule}
    times = sorted(record['receivedat'] for record in log.values())
    early, late = times[len(times) // 3], times[2 * len(times) // 3]
    happened = sorted(record['time'] for record in log.values())[len(log) // 2]
    one, other = calls[0]['id'], calls[1]['id']
    for arguments, wanted in [
            ([], lambda r: True),
            (['--call', one], lambda r: call_of(r) == one),
            (['--call', one, '--call', other], lambda r: call_of(r) in (one, other)),
            (['--type', 'call.hangup'], lambda r: r['type'] == 'call.hangup'),
            (['--type', 'call.h*', '--type', 'call.answered'], lambda r: r['type'].startswith('call.h') or r['type'] == 'call.answered'),
            (['--since', early, '--until', late], lambda r: early <= r['receivedat'] < late),
            (['--until', happened, '--by', 'occurrence'], lambda r: r['time'] < happened),
            (['--source', 'telnyx', '--call', one], lambda r: call_of(r) == one),
            (['--org', organization], lambda r: call_of(r) in of_organization[organization]),
            (['--rule', rule, '--type', 'call.initiated'], lambda r: call_of(r) in with_finding and r['type'] == 'call.initiated')]:
        application = applications.new()
        redelivery = Redelivery(program, application, *options)
        redelivery.run('--rate', 0, *arguments)
        check_selected(arguments, application, log, wanted)
        application.kill()
    nothing = Redelivery(program, applications.new(), *options)
    report = nothing.json('--source', 'nobody')
    assert report['plan']['records'] == 0 and report['end'] == 'done', report
    _, said = nothing.run('--since', '2100-01-01T00:00:00Z', '--dry-run')
    assert 'no record is selected: check --since' in said, said
    _, said = nothing.run('--call', 'nobody', expect=1)
    assert 'no call nobody' in said, said
    for wrong in (['--rule', 'no-such-rule'], ['--url', f'http://{server.api}'], ['--rate', 5, '--speed', 5], ['--give-up-after', '10x'],
                  ['--give-up-after', 0], ['--parallel', 0], ['--by', 'chance'], ['--since', 'yesterday'], ['--org', ''],
                  ['--rule', ''], ['--call', ''], ['--type', ''], ['--source', ''], ['--type', 'ca*l']):
        nothing.run('--dry-run', *wrong, expect=2)
    nothing.run('--dry-run', '--give-up-after', '10m')
    for url in ('ftp://127.0.0.1', 'http://user@127.0.0.1', ''):
        refused = subprocess.run([program, 'redeliver', '--to', url, *options], capture_output=True, env=support.environment())
        assert refused.returncode == 2 and b'--to' in refused.stderr, refused


def check_dry_run(program, server, applications, log):
    application = applications.new()
    redelivery = Redelivery(program, application, '--data-dir', server.data_dir)
    plan = redelivery.json('--dry-run', '--rate', 10)['plan']
    assert plan['records'] == len(log) and plan['seconds'] == len(log) / 10, plan
    assert plan['types'] == dict(collections.Counter(record['type'] for record in log.values())), plan
    assert plan['calls'] == len({call_of(record) for record in log.values()}), plan
    assert plan['first_received_at'] == min(record['receivedat'] for record in log.values()), plan
    text, _ = redelivery.run('--dry-run', '--speed', 10)
    assert f'{len(log)} records of {plan["calls"]} calls' in text and '10 times as fast' in text, text
    assert '/hook' not in text, 'the path of a URL may be a secret'
    assert not application.places() and not files_below(os.path.join(server.data_dir, 'redeliveries'))


def answered(redelivery, answer, *arguments):
    """On a terminal, whoever is asked answers so: the exit, and whether it asked."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(redelivery.command(*arguments), stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=support.environment())
    os.close(theirs)
    os.write(ours, answer.encode() + b'\n')
    _, said = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, b'send them?' in said


def check_confirmation(program, data_dir, application):
    """More than 1,000 records: not without a word."""
    redelivery = Redelivery(program, application, '--data-dir', data_dir)
    _, said = redelivery.run(expect=2)
    assert '--yes' in said, said
    assert answered(redelivery, 'n', '--rate', 0) == (1, True)
    assert not application.places()
    assert answered(redelivery, 'y', '--rate', 0) == (0, True)
    assert len(application.places()) > 1000


def check_refused(program, server, applications, log):
    """What the application refuses is given up, listed, and tried again by the same command, alone."""
    application = applications.new('refuse call.hangup 422')
    redelivery = Redelivery(program, application, '--data-dir', server.data_dir)
    hangups = {place for place, record in log.items() if record['type'] == 'call.hangup'}
    command = ['--rate', 0, '--give-up-after', 2]
    report = redelivery.json(*command, expect=1)
    assert {(each['partition'], each['offset']) for each in report['given_up']} == hangups, report
    assert all(each['attempts'] == 2 and each['answer'] == 'HTTP 422' for each in report['given_up']), report
    assert report['end'] == 'done' and report['failed_attempts'] == 2 * len(hangups), report
    assert application.places() == set(log) - hangups
    application.behave('ok')
    text, said = redelivery.run(*command)
    assert f'delivered {len(hangups)} of {len(hangups)} records' in text and 'goes on with' in text, text + said
    assert application.places() == set(log) and len(application.taken()) == len(log)
    redelivery.run(*command)
    assert len(application.taken()) == 2 * len(log), 'a redelivery that is done begins anew'


def check_stop(program, server, applications, log):
    """SIGTERM finishes what is under way; what was delivered is not sent again, and two at once are one too many."""
    application = applications.new()
    redelivery = Redelivery(program, application, '--data-dir', server.data_dir)
    command = ['--rate', 60, '--type', 'call.*']
    process = redelivery.start(*command)
    wait_for_more(application, process, 20)
    _, said = redelivery.run(*command, expect=1)
    assert 'is running already' in said, said
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 1 and b'the same command goes on' in said, said
    assert 20 <= len(application.places()) < len(log)
    wanted = {place for place, record in log.items() if record['type'].startswith('call.')}
    report = redelivery.json('--rate', 0, '--type', 'call.*')
    assert report['resumed'] and report['delivered'] + report['delivered_before'] == len(wanted), report
    assert sorted((each.partition, each.offset) for each in application.taken()) == sorted(wanted), 'each once'
    check_order(application.taken())


def check_restart(program, server, applications, log):
    application = applications.new()
    redelivery = Redelivery(program, application, '--data-dir', server.data_dir)
    process = redelivery.start('--rate', 60)
    wait_for_more(application, process, 5)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    redelivery.run('--rate', 0, '--restart')
    assert application.places() == set(log) and len(application.taken()) > len(log)


def check_failing(program, server, applications, log):
    """An application that fails at random, and is killed and started again, has all of it in the end."""
    application = applications.new('fail 0.1')
    redelivery = Redelivery(program, application, '--data-dir', server.data_dir)
    process = redelivery.start('--rate', 150, '--json')
    wait_for_more(application, process, 30)
    application.kill()
    time.sleep(0.5)  # Some attempts fail meanwhile, or none: it must not matter.
    application.start()
    out, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    report = json.loads(out)
    assert report['failed_attempts'] > 0 and not report['given_up'], report
    assert application.places() == set(log)
    check_order(application.taken())


def check_gone(program, server, applications):
    application = applications.new('status 410')
    _, said = Redelivery(program, application, '--data-dir', server.data_dir).run(expect=1)
    assert '410' in said and not application.places(), said


def check_speed(program, server, applications):
    """As they came, but faster: it takes as long as that takes."""
    events, data_dir = server.path('events.jsonl'), server.path('past')
    support.run(program, 'simulate', '--calls', 6, '--seed', 5, '--signing-key', server.key_file, '--out', events)
    with open(events, 'rb') as file:
        subprocess.run([program, 'import', '--data-dir', data_dir, '--telnyx-public-key', server.public_key], stdin=file, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=support.environment())
    application = applications.new()
    redelivery = Redelivery(program, application, '--data-dir', data_dir)
    speed = redelivery.json('--dry-run', '--speed', 1)['plan']['seconds'] / 3
    began = time.monotonic()
    report = redelivery.json('--speed', speed)
    assert time.monotonic() - began >= 2.9, 'faster than --speed says'
    assert report['delivered'] == len(records(program, '--data-dir', data_dir)), report


def main(program):
    with support.Server(program) as server, Applications(server.folder) as applications:
        server.simulate('--calls', 30, '--seed', 3, '--drop', 0.05)
        log = records(program, '--data-dir', server.data_dir)
        for check in (check_selections, check_dry_run, check_refused, check_stop, check_restart, check_failing):
            check(program, server, applications, log)
        check_gone(program, server, applications)
        check_speed(program, server, applications)
        server.simulate('--calls', 100, '--seed', 4)
        check_confirmation(program, server.data_dir, applications.new())
        assert server.stop() == 0
        after = applications.new()
        Redelivery(program, after, '--data-dir', server.data_dir).run('--rate', 0, '--type', 'call.initiated')
        assert after.places(), 'without a server, too'


if __name__ == '__main__':
    main(sys.argv[1])
