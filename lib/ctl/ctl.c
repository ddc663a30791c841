/* SPDX-License-Identifier: BSD-3-Clause */
#include "ctl/ctl.h"
#include "ctl/cfg_priv.h"
#include "ctl/cli_priv.h"
#include "ctl/cli_server.h"
#include "ctl/monitor_priv.h"

void
ctl_init(void)
{
	cli_builtin_register();
	config_cli_register();
	sysctl_cli_register();
	monitor_cli_register();
	sysctl_cfg_register();
}

void
ctl_fini(void)
{
	cli_console_stop();
	cli_server_close();
	cli_unregister_all();
	monitor_unregister_all();
	sysctl_cfg_fini();
	cfg_fini();
	cfg_unregister_all();
}
