# SPDX-License-Identifier: Apache-2.0
"""The primitives of protocol/primitives.md, written from its text.

Hashes and HMAC are Python's own; X25519, Ed25519 signing and ChaCha20-Poly1305 are
python3-cryptography's; Ed25519 verification, Argon2id and XChaCha20-Poly1305 are python3-nacl's.
HPKE, Noise, HKDF and the trees are written out here. What a peer sent and is refused raises
Refused with the code's name.
"""
import hashlib
import hmac
import os
import re

import nacl.bindings
import nacl.exceptions
import nacl.pwhash.argon2id
import nacl.signing
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

PROTOCOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


class Refused(Exception):
    """Bytes or parameters that must not be accepted; code is a name of mirsal/error.h."""

    def __init__(self, code, why=""):
        super().__init__(f"{code}: {why}" if why else code)
        self.code = code


def read_limits():
    """The table of limits.md: name → value."""
    with open(os.path.join(PROTOCOL, "limits.md"), encoding="utf-8") as file:
        rows = re.findall(r"^\| ([A-Z0-9_]+) \| (\d+) \|", file.read(), re.M)
    return {name: int(value) for name, value in rows}


LIMITS = read_limits()

# --- 2. Contexts and hashes ---------------------------------------------------------------------

CONTEXTS = {
    "CHANGESET": "mirsal1.chgset", "RECORD": "mirsal1.record", "LEAF": "mirsal1.leaf",
    "NODE": "mirsal1.node", "JOIN": "mirsal1.join", "RELAY_KEY": "mirsal1.relaykey",
    "CHECKPOINT": "mirsal1.checkpt", "MANIFEST": "mirsal1.manifest",
    "RECEIPT": "mirsal1.receipt", "MEDIA": "mirsal1.media", "DIGEST": "mirsal1.digest",
    "TEAM": "mirsal1.team", "BODY": "mirsal1.body", "SALTS": "mirsal1.salts",
    "FRONTIER": "mirsal1.front", "STATE": "mirsal1.state", "POLICY": "mirsal1.policy",
    "EPHEMERAL": "mirsal1.eph", "SEAL": "mirsal1.seal", "KEY": "mirsal1.key",
    "TEXT": "mirsal1.text", "FILE": "mirsal1.file", "WORDS": "mirsal1.words",
    "SHARE": "mirsal1.share", "BUNDLE": "mirsal1.bundle",
}


def context_text(name):
    """Without zero fill: HPKE's info and exporter context."""
    return CONTEXTS[name].encode("ascii")


def context_bytes(name):
    """16 bytes, zero-filled."""
    return context_text(name).ljust(16, b"\0")


def H(name, *parts):
    """H(CONTEXT, parts one after another), 32 bytes."""
    return hashlib.blake2b(b"".join(parts), digest_size=32, person=context_bytes(name)).digest()


def keyed_hash(key, data, size=32, name=None):
    """BLAKE2b with a key, of 16 or 32 bytes, personalised where a context is named."""
    person = context_bytes(name) if name is not None else b""
    return hashlib.blake2b(data, key=key, digest_size=size, person=person).digest()


# --- 3. Signatures ------------------------------------------------------------------------------

def sign_public(seed):
    """Public key of an Ed25519 seed."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def sign(name, data, seed):
    """Signature over context ‖ data."""
    if len(data) > LIMITS["SIGNED_SIZE_MAX"]:
        raise ValueError("too long to be signed")
    return Ed25519PrivateKey.from_private_bytes(seed).sign(context_bytes(name) + data)


def verify(name, data, signature, public):
    """Whether the signature holds."""
    if len(data) > LIMITS["SIGNED_SIZE_MAX"] or len(signature) != 64 or len(public) != 32:
        return False
    try:
        nacl.signing.VerifyKey(public).verify(context_bytes(name) + data, signature)
    except nacl.exceptions.BadSignatureError:
        return False
    return True


def check_signature(name, data, signature, public):
    """Refuses what verify does not accept."""
    if not verify(name, data, signature, public):
        raise Refused("BAD_SIGNATURE")


# --- 4. Agreement -------------------------------------------------------------------------------

def agree_public(secret):
    """Public key of an X25519 secret."""
    key = X25519PrivateKey.from_private_bytes(secret)
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def agree(secret, public):
    """X25519; a result of zeros is refused."""
    key = X25519PrivateKey.from_private_bytes(secret)
    try:
        shared = key.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:
        raise Refused("NOT_AUTHENTIC", "small order") from error
    if shared == bytes(32):
        raise Refused("NOT_AUTHENTIC", "small order")
    return shared


def hkdf_extract(salt, material):
    """HKDF-SHA256 (RFC 5869)."""
    return hmac.new(salt, material, hashlib.sha256).digest()


def hkdf_expand(prk, info, size):
    """HKDF-SHA256 (RFC 5869)."""
    out = block = b""
    number = 1
    while len(out) < size:
        block = hmac.new(prk, block + info + bytes([number]), hashlib.sha256).digest()
        out += block
        number += 1
    return out[:size]


def aead_open(key, nonce, sealed, aad):
    """ChaCha20-Poly1305 (RFC 8439)."""
    if len(sealed) < 16:
        raise Refused("NOT_AUTHENTIC", "too short")
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, sealed, aad)
    except InvalidTag as error:
        raise Refused("NOT_AUTHENTIC", "does not open") from error


# --- 5. HPKE ------------------------------------------------------------------------------------

KEM_SUITE = b"KEM\x00\x20"
HPKE_SUITE = b"HPKE\x00\x20\x00\x01\x00\x03"


def labeled_extract(suite, salt, label, material):
    """RFC 9180 section 4."""
    return hkdf_extract(salt, b"HPKE-v1" + suite + label + material)


def labeled_expand(suite, prk, label, info, size):
    """RFC 9180 section 4."""
    return hkdf_expand(prk, size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info, size)


def hpke_derive_keypair(ikm):
    """DeriveKeyPair: (secret, public)."""
    prk = labeled_extract(KEM_SUITE, b"", b"dkp_prk", ikm)
    secret = labeled_expand(KEM_SUITE, prk, b"sk", b"", 32)
    return secret, agree_public(secret)


class HpkeContext:
    """One side's context: seal or open in order, export."""

    def __init__(self, shared, info):
        schedule = (b"\0" + labeled_extract(HPKE_SUITE, b"", b"psk_id_hash", b"")
                    + labeled_extract(HPKE_SUITE, b"", b"info_hash", info))
        secret = labeled_extract(HPKE_SUITE, shared, b"secret", b"")
        self.key = labeled_expand(HPKE_SUITE, secret, b"key", schedule, 32)
        self.base_nonce = labeled_expand(HPKE_SUITE, secret, b"base_nonce", schedule, 12)
        self.exporter = labeled_expand(HPKE_SUITE, secret, b"exp", schedule, 32)
        self.seq = 0

    def nonce(self):
        """base_nonce xor the number of the message."""
        number = self.seq.to_bytes(12, "big")
        return bytes(a ^ b for a, b in zip(self.base_nonce, number))

    def seal(self, aad, clear):
        """ciphertext ‖ tag."""
        sealed = ChaCha20Poly1305(self.key).encrypt(self.nonce(), clear, aad)
        self.seq += 1
        return sealed

    def open(self, aad, sealed):
        """The clear text, or Refused."""
        clear = aead_open(self.key, self.nonce(), sealed, aad)
        self.seq += 1
        return clear

    def export(self, context, size):
        """Export(context, size)."""
        return labeled_expand(HPKE_SUITE, self.exporter, b"sec", context, size)


def kem_shared(dh, enc, recipient):
    """ExtractAndExpand of the KEM."""
    prk = labeled_extract(KEM_SUITE, b"", b"eae_prk", dh)
    return labeled_expand(KEM_SUITE, prk, b"shared_secret", enc + recipient, 32)


def hpke_setup_sender(recipient, info, ikm):
    """(enc, context) for the recipient's public key; the ephemeral comes from ikm."""
    secret, enc = hpke_derive_keypair(ikm)
    return enc, HpkeContext(kem_shared(agree(secret, recipient), enc, recipient), info)


def hpke_setup_receiver(enc, secret, info):
    """Context for enc and the recipient's secret."""
    return HpkeContext(kem_shared(agree(secret, enc), enc, agree_public(secret)), info)


def hpke_seal(recipient, name, ikm, aad, clear):
    """enc ‖ sealed, info = the named context's text."""
    enc, context = hpke_setup_sender(recipient, context_text(name), ikm)
    return enc + context.seal(aad, clear)


def hpke_open(secret, name, aad, sealed):
    """The clear text of enc ‖ sealed, or Refused."""
    if len(sealed) < 48:
        raise Refused("NOT_AUTHENTIC", "too short")
    return hpke_setup_receiver(sealed[:32], secret, context_text(name)).open(aad, sealed[32:])


# --- 6. Noise -----------------------------------------------------------------------------------

class NoiseCipher:
    """A key and the number of the next message."""

    def __init__(self, key):
        self.key = key
        self.n = 0

    def nonce(self):
        """Four zero bytes, then n little-endian."""
        return bytes(4) + self.n.to_bytes(8, "little")

    def seal(self, clear, aad=b""):
        """Encrypts the next message."""
        if len(clear) + 16 > LIMITS["NOISE_MESSAGE_MAX"]:
            raise Refused("LIMIT")
        sealed = ChaCha20Poly1305(self.key).encrypt(self.nonce(), clear, aad)
        self.n += 1
        return sealed

    def open(self, sealed, aad=b""):
        """Decrypts the next message; one that is refused does not count."""
        if len(sealed) > LIMITS["NOISE_MESSAGE_MAX"]:
            raise Refused("LIMIT")
        clear = aead_open(self.key, self.nonce(), sealed, aad)
        self.n += 1
        return clear


class NoiseTransport:
    """What is left of a handshake: send, receive and its hash."""

    def __init__(self, send, receive, handshake_hash):
        self.send = send
        self.receive = receive
        self.handshake_hash = handshake_hash

    def seal(self, clear):
        """The next message to the other side."""
        return self.send.seal(clear)

    def open(self, sealed):
        """The next message from the other side."""
        return self.receive.open(sealed)


class NoiseIK:
    """Noise_IK_25519_ChaChaPoly_SHA256. Initiator: write, read, split; responder: read, write,
    split.

    s and e are secrets; rs is the responder's public key, given to the initiator alone. After its
    read the responder finds the initiator's in rs.
    """

    def __init__(self, initiator, prologue, s, e, rs=None):
        self.initiator = initiator
        self.s, self.e = s, e
        self.rs, self.re = rs, None
        self.h = self.ck = b"Noise_IK_25519_ChaChaPoly_SHA256"
        self.cipher = None
        self.step = 0
        self.mix_hash(prologue)
        self.mix_hash(rs if initiator else agree_public(s))

    def mix_hash(self, data):
        """h = SHA-256(h ‖ data)."""
        self.h = hashlib.sha256(self.h + data).digest()

    def mix_key(self, secret, public):
        """ck, k = HKDF(ck, DH)."""
        both = hkdf_expand(hkdf_extract(self.ck, agree(secret, public)), b"", 64)
        self.ck = both[:32]
        self.cipher = NoiseCipher(both[32:])

    def seal(self, clear):
        """EncryptAndHash."""
        sealed = self.cipher.seal(clear, self.h)
        self.mix_hash(sealed)
        return sealed

    def open(self, sealed):
        """DecryptAndHash."""
        clear = self.cipher.open(sealed, self.h)
        self.mix_hash(sealed)
        return clear

    def turn(self, step):
        """Calls come in order, and none after one that was refused."""
        if self.step != step:
            raise ValueError("out of turn")
        self.step = -1

    def write(self, payload):
        """The next handshake message."""
        self.turn(0 if self.initiator else 1)
        if len(payload) + (96 if self.initiator else 48) > LIMITS["NOISE_MESSAGE_MAX"]:
            raise Refused("LIMIT")
        e_public = agree_public(self.e)
        self.mix_hash(e_public)
        out = e_public
        if self.initiator:
            self.mix_key(self.e, self.rs)
            out += self.seal(agree_public(self.s))
            self.mix_key(self.s, self.rs)
        else:
            self.mix_key(self.e, self.re)
            self.mix_key(self.e, self.rs)
        out += self.seal(payload)
        self.step = 1 if self.initiator else 2
        return out

    def read(self, message):
        """The payload of the other side's handshake message."""
        self.turn(1 if self.initiator else 0)
        if len(message) > LIMITS["NOISE_MESSAGE_MAX"]:
            raise Refused("LIMIT")
        if len(message) < (48 if self.initiator else 96):
            raise Refused("NOT_AUTHENTIC", "too short")
        self.re = message[:32]
        self.mix_hash(self.re)
        if self.initiator:
            self.mix_key(self.e, self.re)
            self.mix_key(self.s, self.re)
            payload = self.open(message[32:])
        else:
            self.mix_key(self.s, self.re)
            self.rs = self.open(message[32:80])
            self.mix_key(self.s, self.rs)
            payload = self.open(message[80:])
        self.step = 2 if self.initiator else 1
        return payload

    def split(self):
        """The transport, after message 2."""
        self.turn(2)
        both = hkdf_expand(hkdf_extract(self.ck, b""), b"", 64)
        first, second = NoiseCipher(both[:32]), NoiseCipher(both[32:])
        if self.initiator:
            return NoiseTransport(first, second, self.h)
        return NoiseTransport(second, first, self.h)


# --- 7. Trees -----------------------------------------------------------------------------------

def merkle_node(left, right):
    """Inner node."""
    return H("NODE", b"\x01", left, right)


def merkle_leaf(salt, data):
    """Salted leaf."""
    return H("LEAF", b"\x00", salt, data)


def merkle_decoy(salt):
    """What fills a tree up."""
    return H("LEAF", b"\x02", salt)


def merkle_salt(seed, index):
    """salt_i."""
    return keyed_hash(seed, index.to_bytes(4, "big"), 16)


def checkpoint_leaf(changeset_id):
    """Leaf of a relay's arrival log."""
    return H("LEAF", b"\x00", changeset_id)


def merkle_split(count):
    """The largest power of two below count (≥ 2)."""
    return 1 << (count - 1).bit_length() - 1


def merkle_root(leaves, node=merkle_node):
    """Root over leaf hashes (RFC 6962 section 2.1)."""
    if not leaves:
        return H("NODE")
    if len(leaves) == 1:
        return leaves[0]
    split = merkle_split(len(leaves))
    return node(merkle_root(leaves[:split], node), merkle_root(leaves[split:], node))


def merkle_padded(count):
    """Leaves and decoys together."""
    return max(16, 1 << (count - 1).bit_length() if count > 0 else 1)


def content_row(leaf_hashes, seed):
    """Leaf hashes and decoys, sorted."""
    count = len(leaf_hashes)
    decoys = [merkle_decoy(merkle_salt(seed, i)) for i in range(count, merkle_padded(count))]
    return sorted(list(leaf_hashes) + decoys)


def content_root(contents, seed):
    """Root over the contents of the leaves, in their places."""
    leaves = [merkle_leaf(merkle_salt(seed, i), data) for i, data in enumerate(contents)]
    return merkle_root(content_row(leaves, seed))


def inclusion_proof(leaves, index, node=merkle_node):
    """Siblings from the leaf up."""
    if len(leaves) == 1:
        return []
    split = merkle_split(len(leaves))
    if index < split:
        return inclusion_proof(leaves[:split], index, node) + [merkle_root(leaves[split:], node)]
    return (inclusion_proof(leaves[split:], index - split, node)
            + [merkle_root(leaves[:split], node)])


def proof_nodes(proof):
    """A proof's nodes, from bytes or as they are."""
    if isinstance(proof, (bytes, bytearray)):
        if len(proof) % 32 != 0:
            raise Refused("NOT_AUTHENTIC", "not whole nodes")
        proof = [bytes(proof[i:i + 32]) for i in range(0, len(proof), 32)]
    if len(proof) > 64:
        raise Refused("NOT_AUTHENTIC", "deeper than any tree")
    return proof


def check_inclusion(root, size, index, leaf, proof, node=merkle_node):
    """Refuses what does not prove the leaf's place. From the root down, unlike RFC 9162."""
    if index >= size:
        raise Refused("NOT_AUTHENTIC", "beyond the tree")
    nodes = proof_nodes(proof)
    turns = []
    while size > 1:
        split = merkle_split(size)
        turns.append(index < split)
        index, size = (index, split) if index < split else (index - split, size - split)
    if len(nodes) != len(turns):
        raise Refused("NOT_AUTHENTIC", "another depth")
    result = leaf
    for is_left, sibling in zip(reversed(turns), nodes):
        result = node(result, sibling) if is_left else node(sibling, result)
    if result != root:
        raise Refused("NOT_AUTHENTIC", "another root")


def consistency_proof(leaves, old_size, node=merkle_node, whole=True):
    """SUBPROOF of RFC 6962 section 2.1.2; empty for old_size 0."""
    if old_size == 0:
        return []
    if old_size == len(leaves):
        return [] if whole else [merkle_root(leaves, node)]
    split = merkle_split(len(leaves))
    if old_size <= split:
        return (consistency_proof(leaves[:split], old_size, node, whole)
                + [merkle_root(leaves[split:], node)])
    return (consistency_proof(leaves[split:], old_size - split, node, False)
            + [merkle_root(leaves[:split], node)])


def consistency_roots(nodes, old_size, size, old_root, node):
    """(old root, new root) that the nodes give; takes them from the end of the list."""
    if old_size == size:
        subtree = old_root if old_root is not None else nodes.pop()
        return subtree, subtree
    split = merkle_split(size)
    sibling = nodes.pop()
    if old_size <= split:
        old, new = consistency_roots(nodes, old_size, split, old_root, node)
        return old, node(new, sibling)
    old, new = consistency_roots(nodes, old_size - split, size - split, None, node)
    return node(sibling, old), node(sibling, new)


def check_consistency(old_root, old_size, root, size, proof, node=merkle_node):
    """Refuses what does not prove that the old tree begins the new one."""
    if old_size == 0 or old_size > size:
        raise Refused("NOT_AUTHENTIC", "no such sizes")
    nodes = list(proof_nodes(proof))
    try:
        roots = consistency_roots(nodes, old_size, size, old_root, node)
    except IndexError as error:
        raise Refused("NOT_AUTHENTIC", "too short") from error
    if nodes or roots != (old_root, root):
        raise Refused("NOT_AUTHENTIC", "another root")


# --- 8. Passphrases and boxes -------------------------------------------------------------------

def kdf(passphrase, salt, passes, memory_kib):
    """A key from a passphrase."""
    if not LIMITS["KDF_PASSES_MIN"] <= passes <= LIMITS["KDF_PASSES_MAX"]:
        raise Refused("BAD_VALUE", "passes")
    if not LIMITS["KDF_MEMORY_KIB_MIN"] <= memory_kib <= LIMITS["KDF_MEMORY_KIB_MAX"]:
        raise Refused("BAD_VALUE", "memory")
    return nacl.pwhash.argon2id.kdf(
        32, passphrase, salt, opslimit=passes, memlimit=memory_kib * 1024)


def box_seal(key, nonce, aad, clear):
    """nonce ‖ sealed."""
    sealed = nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(clear, aad, nonce, key)
    return nonce + sealed


def box_open(key, aad, box):
    """The clear text, or Refused."""
    if len(box) < 40:
        raise Refused("NOT_AUTHENTIC", "too short")
    try:
        return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
            box[24:], aad, box[:24], key)
    except nacl.exceptions.CryptoError as error:
        raise Refused("NOT_AUTHENTIC", "does not open") from error


# --- 9. Streams ---------------------------------------------------------------------------------

STREAM_CHUNK = LIMITS["STREAM_CHUNK_SIZE"]


def stream_nonce(prefix, number, last):
    """prefix, number, and whether it is the last."""
    return prefix + number.to_bytes(4, "big") + (b"\1" if last else b"\0")


def stream_seal(key, prefix, aad, clear):
    """The whole stream."""
    chunks = [clear[at:at + STREAM_CHUNK] for at in range(0, len(clear), STREAM_CHUNK)] or [b""]
    sealed = [nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
        chunk, aad, stream_nonce(prefix, i, i == len(chunks) - 1), key)
        for i, chunk in enumerate(chunks)]
    return prefix + b"".join(sealed)


def stream_open(key, aad, stream):
    """The clear text, or Refused."""
    prefix, rest = stream[:19], stream[19:]
    step = STREAM_CHUNK + 16
    chunks = [rest[at:at + step] for at in range(0, len(rest), step)] or [b""]
    clear = b""
    for i, chunk in enumerate(chunks):
        last = i == len(chunks) - 1
        if len(prefix) < 19 or len(chunk) < 16 or (len(chunk) == 16 and i > 0):
            raise Refused("NOT_AUTHENTIC", "cut")
        try:
            clear += nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
                chunk, aad, stream_nonce(prefix, i, last), key)
        except nacl.exceptions.CryptoError as error:
            raise Refused("NOT_AUTHENTIC", "does not open") from error
    return clear


def stream_pattern(size):
    """Clear bytes that vectors need not carry: byte i is i mod 251."""
    return (bytes(range(251)) * (size // 251 + 1))[:size]
