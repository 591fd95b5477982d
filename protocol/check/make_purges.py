# SPDX-License-Identifier: Apache-2.0
"""Purges, meant well and ill: named sets for the "evaluate" vectors of control.json."""
import control as k
import states
from make_hostile import (COUNTS, CUT, FROZEN, HOSTILE, NOT_ALLOWED, OPEN, Scene, check)
from make_teams import evaluate_vector, key

CASES = {}
RECORD, OTHER, BODY = key("record")[:16], key("other record")[:16], key("body")
THIRD, LATE, OTHER_BODY = key("third record")[:16], key("late body"), key("other body")


def case(function):
    """A named set."""
    CASES[function.__name__.replace("_", " ")] = function
    return function


class Office(Scene):
    """A team with admins whom root named."""

    def say(self, device, *statements, knows=()):
        """As ever; an admin knows that it is one."""
        made = getattr(device, "made", None)
        return super().say(device, *statements,
                           knows=sorted({*knows, *([made] if made else [])}))

    def admin(self, name, person):
        """An admin's device, of that person."""
        device = self.member(name, k.COORDINATOR, 1)
        device.made = self.name(device, person, knows=[device.joined])
        return device

    def name(self, device, person, role=k.ADMIN, knows=(), cuts=()):
        """Root says whose it is."""
        return self.say(self.root, [k.ROLE, device.key, role, [], list(cuts), person, None],
                        knows=knows)

    def order(self, by, *records, knows=()):
        """The id of an order."""
        return self.say(by, [k.PURGE, None, list(records or [RECORD]), [], [BODY], None],
                        knows=knows)

    def approve(self, by, order, knows=()):
        """The id of an approval."""
        return self.say(by, [k.PURGE, order, [], [], [], None], knows=[*knows, order])

    def more(self, by, order, *bodies, knows=()):
        """The id of a naming."""
        return self.say(by, [k.PURGE, order, [], [], list(bodies), None], knows=[*knows, order])

    def lift(self, by, order, knows=()):
        """The id of an unpurge."""
        return self.say(by, [k.UNPURGE, order], knows=knows)


@case
def one_admin_hides():
    w = Office()
    order = w.order(w.founder)
    return w, {("purge", order): 1, ("purged", RECORD): 1, ("purged", OTHER): 0,
               (order, 0): COUNTS}


@case
def one_admin_alone_twice():
    w = Office()
    order = w.order(w.founder)
    again = w.approve(w.founder, order)
    return w, {("purge", order): 1, (again, 0): COUNTS, ("purge", w.order(w.founder)): 1}


@case
def two_persons():
    w = Office()
    second = w.admin("second", 1)
    order = w.order(w.founder)
    w.approve(second, order)
    return w, {("purge", order): 2, ("purged", RECORD): 2}


@case
def two_devices_of_the_founder():
    w = Office()
    second = w.admin("second", 0)
    order = w.order(w.founder)
    w.approve(second, order)
    return w, {("purge", order): 1}


@case
def two_devices_of_one_person():
    w = Office()
    first, second = w.admin("first", 4), w.admin("second", 4)
    order = w.order(first)
    w.approve(second, order)
    return w, {("purge", order): 1}


@case
def two_orders_are_no_approval():
    w = Office()
    second = w.admin("second", 1)
    return w, {("purge", w.order(w.founder)): 1, ("purge", w.order(second)): 1,
               ("purged", RECORD): 1}


@case
def a_device_passes_to_another_person():
    """Whose it is now decides what it said before, too."""
    w = Office()
    second = w.admin("second", 1)
    order = w.order(w.founder)
    w.approve(second, order)
    w.name(second, 0, knows=[second.made])
    return w, {("purge", order): 1}


@case
def a_device_is_named_anew():
    """Root's first word on it was a mistake; the newest alone counts."""
    w = Office()
    second = w.admin("second", 0)
    order = w.order(w.founder)
    w.approve(second, order)
    w.name(second, 1, knows=[second.made])
    return w, {("purge", order): 2}


@case
def root_says_two_things_of_one_device():
    """On two devices that do not know of each other: it is both."""
    w = Office()
    second, third = w.admin("second", 1), w.admin("third", 2)
    w.root.chain.pop()
    w.root.chain.pop()
    w.name(second, 0)
    order, other = w.order(w.founder), w.order(w.founder, OTHER)
    w.approve(second, order)
    w.approve(third, other)
    return w, {("purge", order): 1, ("purge", other): 2}


@case
def roots_word_is_enough():
    w = Office()
    order = w.order(w.root)
    approved = w.order(w.founder, OTHER)
    w.approve(w.root, approved)
    return w, {("purge", order): 2, ("purge", approved): 2}


@case
def who_may_not_purge():
    w = Office()
    found = {}
    for name, role in (("m", k.MONITOR), ("o", k.OBSERVER), ("c", k.COORDINATOR)):
        order = w.order(w.member(name, role, 1))
        found.update({(order, 0): NOT_ALLOWED, ("purge", order): 0})
    stranger = w.order(w.member("waits"), OTHER)
    return w, {**found, ("purged", RECORD): 0, ("purged", OTHER): 0, (stranger, 0): NOT_ALLOWED}


@case
def an_order_of_a_monitor_that_an_admin_approves():
    """The approval names content; whose order it was matters little, and it stays one voice."""
    w = Office()
    m = w.member("m", k.MONITOR, 1)
    order = w.order(m)
    w.approve(w.founder, order)
    return w, {(order, 0): NOT_ALLOWED, ("purge", order): 1}


@case
def an_approval_of_nothing():
    w = Office()
    second = w.admin("second", 1)
    order = w.order(w.founder)
    w.approve(second, key("no order"))
    approval = w.approve(second, second.made)
    w.approve(w.root, approval)
    return w, {("purge", order): 1, ("purge", approval): 0, (approval, 0): COUNTS}


@case
def two_orders_in_one_changeset():
    w = Office()
    both = w.say(w.root, [k.PURGE, None, [RECORD], [], [], None],
                 [k.PURGE, None, [OTHER], [], [], None])
    mine = w.say(w.founder, [k.PURGE, both, [], [], [], None],
                 [k.PURGE, None, [OTHER], [], [], None])
    return w, {(both, 1): NOT_ALLOWED, (mine, 1): NOT_ALLOWED, ("purge", both): 2,
               ("purged", RECORD): 2, ("purged", OTHER): 0}


@case
def an_order_behind_an_unknown_statement():
    w = Office()
    second = w.admin("second", 1)
    order = w.say(w.founder, [99, "later"], [k.PURGE, None, [RECORD], [], [], None])
    approval = w.approve(second, order)
    return w, {(order, 1): OPEN, (approval, 0): COUNTS, ("purge", order): 1}


@case
def a_frozen_admin():
    w = Office()
    second = w.admin("second", 1)
    before = w.order(second)
    w.freeze(w.founder, second, knows=[before])
    order = w.order(second, OTHER)
    approval = w.approve(second, w.order(w.founder, OTHER))
    return w, {("purge", before): 1, (order, 0): FROZEN, (approval, 0): FROZEN,
               ("purge", order): 0, ("purged", OTHER): 1}


@case
def a_cut_admin_keeps_what_its_place_leaves():
    w = Office()
    second = w.admin("second", 1)
    order = w.order(w.founder)
    w.approve(second, order)
    place = w.control_place(second)
    late = w.order(second, OTHER)
    w.cut(w.root, second, HOSTILE, place)
    return w, {("purge", order): 2, (late, 0): CUT, ("purged", OTHER): 0}


@case
def a_demoted_admin():
    w = Office()
    second = w.admin("second", 1)
    order = w.order(w.founder)
    w.approve(second, order)
    loss = w.name(second, 0, k.COORDINATOR, knows=[second.made],
                  cuts=[w.control_place(second)])
    after = w.order(second, OTHER, knows=[loss])
    return w, {("purge", order): 2, (after, 0): NOT_ALLOWED, ("purged", OTHER): 0}


@case
def the_first_of_two_voices_is_cut():
    w = Office()
    second, third = w.admin("second", 1), w.admin("third", 2)
    order = w.order(second)
    w.approve(third, order)
    w.cut(w.root, second, HOSTILE)
    return w, {(order, 0): CUT, ("purge", order): 1}


@case
def an_admin_lifts():
    w = Office()
    second, third = w.admin("second", 1), w.admin("third", 2)
    order = w.order(w.founder)
    w.approve(second, order)
    w.lift(third, order)
    w.approve(third, order)
    return w, {("purge", order): 0, ("purged", RECORD): 0}


@case
def who_may_not_lift():
    w = Office()
    c, m = w.member("c", k.COORDINATOR, 1), w.member("m", k.MONITOR, 1)
    order = w.order(w.founder)
    return w, {(w.lift(c, order), 0): NOT_ALLOWED, (w.lift(m, order), 0): NOT_ALLOWED,
               ("purge", order): 1}


@case
def an_admin_does_not_lift_what_root_ordered():
    w = Office()
    order, other = w.order(w.root), w.order(w.founder, OTHER)
    w.approve(w.root, other)
    lift = w.lift(w.founder, order)
    w.lift(w.founder, other)
    return w, {(lift, 0): COUNTS, ("purge", order): 2, ("purge", other): 2}


@case
def root_lifts():
    w = Office()
    order = w.order(w.root)
    w.lift(w.root, order)
    return w, {("purge", order): 0, ("purged", RECORD): 0}


@case
def what_was_ordered_and_lifted_is_recalled():
    """What one person hid is not, nor what a lift came to that counts for nothing."""
    w = Office()
    second = w.admin("second", 1)
    order, hidden, roots = w.order(w.founder), w.order(w.founder, OTHER), w.order(w.root, THIRD)
    w.approve(second, order)
    for one in (order, hidden, roots):
        w.lift(second, one)
    return w, {("recalled", RECORD): True, ("recalled", OTHER): False, ("recalled", THIRD): False,
               ("purge", roots): 2, ("purge", order): 0}


@case
def a_word_after_the_lift_recalls_too():
    w = Office()
    second = w.admin("second", 1)
    order = w.order(w.founder)
    w.lift(second, order)
    w.approve(second, order)
    return w, {("recalled", RECORD): True, ("purge", order): 0, ("purged", RECORD): 0}


@case
def purged_anew_after_it_was_lifted():
    w = Office()
    order = w.order(w.founder)
    lift = w.lift(w.founder, order)
    again = w.order(w.founder, knows=[lift])
    w.approve(w.admin("second", 1), again)
    return w, {("purge", order): 0, ("purge", again): 2, ("purged", RECORD): 2}


@case
def lifting_an_approval_is_nothing():
    w = Office()
    order = w.order(w.founder)
    approval = w.approve(w.admin("second", 1), order)
    w.lift(w.founder, approval)
    return w, {("purge", order): 2}


@case
def two_orders_name_one_record():
    w = Office()
    order, strong = w.order(w.founder, RECORD, OTHER), w.order(w.founder, OTHER)
    w.approve(w.root, strong)
    lifted = w.order(w.founder, RECORD)
    w.lift(w.founder, lifted)
    return w, {("purge", order): 1, ("purged", RECORD): 1, ("purged", OTHER): 2}


@case
def residues_and_receipts():
    w = Office()
    c, m = w.member("c", k.COORDINATOR, 1), w.member("m", k.MONITOR, 1)
    order = w.order(w.root)
    residue = [k.RESIDUE, BODY, key("residue"), 320, 1]
    return w, {(w.say(c, residue), 0): COUNTS, (w.say(w.founder, residue), 0): COUNTS,
               (w.say(m, residue), 0): NOT_ALLOWED, (w.say(w.root, residue), 0): NOT_ALLOWED,
               (w.say(m, [k.PURGE_DONE, order]), 0): COUNTS,
               (w.say(w.root, [k.PURGE_DONE, order]), 0): NOT_ALLOWED}


@case
def an_order_whose_chain_is_not_held():
    """Its content is known by its name, its voice is not heard."""
    w = Office()
    second = w.admin("second", 1)
    gap = w.order(second, OTHER)
    order = w.order(second)
    w.approve(w.founder, order)
    w.made.pop(gap)
    return w, {(order, 0): ("waiting", "prev"), ("purge", order): 1, ("purged", OTHER): 0}


@case
def a_naming_names_and_is_no_voice():
    """Two admins' devices; the second names more bodies, which is not its word for the order."""
    w = Office()
    second = w.admin("second", 1)
    order = w.order(second)
    naming = w.more(w.founder, order, LATE, OTHER_BODY)
    none = w.more(w.founder, key("none"), key("elsewhere"))
    return w, {("purge", order): 1, (naming, 0): COUNTS, (none, 0): COUNTS, ("named", BODY): 1,
               ("named", LATE): 1, ("named", OTHER_BODY): 1, ("named", key("elsewhere")): 0,
               ("purged", RECORD): 1, ("purged", OTHER): 0, ("purge", naming): 0}


@case
def what_a_naming_names_is_of_its_orders_level():
    w = Office()
    order, hidden = w.order(w.root), w.order(w.founder, OTHER)
    w.more(w.founder, order, LATE)
    w.more(w.founder, hidden, LATE, OTHER_BODY)
    lifted = w.order(w.founder, OTHER)
    w.more(w.founder, lifted, key("elsewhere"))
    w.lift(w.founder, lifted)
    return w, {("purge", order): 2, ("named", LATE): 2, ("named", OTHER_BODY): 1,
               ("named", key("elsewhere")): 0}


@case
def several_namings_stand_in_one_changeset():
    """An order behind them is not the first of its kind."""
    w = Office()
    first, other = w.order(w.root), w.order(w.founder, OTHER)
    both = w.say(w.founder, [k.PURGE, first, [], [], [LATE], None],
                 [k.PURGE, other, [], [], [OTHER_BODY], None],
                 [k.PURGE, None, [OTHER], [], [], None], [k.PURGE, other, [], [], [], None],
                 knows=[first, other])
    roots = w.say(w.root, [k.PURGE, first, [], [], [key("by root")], None],
                  [k.PURGE, other, [], [], [key("by root")], None], knows=[first, other])
    return w, {(both, 0): COUNTS, (both, 1): COUNTS, (both, 2): NOT_ALLOWED,
               (both, 3): NOT_ALLOWED, ("named", LATE): 2, ("named", OTHER_BODY): 1,
               (roots, 1): COUNTS, ("named", key("by root")): 2, ("purge", other): 1,
               ("purge", both): 0}


@case
def who_may_not_name():
    w = Office()
    order = w.order(w.root)
    found = {}
    for name, role in (("c", k.COORDINATOR), ("m", k.MONITOR)):
        found[w.more(w.member(name, role, 1), order, LATE), 0] = NOT_ALLOWED
    return w, {**found, ("named", LATE): 0, ("named", BODY): 2}


def vectors():
    """Each case judged by hand, then as a vector."""
    out = []
    for name, make in CASES.items():
        w, claims = make()
        made = [w.made[name_] for name_ in sorted(w.made)]
        check(name, states.Team(w.team, made, []), claims)
        out.append(evaluate_vector("purge: " + name, w.team, made))
    return out
