# SPDX-License-Identifier: Apache-2.0
# needs: python3
# Calls that signals interrupt, with and without SA_RESTART; threads that are in calls when their
# process ends, is killed, or executes another program.
python=/usr/bin/python3
test -x $python || python=python3
$python -I -S -c '
import os, select, signal, threading, time

def quiet(number, frame):
    pass

signal.signal(signal.SIGALRM, quiet)
readable, writable = os.pipe()
for restart in (False, True):
    signal.siginterrupt(signal.SIGALRM, not restart)
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    time.sleep(0.05)
    select.select([readable], [], [], 0.05)
    poll = select.poll()
    poll.register(readable)
    poll.poll(50)
    threading.Timer(0.05, lambda: os.write(writable, b"x")).start()
    os.read(readable, 1)
    signal.setitimer(signal.ITIMER_REAL, 0)

def blocked():
    threading.Thread(target=lambda: os.read(readable, 1), daemon=True).start()
    threading.Thread(target=lambda: time.sleep(60), daemon=True).start()
    threading.Thread(target=lambda: select.select([readable], [], []), daemon=True).start()
    time.sleep(0.05)

def busy():
    while True:
        os.getppid()

for end in ("exit", "kill", "exec", "exec by another thread", "kill busy threads"):
    child = os.fork()
    if child == 0:
        blocked()
        if end == "exit":
            os._exit(0)
        if end == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if end == "exec":
            os.execv("/bin/true", ["true"])
        if end == "exec by another thread":
            threading.Thread(target=lambda: os.execv("/bin/true", ["true"])).start()
        if end == "kill busy threads":
            for number in range(3):
                threading.Thread(target=busy, daemon=True).start()
            time.sleep(0.1)
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)
    os.waitpid(child, 0)
'
