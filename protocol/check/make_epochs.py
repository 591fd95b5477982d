# SPDX-License-Identifier: Apache-2.0
"""Epochs, control.md 5.14: named sets for the "evaluate" vectors of control.json."""
import control as k
import primitives as p
from make_teams import World, evaluate_vectors, key

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


def vectors():
    """The sets, and who counts in them."""
    return evaluate_vectors(CASES)
