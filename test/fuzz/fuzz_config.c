/* SPDX-License-Identifier: BSD-3-Clause */
/* Any text as a configuration: checked as `polluxd --check` does it, without EAL. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/evloop.h"
#include "ctl/cfg.h"
#include "ctl/ctl.h"
#include "fuzz.h"
#include "polluxd/polluxd.h"

FILE *__wrap_fopen(const char *path, const char *mode);

/* "routes_file" names no file of this machine. */
FILE *
__wrap_fopen(const char *path, const char *mode)
{
	(void)path;
	(void)mode;
	errno = ENOENT;
	return NULL;
}

static void
stop(void)
{
	role_enter_ctl();
	ctl_fini();
	ev_fini();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	role_enter_ctl();
	ctl_init();
	modules_register();
	atexit(stop);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *report = NULL;
	json_t *doc;

	role_enter_ctl();
	doc = cfg_load_text(text, "fuzz", &report);
	fuzz_require((doc == NULL) == (report != NULL && report[0] != '\0'),
		     "refused without a word, or a word without refusal");
	json_decref(doc);
	free(report);
	free(text);
	return 0;
}
