"""What receivers of alerts and of deliveries share: a process that can be told how to behave, killed and started again."""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = 'whsec_' + 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='


class ReceivingProcess:
    """`start` after `kill` is on the same port again. `program` in this folder takes the port, the files `secret`,
    `store` and `behaviour`, and what else is given, and prints its port."""

    def __init__(self, folder, name, program, store, behaviour, *more):
        self.name, self.path = name, lambda what: os.path.join(folder, f'{name}.{what}')
        self.program, self.store, self.more = program, store, more
        self.port, self.process = 0, None
        self.write('secret', SECRET)
        self.behave(behaviour)

    def write(self, what, text):
        with open(self.path(what + '.new'), 'w', encoding='ascii') as file:
            file.write(text)
        os.replace(self.path(what + '.new'), self.path(what))

    def start(self):
        files = [self.path(what) for what in ('secret', self.store, 'behaviour')]
        self.process = subprocess.Popen([sys.executable, os.path.join(HERE, self.program), str(self.port), *files, *self.more],
                                        stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        return self

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
            self.process.stdout.close()

    def behave(self, how):
        self.write('behaviour', how)

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}/hook?x=1'

    def section(self, *lines):
        """Of the config file: `kind` says what it is to the program."""
        return '\n'.join([f'[{self.kind}.{self.name}]', f'url = {self.url}', f'secret-file = {self.path("secret")}', *lines, ''])
