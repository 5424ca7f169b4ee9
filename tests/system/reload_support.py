"""What the checks of a reload share: a config file that a running server reads again."""
import json
import signal

from kafka_support import wait_until


class Config:
    def __init__(self, path):
        self.path, self.reloads = path, 0

    def write(self, *sections):
        with open(self.path, 'w', encoding='ascii') as file:
            file.write('\n'.join(sections))

    def reload(self, server, *sections):
        """They are in force, and nothing is left to warn of."""
        self.write(*sections)
        server.process.send_signal(signal.SIGHUP)
        self.reloads += 1
        wait_until(lambda: server.log().count(' reloaded ') >= self.reloads, 20, f'a reload ({server.log()})')
        if warnings_of(server):
            raise AssertionError(warnings_of(server))

    def reload_wrong(self, server, why, *sections):
        self.write(*sections)
        server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: any(why in warning for warning in warnings_of(server)), 20, f'a warning of {why}, not {warnings_of(server)}')


def warnings_of(server):
    return json.loads(server.get('/readyz').body).get('warnings', [])
