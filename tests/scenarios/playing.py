"""Plays the cases of a scenario: moves the clock, sends, and checks, at each instant of the timeline."""
import itertools
import random
import re
from concurrent.futures import ThreadPoolExecutor

from checking import Checker, differ
from events import Names, deliveries, rfc3339
from provider import Provider
from scenario import TURNS, Wrong, offset

DAY, HOUR, MINUTE = 86_400_000_000, 3_600_000_000, 60_000_000
START = 20_454 * DAY  # 2026-01-01
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z')


class Player:
    """Of one engine. `now` goes forward only. `seen`: what was found when, to be found again by a later scan."""

    def __init__(self, engine, sender):
        self.engine, self.sender, self.now, self.seen = engine, sender, START, []

    def play(self, scenario, report):
        """Says to `report` what is wrong, case by case."""
        self.now = (self.now // DAY + 1) * DAY
        for case in scenario.cases:
            try:
                self._case(scenario, case)
            except Wrong as wrong:
                report(wrong.line, f'{case.name}: {wrong}')
            self.now = (self.now // HOUR + 1) * HOUR

    def _case(self, scenario, case):
        token = f'{scenario.id}.{case.number}'
        if case.orders is None:
            Playing(self, case, token, range(len(case.steps))).run()
            return
        outcomes = {}
        for number, order in enumerate(orders(case), 1):
            self.now = (self.now // HOUR + 1) * HOUR
            seen = len(self.seen)
            outcome = Playing(self, case, f'{token}.{number:03}', order).run()
            outcomes.setdefault(outcome, order)
            if number > 1:
                del self.seen[seen:]  # One scan for all that must be the same.
        if len(outcomes) > 1:
            first, second = list(outcomes)[:2]
            raise Wrong(case.line, f'not the same in every order: {outcomes[first]} gives {first}, {outcomes[second]} gives {second}')


def orders(case):
    """Of the deliveries before the first check; the other entries stay where they are."""
    count = next(index for index, step in enumerate(case.steps) if step.is_check)
    rest = tuple(range(count, len(case.steps)))
    if case.orders == 'every':
        return [order + rest for order in itertools.permutations(range(count))]
    chooser = random.Random(case.name)
    return [tuple(range(count)) + rest] + [tuple(chooser.sample(range(count), count)) + rest for _ in range(case.orders - 1)]


class Playing:
    """One playing of a case. `order`: which step's delivery arrives when that of the first, second, … step would."""

    def __init__(self, player, case, token, order):
        self.player, self.case, self.order = player, case, order
        self.engine, self.begin = player.engine, player.now + MINUTE
        self.names, self.places, self.sent = Names(token, 'twilio' in case.sources()), {}, {}
        self.checker = Checker(self.engine, self.names, self.begin, self.places)
        self.provider = Provider(player, self.names, self.places, self.checker)

    def run(self):
        """What the call was in the end, without ids and times of this playing."""
        for at, slots in itertools.groupby(range(len(self.case.steps)), key=lambda slot: self.case.steps[slot].at):
            self._instant(self.begin + at, [(slot, self.case.steps[self.order[slot]]) for slot in slots])
        self._nothing_else()
        return TIME.sub(lambda found: str(self.checker.microseconds(found[0])),
                        str(self.checker.call(self.case.line)).replace(self.names.mark, ''))

    def _move(self, now):
        if now > self.player.now:
            self.engine.set_clock(now)
            self.player.now = now

    def _instant(self, now, steps):
        checks = [step for _, step in steps if step.is_check]
        turns = [(step, turn, finding) for step in checks for turn, finding in step.turns()]
        if turns:
            self._move(now - 1)
            self._a_moment_before(turns)
        self._move(now)
        for slot, step in steps:
            if step.of_provider:
                self.provider.does(now, step)
            elif step.of_application:
                self.engine.application.behave({'hangs': 'hang 1', 'is well': 'ok'}[step.get('application')])
            elif not step.is_check:
                self._deliver(now, slot, step)
        if checks:
            self._check(now, checks, turns)

    def _a_moment_before(self, turns):
        found = self._findings(turns[0][0].line)
        for step, turn, finding in turns:
            before = {each['status'] for each in found if each['rule'] == finding['rule']}
            if turn == 'resolves' and 'open' not in before:
                raise Wrong(step.line, f'{finding["rule"]} is not open a moment before it resolves')
            if turn != 'resolves' and TURNS[turn] in before:
                raise Wrong(step.line, f'{finding["rule"]} is {TURNS[turn]} a moment before')

    def _deliver(self, now, slot, step):
        if step.get('again'):
            going = [self.sent[step.get('again')]]
            going[0].attempt += 1
        else:
            going = deliveries(step, self.order[slot], self.names, self.begin, self.case.organization)
        if not step.get('lost'):
            self._send(now, step, going * step.get('times', 1))
        for delivery in going:
            self.sent[delivery.name], self.places[delivery.name] = delivery, delivery.place
        self.provider.hears(going, step)

    def _send(self, now, step, going):
        every = offset(step.get('every', '0s'), step.line)
        for number, delivery in enumerate(going):
            delivery.moment, delivery.signed = now + every * number, offset(step.get('signed', '0s'), step.line)
            if every:
                self._move(delivery.moment)
                self.player.sender.send(step, [delivery])
        if not every:
            self.player.sender.send(step, going)

    def _check(self, now, checks, turns):
        found = self._findings(checks[0].line)
        for step, turn, _ in turns:
            self.checker.turn(step, turn, TURNS[turn], now, found)
        for step in checks:
            for rule in step.get('absent', ()):
                differ(step.line, rule, [], [each['status'] for each in found if each['rule'] == rule])
            self.checker.expect(step, found)

    def _findings(self, line):
        found = self.checker.findings(line)
        self.player.seen.append((self.player.now, self.checker, self.case, line, found))
        return found

    def _nothing_else(self):
        """A case names all that is found in it, and in a near miss that is nothing."""
        line = self.case.line
        found = {each['rule'] for each in self._findings(line)}
        if found - self.case.rules():
            raise Wrong(line, f'also found, and not named: {", ".join(sorted(found - self.case.rules()))}')


def find_again(engine, seen, report):
    """The log and an instant determine every finding: a scan for the instants past must find what was found then."""
    instants = sorted({each[0] for each in seen})
    with ThreadPoolExecutor(2) as scans:
        findings = dict(zip(instants, scans.map(engine.scan, instants)))
    for now, checker, case, line, found in seen:
        again = checker.mine(findings[now])
        if again != found:
            report(line, f'{case.name}: scan --at {rfc3339(now)} finds {brief(again)}, at that time it was {brief(found)}')


def brief(findings):
    return ', '.join(f'{each["rule"]} {each["status"]}' for each in findings) or 'nothing'
