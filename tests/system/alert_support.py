"""What the checks of alerts share: a receiver that can be told how to behave, and what it must have heard."""
import json

from receiving_process import ReceivingProcess


class Receiver(ReceivingProcess):
    """Behaves as a status with or without Retry-After says, or `hang SECONDS`."""
    kind = 'alert'

    def __init__(self, folder, name):
        super().__init__(folder, name, 'alert_receiver.py', 'taken', '200')
        self.write('taken', '')

    def asked(self):
        """Every attempt, in order."""
        with open(self.path('taken'), encoding='utf-8') as file:
            return [json.loads(line) for line in file]

    def taken(self):
        return [attempt for attempt in self.asked() if attempt['status'] // 100 == 2]

    def count(self, kind):
        """How many findings were told so, each message once."""
        messages = {attempt['id']: attempt['message'] for attempt in self.taken()}
        return sum(message['data'].get('count', 1) for message in messages.values()
                   if message['type'] in ('finding.' + kind, 'findings.' + kind))
