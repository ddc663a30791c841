#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Plant one violation of each rule of check_layers.py in a small tree: it must be told."""
import pathlib
import tempfile
import unittest

import check_layers

CLEAN = {
    "lib/meson.build": "modules = [\n  'core',  # base\n  'ctl',\n  'skb',\n  'fib',\n  'ip4',\n]\n",
    "lib/core/role.h": "#include <stdint.h>\n",
    "lib/fib/fib.h": '#include "core/role.h"\n',
    "lib/fib/fib_dp.h": '#include "core/role.h"\n#include "skb/skb_dp.h"\n',
    "lib/fib/fib_priv.h": '#include "fib/fib.h"\n',
    "lib/fib/fib_cli.c": '#include <jansson.h>\n#include "ctl/cli.h"\n#include "fib/fib.h"\n',
    "lib/fib/fib_tel.c": '#include <rte_telemetry.h>\n#include "fib/fib.h"\n',
    "lib/ip4/ip4_dp.c": '#include "fib/fib_dp.h"\n#include "ip4/icmp_proto.h"\n#include "ip4/ip4_priv.h"\n',
    "lib/ip4/ip4_ctl.c": '#include "fib/fib.h"\n',
    "drivers/ethdev/ethdev.c": '#include "ethdev/ethdev.h"\n#include "fib/fib.h"\n',
    "drivers/vlan/vlan.c": '#include "core/role.h"\n',
    "app/polluxd/main.c": '#include "ethdev/ethdev.h"\n#include "ctl/cli.h"\n#include <jansson.h>\n'
                          '#include "polluxd/loop.h"\n#include "fib/fib_cfg.h"\n',
}

# file, line put into it, what must be said
PLANTED = [
    ("lib/fib/fib.h", '#include "ip4/ip4.h"', "fib must not use ip4, a layer above it"),
    ("lib/core/role.h", '#include "skb/skb_dp.h"', "core must not use skb, a layer above it"),
    ("lib/fib/fib.h", '#include "ethdev/ethdev.h"', "lib must not use drivers (ethdev)"),
    ("lib/fib/fib.h", '#include "drivers/ethdev/ethdev.h"', 'write "folder/file.h"'),
    ("lib/fib/fib.h", '#include "polluxd/loop.h"', "lib must not use app (polluxd)"),
    ("lib/fib/fib_cli.c", '#include "polluxd/loop.h"', "lib must not use app (polluxd)"),
    ("lib/fib/fib.h", '#include "../ip4/ip4.h"', 'write "folder/file.h"'),
    ("lib/fib/fib.h", '#include "fib_trie.h"', 'write "module/fib_trie.h"'),
    ("lib/fib/fib.h", '#  include "nowhere/x.h"', "there is no module nowhere"),
    ("lib/ip4/ip4_ctl.c", '#include "fib/fib_priv.h"', "fib/fib_priv.h is private to fib"),
    ("lib/ip4/ip4_dp.c", '#include "fib/fib.h"', "fib/fib.h is control API in a datapath file"),
    ("lib/ip4/ip4_dp.c", '#include "ip4/ip4.h"', "ip4/ip4.h is control API in a datapath file"),
    ("lib/fib/fib_dp.h", '#include "fib/fib.h"', "fib/fib.h is control API in a datapath file"),
    ("lib/ip4/ip4_ctl.c", '#include "ctl/cli.h"', "ctl outside a *_cfg, *_cli or *_tel file"),
    ("lib/ip4/ip4_ctl.c", '#include <jansson.h>', "jansson.h outside"),
    ("lib/ip4/ip4_ctl.c", '#include <cmdline_parse.h>', "cmdline_parse.h outside"),
    ("lib/ip4/ip4_ctl.c", '#include <rte_telemetry.h>', "rte_telemetry.h outside"),
    ("drivers/ethdev/ethdev.c", '#include <jansson.h>', "jansson.h outside"),
    ("lib/ip4/ip4_ctl.c", '#include "fib/fib_cfg.h"', "fib/fib_cfg.h is a binding"),
    ("drivers/ethdev/ethdev.c", '#include "vlan/vlan.h"', "driver ethdev must not use driver vlan"),
    ("drivers/ethdev/ethdev_tel.c", '#include "vlan/vlan.h"', "driver ethdev must not use driver vlan"),
    ("drivers/ethdev/ethdev_tel.c", '#include "polluxd/loop.h"', "drivers must not use app (polluxd)"),
    ("lib/odd/odd.c", '#include "core/role.h"', "module odd is not listed in lib/meson.build"),
]


class Layers(unittest.TestCase):
    def setUp(self):
        self.tmp = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.tmp.name)
        for name, text in CLEAN.items():
            self.write(name, text)

    def tearDown(self):
        self.tmp.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def test_clean(self):
        self.assertEqual(check_layers.check(self.root), [])

    def test_planted(self):
        for name, line, said in PLANTED:
            with self.subTest(file=name, line=line):
                old = CLEAN.get(name)
                self.write(name, (old or "") + line + "\n")
                errors = check_layers.check(self.root)
                self.assertTrue(errors and all(e.startswith(name) for e in errors), errors)
                self.assertTrue(any(said in e for e in errors), errors)
                self.write(name, old) if old else (self.root / name).unlink()
        self.assertEqual(check_layers.check(self.root), [])

    def test_line_number(self):
        self.write("lib/ip4/ip4_ctl.c", 'int a;\nint b;\n#include "skb/x_priv.h"\n')
        self.assertIn("lib/ip4/ip4_ctl.c:3: ", check_layers.check(self.root)[0])


if __name__ == "__main__":
    unittest.main()
