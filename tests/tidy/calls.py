# SPDX-License-Identifier: Apache-2.0
"""Calls that a folder does not make, and flow that a macro does not hide."""
import re

from source import Finding

UNSAFE = set("""alloca sprintf vsprintf strcpy strcat gets rand srand strtok atoi atol atoll
    atof system popen tmpnam mktemp setjmp longjmp""".split())
HEAP = set("malloc calloc realloc reallocarray free strdup strndup asprintf vasprintf".split())
WORLD = set("time getenv secure_getenv setenv putenv".split())
IMPURE = set("""clock_gettime gettimeofday clock localtime localtime_r gmtime gmtime_r nanosleep
    sleep usleep socket connect bind listen accept send recv sendto recvfrom poll select
    fopen open unlink rename getrandom getentropy""".split())
IMPURE_PREFIXES = ("pthread_", "thrd_", "mtx_")
PURE = {"base", "crypto", "wire", "model", "sync"}
ENVIRONMENT_READERS = {"client", "server", "tools"}


def banned_for(layer, top):
    """What each layer may not call. Tools live outside the library and keep the C heap."""
    if top == "tests":
        return UNSAFE - {"system", "popen", "atoi", "setjmp", "longjmp"}
    if top == "tools":
        return UNSAFE
    banned = UNSAFE | HEAP | WORLD
    if layer in ENVIRONMENT_READERS:
        banned = banned - WORLD
    if layer in PURE:
        banned = banned | IMPURE
    return banned


_CALL = re.compile(r"(?<![\w.])(?<!->)([a-z_]\w*)[ \t]*\(")


def is_declaration(code, start):
    """A parameter or prototype such as `void *(*free)(…)` is not matched; `void free(` would be."""
    before = code[:start].rstrip()
    return before.endswith(("void", "int", "size_t"))


def rule_banned_calls(tree):
    for file in tree.c_files("src", "tools", "tests"):
        banned = banned_for(file.layer, file.top)
        for match in _CALL.finditer(file.code):
            name = match.group(1)
            pure = file.layer in PURE and name.startswith(IMPURE_PREFIXES)
            if (name in banned or pure) and not is_declaration(file.code, match.start(1)):
                yield Finding("banned-calls", f"{file.path}:{name}", file.line_of(match.start(1)),
                              f"{name}() is not called in {file.layer}")


_DEFINE = re.compile(r"^[ \t]*#[ \t]*define[ \t]+(\w+)((?:[^\n]*\\\n)*[^\n]*)", re.M)


def rule_macro_flow(tree):
    """No macro holds return, goto or break, but for the `case N: return …;` of an X-macro table."""
    for file in tree.c_files("src", "include", "tools"):
        for match in _DEFINE.finditer(file.code):
            body = re.sub(r"\bcase\b[^;:]*:[\s\\]*return\b", "", match.group(2))
            word = re.search(r"\b(return|goto|break|continue)\b", body)
            if word:
                yield Finding("macro-flow", f"{file.path}:{match.group(1)}",
                              file.line_of(match.start()),
                              f"macro {match.group(1)} hides a {word.group(1)}")


_DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)
_CONDITION = re.compile(r"(?<![\w#])(if|for|while)[ \t]*\(")


def after_parentheses(code, start):
    """Offset behind the parenthesis that closes the one at start, or -1."""
    depth = 0
    for offset in range(start, len(code)):
        if code[offset] == "(":
            depth += 1
        elif code[offset] == ")":
            depth -= 1
            if depth == 0:
                return offset + 1
    return -1


def rule_braces(tree):
    """Every if, else, for and while has braces; clang-format 14 cannot add them."""
    for file in tree.c_files():
        code = _DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), file.code)
        for match in _CONDITION.finditer(code):
            end = after_parentheses(code, match.end() - 1)
            rest = code[end:].lstrip() if end > 0 else ""
            closes_do = match.group(1) == "while" and code[:match.start()].rstrip().endswith("}")
            if not rest.startswith("{") and not (closes_do and rest.startswith(";")):
                yield Finding("braces", file.path, file.line_of(match.start()),
                              f"{match.group(1)} without braces")
        for match in re.finditer(r"\belse\b(?!\s*(\{|if\b))", code):
            yield Finding("braces", file.path, file.line_of(match.start()), "else without braces")


RULES = [rule_banned_calls, rule_macro_flow, rule_braces]
