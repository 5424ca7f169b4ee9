#!/usr/bin/env python3
"""Plays the failure catalogue, tests/scenarios/ID.yaml, against the real program.
run.py PROGRAM [ID or FILE.yaml…] [--engine embedded|kafka]"""
import argparse
import glob
import itertools
import os
import sys

from engines import ENGINES
from playing import Player, find_again
from scenario import Wrong, load
from sending import Sender

FOLDER = os.path.dirname(os.path.abspath(__file__))


class Failures:
    def __init__(self):
        self.count = 0

    def of(self, name):
        def report(line, text):
            self.count += 1
            print(f'{name}.yaml:{line}: {text}', flush=True)
        return report


def load_all(ids, failures):
    found = []
    paths = [name if name.endswith('.yaml') else os.path.join(FOLDER, name + '.yaml') for name in ids]
    for path in paths or sorted(glob.glob(os.path.join(FOLDER, '*.yaml'))):
        try:
            found.append(load(path))
        except Wrong as wrong:
            failures.of(os.path.basename(path).removesuffix('.yaml'))(wrong.line, wrong)
    return found


def play_all(engine, scenarios, failures):
    """Scenarios that share a program; then what must hold of its whole log."""
    sender = Sender(engine)
    player, seen = Player(engine, sender), []
    for scenario in scenarios:
        before = failures.count
        player.play(scenario, failures.of(scenario.id))
        seen += [(scenario, moment) for moment in player.seen]
        player.seen = []
        print(f'{scenario.id}  {"ok" if failures.count == before else "FAILED"}  {scenario.title}', flush=True)
    for scenario, moments in itertools.groupby(seen, key=lambda each: each[0]):
        find_again(engine, [moment for _, moment in moments], failures.of(scenario.id))
    check_log(engine, len(sender.places), len(sender.recovered) + engine.notes(), failures)


def check_log(engine, acknowledged, recovered, failures):
    """It has what was acknowledged, recovered or noted and nothing else, and every signature is right."""
    found = engine.verify()
    extra, signatures = found['records'] - acknowledged - recovered, found['signatures']
    unsigned = signatures['absent'] - recovered
    if extra < 0 or (extra and engine.exactly_once_in_log) or unsigned or signatures['valid'] + recovered != found['records'] or found['mismatches']:
        failures.count += 1
        print(f'verify: {acknowledged} records were acknowledged, {recovered} recovered, and the log has {found}')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('program')
    parser.add_argument('ids', nargs='*', metavar='ID or FILE.yaml')
    parser.add_argument('--engine', choices=ENGINES, default='embedded')
    given = parser.parse_args()
    failures = Failures()
    scenarios = load_all(given.ids, failures)
    def program_of(scenario):
        return scenario.started_with, scenario.recovers(), scenario.delivers()

    for (started_with, recovers, delivers), group in itertools.groupby(sorted(scenarios, key=program_of), key=program_of):
        group = list(group)
        sources = set().union(*(scenario.sources() for scenario in group))
        with ENGINES[given.engine](os.path.abspath(given.program), sources, started_with, recovers, delivers) as engine:
            play_all(engine, group, failures)
    print(f'{len(scenarios)} scenarios on {given.engine}, {failures.count or "no"} failures')
    return 1 if failures.count or not scenarios else 0


if __name__ == '__main__':
    sys.exit(main())
