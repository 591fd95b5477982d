# SPDX-License-Identifier: Apache-2.0
"""Epochs, control.md 5.14: named sets for the "evaluate" vectors of control.json."""
import control as k
import primitives as p
from make_teams import EPOCH_MAIN, Device, World, evaluate_vectors, key

CASES = {}


def case(function):
    """A named set."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


def next_epoch(w, by, name="main 2", number=2, knows=()):
    """An epoch of main."""
    return w.say(by, [k.EPOCH, 0, number, p.agree_public(key(name)), None], knows=knows)


@case
def an_epoch_whose_issuer_admitted_every_reader():
    w = World()
    w.member("c", k.COORDINATOR, 1)
    next_epoch(w, w.founder)
    return w, ()


@case
def an_epoch_that_nobody_opened():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    next_epoch(w, second, knows=[w.role(w.root, second, k.ADMIN)])
    return w, ()


@case
def an_epoch_that_a_reader_opened():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    made = next_epoch(w, second, knows=[w.role(w.root, second, k.ADMIN)])
    w.say(w.founder, [k.EPOCH_OK, p.agree_public(key("main 2")), 1], knows=[made])
    return w, ()


@case
def an_epoch_that_a_reader_could_not_open():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    made = next_epoch(w, second, knows=[w.role(w.root, second, k.ADMIN)])
    w.say(w.founder, [k.EPOCH_OK, p.agree_public(key("main 2")), 0], knows=[made])
    return w, ()


@case
def two_epochs_of_one_number():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    raised = w.role(w.root, second, k.ADMIN)
    next_epoch(w, second, "main 2b", knows=[raised])
    next_epoch(w, w.founder, "main 2a")
    for name in ("main 2a", "main 2b"):
        w.say(w.founder, [k.EPOCH_OK, p.agree_public(key(name)), 1])
    return w, ()


@case
def an_epoch_by_no_admin():
    w = World()
    next_epoch(w, w.member("c", k.COORDINATOR, 1))
    return w, ()


@case
def an_epoch_out_of_turn():
    """The last number of all, and one that leaves one out: nothing follows, and 2 is free."""
    w = World()
    next_epoch(w, w.founder, "last", 2 ** 32 - 1)
    next_epoch(w, w.founder, "main 3", 3)
    return w, ()


@case
def an_epoch_whose_turn_came():
    w = World()
    second = w.member("second", k.COORDINATOR, 1)
    next_epoch(w, w.founder, "main 3", 3)
    next_epoch(w, second, "main 2", knows=[w.role(w.root, second, k.ADMIN)])
    return w, ()


@case
def an_epoch_above_one_that_does_not_count():
    """A number that was said is said, whoever said it: a cut takes no later epoch away."""
    w = World()
    next_epoch(w, w.member("m", k.MONITOR), "main 2")
    next_epoch(w, w.founder, "main 3", 3)
    return w, ()


def without_history(w, previous=None):
    """An epoch of the founder between two coordinators: c before it, d knowing it."""
    c = w.member("c", k.COORDINATOR, 1)
    made = w.say(w.founder, [k.EPOCH, 0, 2, p.agree_public(key("main 2")), previous],
                 knows=[c.joined])
    d = Device("d")
    d.joined = w.join(d, w.invite(w.founder, "i", k.COORDINATOR), "i", knows=[made])
    w.admit(w.founder, d, 1)
    return c, d


def deliver(w, by, number, public, device, knows=()):
    """An envelope."""
    return w.say(by, [k.EPOCH_KEY, 0, number, public, device.key, bytes(80)], knows=knows)


@case
def a_reader_that_came_to_an_epoch_without_history():
    w = World()
    without_history(w)
    return w, ()


@case
def a_reader_that_came_to_an_epoch_with_history():
    w = World()
    without_history(w, bytes(80))
    return w, ()


@case
def history_that_did_not_open_is_asked_for():
    w = World()
    c, d = without_history(w, bytes(80))
    for device in (c, d):
        w.say(device, [k.EPOCH_OK, p.agree_public(key("main 2")), 1])
        w.say(device, [k.EPOCH_OK, EPOCH_MAIN, 0])
    return w, ()


@case
def an_envelope_is_due_from_another_once_it_was_refused():
    w = World()
    c, d = without_history(w)
    public = p.agree_public(key("main 2"))
    sent = deliver(w, c, 2, public, d)
    w.say(d, [k.EPOCH_OK, public, 0], knows=[sent])
    mine = deliver(w, w.founder, 2, public, c)
    w.say(c, [k.EPOCH_OK, public, 0], knows=[mine])
    return w, ()


@case
def a_refusal_that_does_not_know_the_envelope_refuses_nothing():
    w = World()
    c, d = without_history(w)
    public = p.agree_public(key("main 2"))
    w.say(d, [k.EPOCH_OK, public, 0])
    deliver(w, c, 2, public, d)
    return w, ()


def vectors():
    """The sets, and who counts in them."""
    return evaluate_vectors(CASES)
