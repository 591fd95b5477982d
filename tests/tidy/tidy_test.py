#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The tidy rules, each on a small tree that is clean and on one with a breach planted."""
import os
import tempfile
import unittest

import reflow
import symbols
import tidy
from source import blank

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"

def c_file(path, body=""):
    return f"{SPDX}/*\n * {path} - a file of a planted tree.\n */\n{body}"


def clean_tree():
    return {
        "meson.build": "project('planted', 'c')\n",
        "include/mirsal/meson.build": "install_headers('error.h')\n",
        "include/mirsal/error.h": c_file("mirsal/error.h", "int mirsal_error;\n"),
        "src/base/meson.build": "files('thing.c')\n",
        "src/base/thing.h": c_file("base/thing.h", "#include <mirsal/error.h>\n"),
        "src/base/thing.c": c_file("base/thing.c", '#include "thing.h"\n\nint mir_thing(void)\n'
                                   "{\n    return MIR_ROWS_MAX;\n}\n"),
        "src/wire/frame.h": c_file("wire/frame.h", '#include "thing.h"\n'),
        "tests/unit/meson.build": "foreach name : ['thing_test']\nendforeach\n",
        "tests/unit/thing_test.c": c_file("unit/thing_test.c", '#include "thing.h"\n'),
        "protocol/limits.md": "| name | value | bounds |\n|---|---|---|\n"
                              "| ROWS_MAX | 8 | rows of a thing |\n",
    }


def findings_of(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as out:
                out.write(text)
        return tidy.check(root)


def in_thing(body):
    """The clean tree with body at the end of src/base/thing.c."""
    files = clean_tree()
    files["src/base/thing.c"] += body
    return files


class TidyTest(unittest.TestCase):
    def assert_breach(self, files, rule, subject):
        findings, _ = findings_of(files)
        self.assertEqual({(f.rule, f.subject) for f in findings}, {(rule, subject)},
                         [tidy.show(f) for f in findings])

    def assert_clean(self, files):
        findings, _ = findings_of(files)
        self.assertEqual([], [tidy.show(f) for f in findings])

    def test_clean_tree_has_no_breach(self):
        self.assert_clean(clean_tree())

    def test_comments_and_literals_are_not_code(self):
        self.assert_clean(in_thing('/* malloc(1) // */\n// free(x)\n'
                                   'const char *s = "strcpy(a, \\"b");\n'))
        self.assertEqual("a     \n    b", blank("a /* x\n */ b", True))

    # layers

    def test_layer_above_is_refused(self):
        files = clean_tree()
        files["src/base/thing.h"] += '#include "frame.h"\n'
        self.assert_breach(files, "layers", "src/base/thing.h:frame.h")

    def test_client_and_server_do_not_see_each_other(self):
        files = clean_tree()
        files["src/server/admit.h"] = c_file("server/admit.h")
        files["src/client/team.h"] = c_file("client/team.h", '#include "admit.h"\n')
        self.assert_breach(files, "layers", "src/client/team.h:admit.h")

    def test_tools_see_public_headers_alone(self):
        files = clean_tree()
        files["tools/meson.build"] = "executable('mirsal', 'mirsal.c')\n"
        files["tools/mirsal.c"] = c_file("tools/mirsal.c", '#include "thing.h"\n')
        self.assert_breach(files, "layers", "tools/mirsal.c:thing.h")

    def test_only_the_top_sees_more_public_headers(self):
        files = clean_tree()
        files["src/wire/frame.h"] += "#include <mirsal/store.h>\n"
        self.assert_breach(files, "layers", "src/wire/frame.h:mirsal/store.h")

    def test_header_of_tests_is_not_seen(self):
        files = clean_tree()
        files["tests/lib/world.h"] = c_file("lib/world.h")
        files["src/wire/frame.h"] += '#include "world.h"\n'
        self.assert_breach(files, "layers", "src/wire/frame.h:world.h")

    def test_no_way_round_the_table(self):
        for include in ('"wire/frame.h"', "<frame.h>"):
            files = clean_tree()
            files["src/base/thing.h"] += f"#include {include}\n"
            self.assert_breach(files, "layers", f"src/base/thing.h:{include[1:-1]}")

    def test_foreign_header_outside_its_fence(self):
        for header in ("sodium.h", "sqlite3.h", "jansson.h", "curl/curl.h", "qrencode.h",
                       "sys/socket.h", "zlib.h", "msgpack/pack.h"):
            files = clean_tree()
            files["src/model/rule.h"] = c_file("model/rule.h", f"#include <{header}>\n")
            self.assert_breach(files, "fences", f"src/model/rule.h:{header}")

    def test_foreign_header_inside_its_fence(self):
        files = clean_tree()
        files["src/wire/frame.h"] += "#include <zlib.h>\n#include <msgpack/pack.h>\n"
        files["src/vault/page.h"] = c_file("vault/page.h", "#include <sqlite3.h>\n")
        self.assert_clean(files)

    def test_clock_in_a_pure_folder(self):
        files = clean_tree()
        files["src/wire/frame.h"] += "#include <time.h>\n"
        self.assert_breach(files, "fences", "src/wire/frame.h:time.h")

    def test_two_headers_of_one_name(self):
        files = clean_tree()
        files["src/wire/thing.h"] = c_file("wire/thing.h")
        self.assert_breach(files, "header-names", "src/wire/thing.h")

    def test_own_header_comes_first(self):
        files = clean_tree()
        files["src/base/thing.c"] = c_file("base/thing.c", "#include <stdint.h>\n\n"
                                           '#include "thing.h"\nint a = MIR_ROWS_MAX;\n')
        self.assert_breach(files, "own-header-first", "src/base/thing.c")

    # calls

    def test_banned_calls(self):
        for name in ("malloc", "free", "strdup", "sprintf", "strcat", "time", "getenv", "rand",
                     "clock_gettime", "pthread_create", "socket"):
            self.assert_breach(in_thing(f"int a(void)\n{{\n    return {name}(x);\n}}\n"),
                               "banned-calls", f"src/base/thing.c:{name}")

    def test_members_and_longer_names_are_no_calls(self):
        self.assert_clean(in_thing("void a(void)\n{\n    env->free(x);\n    env.random(x);\n"
                                   "    mir_free(x);\n    sodium_malloc(2);\n}\n"))

    def test_store_may_unlink_but_not_allocate(self):
        files = clean_tree()
        files["src/store/media.h"] = c_file("store/media.h", "int a = unlink(x);\n")
        self.assert_clean(files)
        files["src/store/media.h"] += "char *b = malloc(2);\n"
        self.assert_breach(files, "banned-calls", "src/store/media.h:malloc")

    def test_macro_with_hidden_flow(self):
        self.assert_breach(in_thing("#define TRY(x) \\\n    if (x) { \\\n        goto out; \\\n"
                                    "    }\n"), "macro-flow",
                           "src/base/thing.c:TRY")
        self.assert_clean(in_thing("#define NAME(n) \\\n    case N_##n: \\\n        return #n;\n"))

    def test_braces(self):
        self.assert_breach(in_thing("void a(void)\n{\n    if (b(c))\n        d();\n}\n"),
                           "braces", "src/base/thing.c")
        self.assert_breach(in_thing("void a(void)\n{\n    if (b) {\n    } else\n        d();\n}\n"),
                           "braces", "src/base/thing.c")
        self.assert_clean(in_thing("void a(void)\n{\n    do {\n        b();\n    } while (c(d));\n"
                                   "    while (e(f) &&\n        g) {\n    }\n"
                                   "    if (h) {\n    } else if (i) {\n    }\n}\n"))

    # form

    def test_long_file(self):
        self.assert_breach(in_thing("int a;\n" * 600), "file-length", "src/base/thing.c")

    def test_long_function(self):
        body = "int a(int b)\n{\n" + "    b++;\n" * 68 + "%s}\n"
        self.assert_clean(in_thing(body % ""))
        self.assert_breach(in_thing(body % "    b++;\n"), "function-length", "src/base/thing.c:a")

    def test_long_line_counts_characters(self):
        self.assert_clean(in_thing("/* " + "م" * 90 + " */\n"))
        self.assert_breach(in_thing("/* " + "x" * 95 + " */\n"), "line-length", "src/base/thing.c")

    def test_blanks_at_the_end(self):
        self.assert_breach(in_thing("int a; \n"), "whitespace", "src/base/thing.c")
        self.assert_breach(in_thing("int a;"), "whitespace", "src/base/thing.c")

    def test_spdx_line(self):
        files = clean_tree()
        files["src/wire/frame.h"] = files["src/wire/frame.h"].replace(" Apache-2.0", " MIT")
        self.assert_breach(files, "head", "src/wire/frame.h")
        files = clean_tree()
        files["tools/count"] = "#!/bin/sh\nexit 0\n"
        self.assert_breach(files, "head", "tools/count")

    def test_head_comment_names_the_file(self):
        files = clean_tree()
        files["src/wire/frame.h"] = files["src/wire/frame.h"].replace("frame.h -", "other.h -")
        self.assert_breach(files, "head", "src/wire/frame.h")

    def test_unfinished_words(self):
        for words in ("TODO: more", "FIXME", "XXX: why", "not implemented", "a placeholder"):
            self.assert_breach(in_thing(f"/* {words} */\n"), "unfinished", "src/base/thing.c")
        self.assert_clean(in_thing('const char *t = "/tmp/aXXXXXX";\n'))

    def test_machine_paths_and_registries(self):
        for text in ("/root/x", "/home/a/b", "/work/c", "https://pypi.org/simple",
                     "http://registry.example.org/"):
            self.assert_breach(in_thing(f'const char *a = "{text}";\n'), "machine",
                               "src/base/thing.c")
        self.assert_clean(in_thing('const char *a = "src/work/x $HOME/root/";\n'))

    def test_top_level(self):
        files = clean_tree()
        files["left/behind.db"] = "x"
        self.assert_breach(files, "top-level", "left")

    # pairs

    def test_source_without_unit_test(self):
        files = clean_tree()
        files["src/base/meson.build"] = "files('thing.c', 'other.c')\n"
        files["src/base/other.c"] = c_file("base/other.c")
        self.assert_breach(files, "unit-tests", "src/base/other.c")

    def test_source_that_nobody_builds(self):
        files = clean_tree()
        files["tests/unit/other_test.c"] = c_file("unit/other_test.c")
        self.assert_breach(files, "dead-files", "tests/unit/other_test.c")

    def test_named_source_that_is_not_there(self):
        files = clean_tree()
        files["src/base/meson.build"] += "files('gone.c')\ncustom_target(output: 'made.c')\n"
        self.assert_breach(files, "dead-files", "src/base/meson.build:gone.c")

    def test_public_header_that_is_not_installed(self):
        files = clean_tree()
        files["include/mirsal/types.h"] = c_file("mirsal/types.h")
        self.assert_breach(files, "public-headers", "include/mirsal/types.h")

    def test_limit_that_bounds_nothing(self):
        files = clean_tree()
        files["protocol/limits.md"] += "| WISHES_MAX | 3 | wishes |\n"
        self.assert_breach(files, "limits", "WISHES_MAX")

    def test_limit_that_stands_twice_or_is_no_number(self):
        for row in ("| ROWS_MAX | 8 | again |\n",):
            files = clean_tree()
            files["protocol/limits.md"] += row
            self.assert_breach(files, "limits", "ROWS_MAX")
        files = clean_tree()
        files["protocol/limits.md"] = "| ROWS_MAX | 8 KiB | rows |\n"
        self.assert_breach(files, "limits", "ROWS_MAX")

    # exemptions

    def test_exemption_with_a_reason(self):
        files = in_thing("int a = malloc(2);\n")
        files["tests/tidy/exempt.txt"] = "banned-calls | src/base/thing.c:malloc | a reason\n"
        self.assert_clean(files)

    def test_exemption_without_a_reason(self):
        files = clean_tree()
        files["tests/tidy/exempt.txt"] = "banned-calls | src/base/thing.c:malloc |\n"
        self.assert_breach(files, "exemptions", "tests/tidy/exempt.txt")

    def test_exemption_of_nothing(self):
        files = clean_tree()
        files["tests/tidy/exempt.txt"] = "banned-calls | src/base/thing.c:malloc | a reason\n"
        self.assert_breach(files, "exemptions", "tests/tidy/exempt.txt")
        for early in ("limits | ROWS_MAX", "banned-calls | src/base/later.c:free"):
            files["tests/tidy/exempt.txt"] = early + " | its code comes later\n"
            findings, notes = findings_of(files)
            self.assertEqual(([], 1), (findings, len(notes)))

    # reflow

    def test_reflow_wraps_long_comments_only(self):
        kept = "/*\n * short\n * lines\n */\nint a;\n"
        self.assertEqual(kept, reflow.reflow(kept))
        for text in ("/* " + "word " * 40 + "*/\n", "/*\n * " + "word " * 40 + "end.\n */\n",
                     "/* " + "word " * 40 + "\n * more. */\n"):
            after = reflow.reflow(text)
            self.assertLessEqual(max(map(len, after.split("\n"))), 100)
            self.assertEqual(text.count("word"), after.count("word"))
            self.assertTrue(after.endswith("\n */\n"), after)

    # symbols

    def test_symbols_both_ways_and_prefix(self):
        self.assertEqual([], symbols.compare({"mirsal_open"}, {"mirsal_open"}))
        self.assertEqual(3, len(symbols.compare({"mirsal_a", "mir_x"}, {"mirsal_b", "mir_x"})))


if __name__ == "__main__":
    unittest.main()
