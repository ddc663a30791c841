#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each check of this folder must fire on a planted violation and stay silent without one."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import check_docs
import check_free
import check_size
import check_spdx
import check_words
import gen_drops
import gen_schema
import tree

HERE = pathlib.Path(__file__).resolve().parent


class Planted(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.tmp.name)

    def tearDown(self):
        self.tmp.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path


class Size(Planted):
    def said(self, text, name="lib/a/a.c"):
        self.write(name, text)
        return check_size.check(self.root)

    def fn(self, body, head="int\nf(int a)"):
        return f"{head}\n{{\n{body}\n}}\n"

    def test_function_lines(self):
        self.assertEqual(self.said(self.fn("\n".join(["\ta();"] * 96))), [])
        bad = self.said("/* one\n * two */\n" + self.fn("\n".join(["\ta();"] * 97)))
        self.assertEqual(bad, ["lib/a/a.c:3: f() has 101 lines, at most 100"])

    def test_lengths_add_up_for_each_function(self):
        text = self.fn("\n".join(["\ta();"] * 60)) + self.fn("\n".join(["\ta();"] * 60))
        self.assertEqual(self.said(text), [])

    def test_braces_in_strings_and_comments(self):
        body = "\tx(\"}{{\", '{', '\\'');\n\t/* { */\n\t// {\n" + "\n".join(["\ta();"] * 100)
        self.assertIn("f() has 107 lines", self.said(self.fn(body))[0])

    def test_both_branches_of_an_ifdef_open_a_brace(self):
        body = "#ifdef A\n\tif (a) {\n#else\n\tif (b) {\n#endif\n\t}\n" + "\n".join(["\ta();"] * 100)
        self.assertEqual(len(self.said(self.fn(body) + self.fn(""))), 1)

    def test_exemption(self):
        long = self.fn("\n".join(["\ta();"] * 120))
        pad = "int x;\n" * 30
        self.assertEqual(self.said(pad + "/* size: exempt, one flat switch */\n" + long), [])
        self.assertEqual(len(self.said(pad + "/* size: exempt, */\n" + long)), 1)
        self.assertIn("remove it", self.said(pad + "/* size: exempt, table */\n" + self.fn(""))[0])

    def test_file_lines(self):
        self.assertEqual(self.said("int x;\n" * 800), [])
        self.assertEqual(len(self.said("int x;\n" * 801)), 1)
        self.assertEqual(self.said("/* size: exempt, a table */\n" + "int x;\n" * 801), [])
        self.write("lib/a/a.c", "")
        self.assertEqual(self.said("int x;\n" * 300, "lib/a/a.h"), [])
        self.assertEqual(len(self.said("int x;\n" * 301, "lib/a/a.h")), 1)

    def test_parameters(self):
        ok = "static int\nf(int a, int (*b)(int, int), c d[2], int e, int g, int h) DP_ONLY"
        self.assertEqual(self.said(self.fn("", ok)), [])
        bad = ok.replace("int e", "int e, int z")
        self.assertIn("f() has 7 parameters", self.said(self.fn("", bad))[0])
        attr = "__attribute__((format(printf, 1, 2))) void\nf(int a, int b, int c, int d, int e, int g, ...)"
        self.assertIn("f() has 7 parameters", self.said(self.fn("", attr))[0])

    def test_nesting(self):
        four = "for (;;) while (x) { if (y) { switch (z) { case 1: a(); default: b(); } } }"
        self.assertEqual(self.said(self.fn(four)), [])
        for deep in (four.replace("a();", "if (q) a();"), four.replace("a();", "do { a(); } while (0);"),
                     four.replace("b();", "RTE_LCORE_FOREACH(i) { b(); }")):
            self.assertIn("nests 5 deep", self.said(self.fn(deep))[0], deep)

    def test_else_if_is_no_deeper(self):
        chain = "if (a) b(); " + "else if (c(d)) { e(); } " * 9 + "else f();"
        self.assertEqual(self.said(self.fn(chain)), [])

    def test_initialisers_are_no_statements(self):
        body = "struct s a = { .b = { { { { { 1 } } } } } }, *p = &(struct s){ 0 };\n\tfor (;;) ;"
        self.assertEqual(self.said(self.fn(body)), [])

    def test_table_is_no_function(self):
        table = "static const struct row rows[] = {\n" + "\tROW(a, b),\n" * 200 + "};\n"
        self.assertEqual(self.said(table), [])


class Drops(Planted):
    def tree(self, *rows, used=("IP4_A", "IP4_B")):
        self.write(gen_drops.LIST, "/* X(id, module, sentence) */\n#define DROP_REASONS(X) \\\n" +
                   "".join(f"\t{r} \\\n" for r in rows))
        self.write("lib/ip4/x_dp.c", "".join(f"f(DROP_{u});\n" for u in used) + "/* DROP_IP4_C */\n")
        self.write(gen_drops.PAGE, gen_drops.page(gen_drops.rows((self.root / gen_drops.LIST).read_text())))
        return gen_drops.check(self.root)

    A, B = 'X(IP4_A, "ip4", "first (RFC 1)")', 'X(IP4_B, "ip4", "sec" "ond")'

    def test_clean(self):
        self.assertEqual(self.tree(self.A, self.B), [])
        self.assertIn("| `ip4_b` | second |", (self.root / gen_drops.PAGE).read_text())

    def test_unused(self):
        self.assertIn("IP4_C is used nowhere", self.tree(self.A, self.B, 'X(IP4_C, "ip4", "c")')[0])

    def test_prefix(self):
        self.assertIn("ARP_A must start with IP4_", self.tree('X(ARP_A, "ip4", "a")', used=["ARP_A"])[0])

    def test_twice(self):
        self.assertIn("IP4_A stands twice", self.tree(self.A, self.A.replace("first", "x"))[0])
        self.assertIn("IP4_B needs a sentence", self.tree(self.A, self.A.replace("IP4_A", "IP4_B"))[0])

    def test_too_long_for_the_buffer(self):
        long = "IP4_" + "A" * 36
        self.assertIn("at most 39", self.tree(f'X({long}, "ip4", "a")', used=[long])[0])

    def test_stale_page(self):
        self.tree(self.A, self.B)
        self.write(gen_drops.PAGE, "old")
        self.assertIn("docs/drops.md is not what", gen_drops.check(self.root)[0])

    def test_empty_list(self):
        self.assertIn("no X(...) row", self.tree()[0])


class Schema(Planted):
    CFG = ('static const char schema[] =\n\t"{\\"type\\":\\"object\\","\n\t"\\"minimum\\":1}";\n'
           'static struct cfg_section section = {\n\t.name = "ports",\n\t.shape = CFG_MAP,\n\t.schema = schema,\n};\n'
           'static struct cfg_section other = {\n\t.name = "routes",\n\t.shape = CFG_LIST,\n'
           '\t.schema = "{\\"type\\":" "\\"string\\"}",\n};\n')

    def test_sections(self):
        self.write("lib/a/a_cfg.c", self.CFG)
        schema, bad = gen_schema.collect(self.root)
        self.assertEqual(bad, [])
        self.assertEqual(schema["properties"], {
            "version": {"const": 1},
            "ports": {"type": "object", "additionalProperties": {"type": "object", "minimum": 1}},
            "routes": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}})

    def test_refused(self):
        for change, said in ((".schema = schema", ".schema = elsewhere"), ('"{\\"type\\":\\"obj', '"{\\"type\\"\\"obj')):
            self.write("lib/a/a_cfg.c", self.CFG.replace(change, said))
            self.assertEqual(len(gen_schema.collect(self.root)[1]), 1, said)

    def test_stale_file(self):
        self.write("lib/a/a_cfg.c", self.CFG)
        self.write("config/schema.json", "{}")
        run = [sys.executable, str(HERE / "gen_schema.py"), str(self.root)]
        self.assertEqual(subprocess.run([*run, "--check"], capture_output=True).returncode, 1)
        self.assertEqual(subprocess.run(run, capture_output=True).returncode, 0)
        self.assertEqual(subprocess.run([*run, "--check"], capture_output=True).returncode, 0)


class Spdx(Planted):
    def test_rules(self):
        self.write("LICENSE", "BSD 3-Clause License")
        self.write("a.c", "/* SPDX-License-Identifier: BSD-3-Clause */\n")
        self.write("a.py", "#!/usr/bin/env python3\n# SPDX-License-Identifier: BSD-3-Clause\n")
        self.write("d/meson.build", "# SPDX-License-Identifier: BSD-3-Clause\n")
        self.write("README.md", "# no tag wanted\n")
        self.assertEqual(check_spdx.check(self.root), [])
        for name, text in (("b.h", "int x;\n"), ("b.sh", "#!/bin/sh\nset -e\n"), ("meson.build", ""),
                           ("c.c", "/* SPDX-License-Identifier: GPL-2.0 */\n")):
            self.write(name, text)
            self.assertEqual([e.split(":")[0] for e in check_spdx.check(self.root)], [name])
            (self.root / name).unlink()
        self.write("LICENSE", "MIT")
        self.assertEqual(len(check_spdx.check(self.root)), 1)


class Words(unittest.TestCase):
    def test_refused(self):
        for text in ("see /" "work/x", "cd /" "root/pollux", "-I/" "home/joe/x", "a TO" "DO here",
                     "/* FIX" "ME */", "issue #12", "Fixes bug #7", "<<<<<<< HEAD"):
            self.assertEqual(len(check_words.check_text("f", text)), 1, text)

    def test_allowed(self):
        for text in ("the worker/framework/x", "$root/" "work/x", "/tmp/pollux.sock", "mastodons", "port #1",
                     "{root}/home", "lib/mnt.c", "a helper function"):
            self.assertEqual(check_words.check_text("f", text), [], text)


class Free(Planted):
    def test_rules(self):
        self.write("lib/skb/skb_dp.c", "rte_pktmbuf_free(m);\n")
        self.write("lib/fib/fib.c", "/* rte_pktmbuf_free(m) */ free(x); consume_skb(w, s);\n")
        self.write("test/dp/t.c", "rte_pktmbuf_free(m);\n")
        self.assertEqual(check_free.check(self.root), [])
        for call in ("rte_pktmbuf_free(m)", "rte_pktmbuf_free_bulk(m, n)", "rte_pktmbuf_free_seg (m)",
                     "rte_mbuf_raw_free(m)", "rte_mempool_put_bulk(p, m, n)"):
            self.write("drivers/eth/a.c", f"\n{call};\n")
            self.assertIn("drivers/eth/a.c:2: ", check_free.check(self.root)[0], call)


class Docs(Planted):
    GUIDE = ("## Configuration\n### `ports`\n## Tunables\n| name | default |\n| --- | --- |\n| `rp_filter` | 0 |\n"
             "## Commands\n```\nshow port (info|stats) ID\nquit\n```\n"
             "| Command | Does |\n| --- | --- |\n| `ip addr (add) ADDR`, `quit` | x |\n")
    CLI = ('static const struct cli_cmd cmds[] = {\n'
           '\t{ "show port (info|stats) PORT:port", "help", "display", fn, NULL, true },\n'
           '\t{ .syntax = "ip addr add ADDR:prefix "\n\t  "dev DEV:dev", .help = "h" },\n'
           '\t{ "quit", "leave", "control", fn, NULL, true },\n\t{ 0 },\n};\n')

    def tunables(self, rows):
        self.write("lib/fib/fib.c", "static const struct ctl_table t[] = {\n" + rows + "\t{ 0 },\n};\nX(y, 1);\n")

    def setUp(self):
        super().setUp()
        self.write("lib/fib/meson.build", "")
        self.write("docs/modules/fib.md", "# fib\n")
        self.write("docs/user-guide.md", self.GUIDE)
        self.write("README.md", "[a](docs/user-guide.md#tunables) `[x](no)` [w](https://example.com/x) [b](#pollux)\n# Pollux\n")
        self.tunables("\tSYSCTL_INT(struct s, rp_filter, 0, 1, \"x\"),\n")
        self.write("lib/fib/fib_cli.c", self.CLI)
        self.write("lib/fib/fib_cfg.c", 'static struct cfg_section s = {\n\t.order = 1,\n\t.name = "ports",\n};\n')
        self.write("config/schema.json", json.dumps({"properties": {"version": {}, "ports": {}}}))

    def said(self, what):
        errors = check_docs.check(self.root)
        self.assertEqual(len(errors), 1, errors)
        self.assertIn(what, errors[0])

    def test_clean(self):
        self.assertEqual(check_docs.check(self.root), [])

    def test_commands_are_found(self):
        self.assertEqual(check_docs.commands(self.CLI),
                         ["show port (info|stats) PORT:port", "ip addr add ADDR:prefix dev DEV:dev", "quit"])

    def test_missing_page(self):
        self.write("drivers/vlan/meson.build", "")
        self.said("docs/modules/vlan.md is missing")

    def test_standard_not_listed(self):
        self.write("docs/rfc/README.md", "[826.md](826.md)\n")
        self.write("docs/rfc/826.md", "# RFC 826\n")
        self.assertEqual(check_docs.check(self.root), [])
        self.write("docs/rfc/791.md", "# RFC 791\n")
        self.said("791.md is not in the list")

    def test_dead_link(self):
        self.write("docs/x.md", "\n[a](nothing.md)\n")
        self.said("docs/x.md:2: nothing.md: no such file")

    def test_dead_anchor(self):
        self.write("docs/x.md", "[a](user-guide.md#nothing)\n")
        self.said("no such heading")

    def test_tunable_not_described(self):
        row = "\tCONF(rp_filter, 0, 1, \"x\"),\n"
        self.tunables(row + "\t{ .procname = \"arp_x\",\n\t  .max = 1 },\n")
        self.said("tunable arp_x is not described")
        self.tunables(row + "\tCONF(arp_y, 0, 1, \"x\"),\n")
        self.said("tunable arp_y is not described")

    def test_tunable_that_is_none(self):
        self.tunables("")
        self.said("tunable rp_filter is declared nowhere")

    def test_command_not_described(self):
        self.write("lib/fib/fib_cli.c", self.CLI.replace("info|stats", "info|xstats"))
        self.said('command "show port xstats"')

    def test_command_that_is_none(self):
        self.write("docs/user-guide.md", self.GUIDE.replace("(add)", "(add\\|del)"))
        self.said('there is no command "ip addr del"')

    def test_json(self):
        self.write("docs/x.md", "\n```json\n{ \"version\": 1, \"ports\": {} }\n```\n")
        self.assertEqual(check_docs.check(self.root), [])
        self.write("docs/x.md", "\n```json\n{ \"version\": 1, \"prots\": {} }\n```\n")
        self.said("docs/x.md:2: there is no section prots")
        self.write("docs/x.md", "```json\n{ \"version\": 1, }\n```\n")
        self.said("docs/x.md:1: ")

    def test_section_not_described(self):
        self.write("lib/fib/fib_cfg.c", 'static struct cfg_section s = {\n\t.name = "routes",\n};\n')
        self.assertEqual(len(check_docs.check(self.root)), 2)


class Format(Planted):
    def run_it(self):
        done = subprocess.run(["sh", str(HERE / "check_format.sh"), str(self.root)], capture_output=True)
        if done.returncode == 77:
            self.skipTest("no clang-format 14 here")
        return done.returncode

    def test_rules(self):
        self.write(".clang-format", "BasedOnStyle: LLVM\nUseTab: Always\nIndentWidth: 8\n")
        self.write("lib/a/a.c", "int f(void) { return 0; }\n")
        self.assertEqual(self.run_it(), 0)
        self.write("lib/a/a.c", "int  f(void){return 0;}\n")
        self.assertNotEqual(self.run_it(), 0)


class Tree(Planted):
    def test_ignored_and_built_files_are_left_out(self):
        env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
        subprocess.run(["git", "init", "-q", str(self.root)], check=True, env=env)
        for name in ("a.c", "build/b.c", "build-x/c.c", "d.o"):
            self.write(name, "")
        self.write(".gitignore", "*.o\n")
        self.assertEqual([p.name for p in tree.files(self.root, ".c", ".o")], ["a.c"])

    def test_root(self):
        self.assertEqual(tree.root_of(["x", "--check", "/usr"]), pathlib.Path("/usr"))


if __name__ == "__main__":
    sys.exit(unittest.main())
