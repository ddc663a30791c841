/* SPDX-License-Identifier: BSD-3-Clause */
#include "core/role.h"

/* Names for clang's analysis; nothing is ever stored in them. */
struct role ctl_role, dp_role;
