# SPDX-License-Identifier: BSD-3-Clause
"""What `bench.py scale` measures. A sweep is data: to add one, add an entry.

Each point of a sweep is a polluxd of its own, all of them up at once and measured in turn with the
base. `set` maps the point's number to what differs from DEFAULTS; its key `config` is merged into
the JSON document (objects member by member, lists appended, all else replaced). `peers` are other
programs at some of the points. `only` is a key that the document's schema must have, where a build
may lack it.
"""

DEFAULTS = {
    "routes": 10000,    # prefixes, a sample of a real table where there is one
    "dests": 4096,      # distinct destinations, each in a prefix of its own
    "gateways": 1,      # neighbours that the routes point to in turn
    "interfaces": 2,    # 2: the ports; more: VLAN devices, half on each port
    "config": {},
}

SWEEPS = [
    {"name": "routes", "title": "Routes", "points": [1, 10000, 1000000],
     "set": lambda n: {"routes": n}, "peers": {"l3fwd": [10000, 1000000]}},
    {"name": "neighbours", "title": "Neighbours", "points": [1, 1000, 64000],
     "set": lambda n: {"gateways": n, "routes": max(n, 10000)}},
    {"name": "interfaces", "title": "Interfaces", "points": [2, 64, 1000],
     "set": lambda n: {"interfaces": n}},
    # Three: the ports and one VLAN on either of them.
    {"name": "vlan", "title": "VLAN on either side", "points": [0, 1],
     "set": lambda n: {"interfaces": 2 + n}},
    {"name": "rp_filter", "title": "rp_filter", "points": [0, 1],
     "set": lambda n: {"config": {"sysctl": {"net.ipv4.conf.all.rp_filter": n}}}},
]


def settings(sweep, point):
    return {**DEFAULTS, **sweep["set"](point)}


def merge(doc, patch):
    """@patch into @doc: members of objects one by one, lists behind one another."""
    for key, value in patch.items():
        if isinstance(value, dict):
            merge(doc.setdefault(key, {}), value)
        elif isinstance(value, list):
            doc.setdefault(key, []).extend(value)
        else:
            doc[key] = value
    return doc
