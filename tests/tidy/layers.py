# SPDX-License-Identifier: Apache-2.0
"""Who may include whom, and which folder a foreign library is fenced to."""
import re

from source import Finding

_BELOW_CLIENT = {"base", "crypto", "wire", "model", "vault", "store", "sync", "exchange", "net"}
MAY_INCLUDE = {
    "base": set(),
    "crypto": {"base"},
    "wire": {"base", "crypto"},
    "model": {"base"},
    "vault": {"base", "crypto"},
    "store": {"base", "crypto", "wire", "model", "vault", "sync"},
    "sync": {"base", "crypto", "wire", "model"},
    "exchange": {"base", "model", "store"},
    "net": {"base", "sync"},
    "client": _BELOW_CLIENT,
    "server": _BELOW_CLIENT,
    "tools": set(),
}
PUBLIC_FOR_ALL = {"mirsal/error.h", "mirsal/types.h"}
PUBLIC_READERS = {"client", "server", "tools", "tests", "include", "docs"}
GENERATED = {"mir_limits.h"}

# (header, folders that may include it); tests may include any.
FENCES = [
    (r"sodium(\.h|/.*)", {"crypto"}),
    (r"sqlite3(ext)?\.h", {"vault", "store"}),
    (r"zlib\.h", {"wire"}),
    (r"msgpack(\.h|/.*)", {"wire"}),
    (r"jansson\.h", {"exchange", "tools"}),
    (r"curl/.*|microhttpd\.h", {"net"}),
    (r"qrencode\.h|libexif/.*|jpeglib\.h|turbojpeg\.h|png\.h", {"tools"}),
    (r"seccomp\.h|linux/(seccomp|filter|landlock)\.h", {"tools", "server"}),
    (r"sys/socket\.h|sys/un\.h|netinet/.*|arpa/.*|netdb\.h|ifaddrs\.h", {"net"}),
]
PURE = {"base", "crypto", "wire", "model", "sync"}
NOT_IN_PURE = r"time\.h|sys/time\.h|pthread\.h|threads\.h|sys/stat\.h|fcntl\.h|unistd\.h|poll\.h"


def is_foreign(name):
    return any(re.fullmatch(pattern, name) for pattern, _ in FENCES)


def rule_layers(tree):
    """Quoted includes stay within the table; public headers are for client, server and tools."""
    of_tests = {file.name for file in tree.c_files("tests")}
    owner = {}
    for file in tree.c_files("src", "tools"):
        if file.name.endswith(".h"):
            owner.setdefault(file.name, file)
    for file in tree.c_files():
        if file.layer == "tests":
            continue
        for line, quoted, name in file.includes():
            if name.startswith("mirsal/"):
                if name not in PUBLIC_FOR_ALL and file.layer not in PUBLIC_READERS:
                    yield Finding("layers", f"{file.path}:{name}", line, f"{file.layer} may "
                                  "include only mirsal/error.h and mirsal/types.h")
                continue
            if not quoted or name in GENERATED and file.top == "src":
                if name in owner and not is_foreign(name):
                    yield Finding("layers", f"{file.path}:{name}", line, "own headers are quoted")
                continue
            target = owner.get(name)
            if "/" in name:
                yield Finding("layers", f"{file.path}:{name}", line, "own headers by plain name")
            elif target is None:
                if name in of_tests:
                    yield Finding("layers", f"{file.path}:{name}", line, "includes tests")
            elif target.layer != file.layer and target.layer not in MAY_INCLUDE.get(file.layer, ()):
                yield Finding("layers", f"{file.path}:{name}", line,
                              f"{file.layer} may not include {target.layer}")


def rule_fences(tree):
    """A foreign library is seen by its folder alone; clock, sockets, threads by no pure one."""
    for file in tree.c_files("src", "tools", "include"):
        for line, quoted, name in file.includes():
            if quoted:
                continue
            for pattern, allowed in FENCES:
                if re.fullmatch(pattern, name) and file.layer not in allowed:
                    yield Finding("fences", f"{file.path}:{name}", line,
                                  f"<{name}> belongs in {', '.join(sorted(allowed))} only")
            if file.layer in PURE and re.fullmatch(NOT_IN_PURE, name):
                yield Finding("fences", f"{file.path}:{name}", line,
                              f"{file.layer} has no clock, sockets, threads or files: <{name}>")


def rule_header_names(tree):
    """Plain include names need headers whose names are unique, and not a foreign library's."""
    seen = {}
    for file in tree.c_files("src", "tools"):
        if not file.name.endswith(".h"):
            continue
        if file.name in seen:
            yield Finding("header-names", file.path, 1, f"same name as {seen[file.name]}")
        seen[file.name] = file.path


def rule_own_header_first(tree):
    for file in tree.c_files("src", "tools"):
        own = file.path[:-2] + ".h"
        if not file.name.endswith(".c") or own not in tree.by_path:
            continue
        first = next(file.includes(), None)
        if first is None or first[2] != file.name[:-2] + ".h":
            yield Finding("own-header-first", file.path, first[0] if first else 1,
                          f'#include "{file.name[:-2]}.h" comes first')


RULES = [rule_layers, rule_fences, rule_header_names, rule_own_header_first]
