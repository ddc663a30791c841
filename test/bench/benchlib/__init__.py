# SPDX-License-Identifier: BSD-3-Clause
"""What the subcommands of bench.py share and are made of."""
