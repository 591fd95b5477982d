# SPDX-License-Identifier: Apache-2.0
"""Fingerprints as words: primitives.md 10."""
from primitives import H

CONSONANTS = list(zip("b d f h j k l m n r s sh t z w y".split(),
                      "ب د ف ه ج ك ل م ن ر س ش ت ز و ي".split()))
VOWELS = list(zip("aiu", "ايو"))
UNSAID = set("dika diki diku fuka fuki kusa kusi kuni luti muta nazi nika niki niku shita shiti "
             "shitu shiya suni tita titu tiza tizi zani ziba zibi zina zubi".split())


def all_words():
    """Each word in both scripts, in the order of their numbers."""
    syllables = [(c[0] + v[0], c[1] + v[1]) for c in CONSONANTS for v in VOWELS]
    words = [(a[0] + b[0], a[1] + b[1]) for a in syllables for b in syllables if a != b]
    return [word for word in words if word[0] not in UNSAID][:2048]


def words_of(hash_):
    """Six words by the first 66 bits, in both scripts."""
    bits = int.from_bytes(hash_, "big") >> 256 - 66
    words = [all_words()[bits >> 11 * (5 - i) & 2047] for i in range(6)]
    return " ".join(word[0] for word in words), " ".join(word[1] for word in words)


def fingerprint_words(team, device, noise, hpke):
    """Of a device: 10.1."""
    return words_of(H("WORDS", team, device, noise, hpke))
