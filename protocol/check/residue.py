# SPDX-License-Identifier: Apache-2.0
"""Residues, from protocol/changeset.md 10: what is left of a body once records were purged."""
import body as b
import primitives as p
from changeset import U32, decode_header, open_text, pack_text
from encoding import Reader, need, pack
from primitives import H, LIMITS


class Left:
    """A body of which leaves may be missing: schema version, Body, salts by leaf, other hashes."""

    def __init__(self, version, body, salts, hashes):
        self.version, self.body, self.salts, self.hashes = version, body, salts, sorted(hashes)

    def leaves(self):
        """Leaf hashes of what is left."""
        values = b.leaf_values(self.version, self.body)
        return [p.merkle_leaf(salt, pack(leaf)) for salt, leaf in zip(self.salts, values)]

    def content_root(self):
        """10.3; refuses a number of leaves that no tree has."""
        row = sorted(self.leaves() + self.hashes)
        need(p.merkle_padded(len(row)) == len(row), "BAD_ROOT", "leaves and hashes")
        return p.merkle_root(row)


def of_body(version, body, seed):
    """All of a body that was opened."""
    count = len(b.leaf_values(version, body))
    salts = [p.merkle_salt(seed, i) for i in range(p.merkle_padded(count))]
    return Left(version, body, salts[:count], [p.merkle_decoy(s) for s in salts[count:]])


def purge(left, purged):
    """The same without the records whose ids are in purged."""
    body, ids = left.body, left.body.ids()
    values = b.leaf_values(left.version, body)
    gone = [leaf[0] >= 2 and leaf[1] in purged for leaf in values]
    rest = b.Body(body.stamp, body.base)
    rest.creates = [create for create in body.creates if create[2] not in purged]
    places = {create[2]: place for place, create in enumerate(rest.creates)}
    rest.writes = [(places[ids[w[0]]],) + tuple(w[1:]) for w in body.writes
                   if ids[w[0]] not in purged]
    rest.edits = [edit for edit in body.edits if edit[0] not in purged]
    hashes = [leaf for leaf, is_gone in zip(left.leaves(), gone) if is_gone]
    salts = [salt for salt, is_gone in zip(left.salts, gone) if not is_gone]
    return Left(left.version, rest, salts, left.hashes + hashes)


def clear_of(left):
    """10.2."""
    return (pack(b"".join(left.salts)) + pack(b"".join(left.hashes))
            + b.encode(left.body, left=True))


def seal(header, left, dictionary, epoch_public):
    """The residue as carried; 10.4."""
    clear = clear_of(left)
    ikm = p.keyed_hash(left.salts[0] + left.salts[1],
                       H("CHANGESET", header) + H("BODY", clear) + epoch_public, name="EPHEMERAL")
    plain = pack_text(left.version, clear, dictionary)
    return p.hpke_seal(epoch_public, "SEAL", ikm, header, plain)


def open_residue(header, residue, secret, dictionary_of):
    """(Left, clear) of a residue of that changeset, or Refused."""
    f = decode_header(header)
    plain = p.hpke_open(secret, "SEAL", header, residue)
    version, clear = open_text(plain, dictionary_of, "RESIDUE_CLEAR_SIZE_MAX")
    need(version <= U32, why="schema version")
    reader = Reader(clear)
    salts, hashes = reader.value(), reader.value()
    need(isinstance(salts, bytes) and isinstance(hashes, bytes), why="salts or hashes")
    need(len(salts) <= 16 * LIMITS["LEAVES_MAX"] and len(hashes) <= 32 * LIMITS["LEAVES_MAX"],
         "LIMIT", "salts or hashes")
    body = b.decode(reader.take(reader.left()), f["device"], f["compartment"], left=True)
    need(len(salts) == 16 * len(b.leaf_values(version, body)) and len(hashes) % 32 == 0,
         why="number of salts or hashes")
    salts = [salts[i:i + 16] for i in range(0, len(salts), 16)]
    hashes = [hashes[i:i + 32] for i in range(0, len(hashes), 32)]
    need(all(x < y for x, y in zip(hashes, hashes[1:])), why="order of hashes")
    left = Left(version, body, salts, hashes)
    need(left.content_root() == f["content_root"], "BAD_ROOT")
    return left, clear
