/* SPDX-License-Identifier: BSD-3-Clause */
#define ALLOW_EXPERIMENTAL_API /* rdline_new() and its kin, in DPDK 22.11 */
#include "ctl/shell.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>
#include <cmdline_rdline.h>

#define HISTORY_MAX   500
#define TYPEAHEAD_MAX 65536
#define KEY_CTRL_C    0x03

struct shell {
	const struct shell_ops *ops;
	void *arg;
	const char *prompt;
	struct rdline *rdl;
	char *line;   /* just entered */
	bool running; /* a line is carried out */
	bool ended;
	struct strbuf ahead; /* typed meanwhile */
	struct strbuf cands; /* what the completion under way goes through */
	size_t cand_at;
	char *lines[HISTORY_MAX]; /* history, oldest first */
	size_t n_lines;
};

static int
write_char(struct rdline *rdl, char ch)
{
	struct shell *sh = rdline_get_opaque(rdl);

	sh->ops->write(sh->arg, &ch, 1);
	return 0;
}

static void
remember(struct shell *sh, const char *line)
{
	char *copy;

	if (sh->n_lines > 0 && strcmp(sh->lines[sh->n_lines - 1], line) == 0)
		return;
	copy = strdup(line);
	if (copy == NULL)
		return;
	if (sh->n_lines == HISTORY_MAX) {
		free(sh->lines[0]);
		memmove(sh->lines, sh->lines + 1, (HISTORY_MAX - 1) * sizeof(sh->lines[0]));
		sh->n_lines--;
	}
	sh->lines[sh->n_lines++] = copy;
}

static void
validate(struct rdline *rdl, const char *buf, unsigned int size)
{
	struct shell *sh = rdline_get_opaque(rdl);
	char *line = strndup(buf, size);
	size_t len;

	if (line == NULL)
		return;
	for (len = strlen(line); len > 0 && strchr(" \t\r\n", line[len - 1]) != NULL; len--)
		line[len - 1] = '\0';
	free(sh->line);
	sh->line = line; /* type_one() goes on with it, when rdline is done with this key */
}

/* One candidate of the list: its kind, word and help. false after the last. */
static bool
next_cand(struct shell *sh, char *kind, char *word, size_t wlen, char *help, size_t hlen)
{
	const char *p = strbuf_str(&sh->cands) + sh->cand_at;
	const char *eol = strchr(p, '\n');
	const char *tab;

	if (eol == NULL || eol - p < 3)
		return false;
	tab = memchr(p + 2, '\t', (size_t)(eol - p - 2));
	if (tab == NULL)
		return false;
	*kind = *p;
	snprintf(word, wlen, "%.*s", (int)(tab - p - 2), p + 2);
	snprintf(help, hlen, "%.*s", (int)(eol - tab - 1), tab + 1);
	sh->cand_at = (size_t)(eol + 1 - strbuf_str(&sh->cands));
	return true;
}

/* What all words that can be typed begin with; returns how many there are. */
static unsigned int
common_start(struct shell *sh, char *common, size_t len, bool *others)
{
	char kind, word[256], help[512];
	unsigned int n = 0;

	*others = false;
	sh->cand_at = 0;
	while (next_cand(sh, &kind, word, sizeof(word), help, sizeof(help))) {
		size_t i = 0;

		if (kind != 'W') {
			*others = true;
			continue;
		}
		if (n++ == 0) {
			snprintf(common, len, "%s", word);
			continue;
		}
		while (common[i] != '\0' && common[i] == word[i])
			i++;
		common[i] = '\0';
	}
	sh->cand_at = 0;
	return n;
}

/* One line of the list that TAB or '?' shows. */
static int
list_one(struct shell *sh, char *dst, unsigned int size)
{
	char kind, word[256], help[512], shown[260];

	if (!next_cand(sh, &kind, word, sizeof(word), help, sizeof(help)))
		return 0;
	snprintf(shown, sizeof(shown), kind == 'V' ? "<%s>" : "%s",
		 kind == 'E' ? "<return>" : word);
	snprintf(dst, size, help[0] != '\0' ? "%-18s %s" : "%s", shown, help);
	return 1;
}

/* rdline: 2 with the characters to add, or 1 per line to show and 0 at the end. *state is -1 for
 * '?', 0 for TAB, and ours from then on. */
static int
complete(struct rdline *rdl, const char *buf, char *dst, unsigned int size, int *state)
{
	struct shell *sh = rdline_get_opaque(rdl);
	const char *begun = buf + strlen(buf);
	char common[256] = "";
	unsigned int n;
	bool others;
	bool help = *state == -1;

	if (*state == 1)
		return list_one(sh, dst, size);
	*state = 1;
	sh->cands.len = 0;
	sh->ops->complete(sh->arg, buf, &sh->cands);
	while (begun > buf && strchr(" \t", begun[-1]) == NULL)
		begun--;
	n = common_start(sh, common, sizeof(common), &others);
	if (help || n == 0 || strncmp(common, begun, strlen(begun)) != 0)
		return list_one(sh, dst, size);
	if (n == 1 && (!others || *begun != '\0')) {
		snprintf(dst, size, "%s ", common + strlen(begun));
		return RDLINE_RES_COMPLETE;
	}
	if (strlen(common) > strlen(begun)) {
		snprintf(dst, size, "%s", common + strlen(begun));
		return RDLINE_RES_COMPLETE;
	}
	return list_one(sh, dst, size);
}

void
shell_prompt(char prompt[SHELL_PROMPT_SIZE], const char *hostname)
{
	struct strbuf name = { 0 };

	if (hostname == NULL)
		hostname = "pollux";
	strbuf_plain(&name, hostname, strlen(hostname), NULL);
	snprintf(prompt, SHELL_PROMPT_SIZE, "%.*s> ", SHELL_PROMPT_SIZE - 3, strbuf_str(&name));
	strbuf_free(&name);
}

struct shell *
shell_new(const struct shell_ops *ops, void *arg, const char *prompt)
{
	struct shell *sh = calloc(1, sizeof(*sh));

	if (sh == NULL)
		return NULL;
	sh->ops = ops;
	sh->arg = arg;
	sh->prompt = prompt;
	sh->rdl = rdline_new(write_char, validate, complete, sh);
	if (sh->rdl == NULL) {
		free(sh);
		return NULL;
	}
	return sh;
}

void
shell_free(struct shell *sh)
{
	rdline_free(sh->rdl);
	free(sh->line);
	strbuf_free(&sh->ahead);
	strbuf_free(&sh->cands);
	for (size_t i = 0; i < sh->n_lines; i++)
		free(sh->lines[i]);
	free(sh);
}

void
shell_start(struct shell *sh)
{
	rdline_newline(sh->rdl, sh->prompt);
}

static void
type_one(struct shell *sh, char ch)
{
	int rc = rdline_char_in(sh->rdl, ch);
	char *line = sh->line;

	sh->line = NULL;
	if (rc == RDLINE_RES_EOF || rc == RDLINE_RES_EXITED)
		sh->ended = true;
	if (line != NULL && line[strspn(line, " \t")] != '\0') {
		remember(sh, line);
		rdline_add_history(sh->rdl, line);
		sh->running = true;
		sh->ops->exec(sh->arg, line);
	} else if (rc == RDLINE_RES_VALIDATED) {
		rdline_newline(sh->rdl, sh->prompt);
	}
	free(line);
}

bool
shell_feed(struct shell *sh, const char *data, size_t len)
{
	for (size_t i = 0; i < len && !sh->ended; i++) {
		if (!sh->running) {
			type_one(sh, data[i]);
		} else if (data[i] == KEY_CTRL_C) {
			sh->ahead.len = 0;
			sh->ops->interrupt(sh->arg);
		} else if (sh->ahead.len < TYPEAHEAD_MAX) {
			strbuf_add(&sh->ahead, &data[i], 1);
		}
	}
	return !sh->ended;
}

bool
shell_resume(struct shell *sh)
{
	struct strbuf ahead = sh->ahead;
	bool goes_on;

	sh->running = false;
	sh->ahead = (struct strbuf){ 0 };
	rdline_newline(sh->rdl, sh->prompt);
	goes_on = shell_feed(sh, strbuf_str(&ahead), ahead.len);
	strbuf_free(&ahead);
	return goes_on;
}

void
shell_history_load(struct shell *sh, const char *path)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;

	while (f != NULL && getline(&line, &cap, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		if (line[0] == '\0')
			continue;
		remember(sh, line);
		rdline_add_history(sh->rdl, line);
	}
	free(line);
	if (f != NULL)
		fclose(f);
}

void
shell_history_save(const struct shell *sh, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (f == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (size_t i = 0; i < sh->n_lines; i++)
		fprintf(f, "%s\n", sh->lines[i]);
	fclose(f);
}

int
shell_tty_raw(int fd, struct termios *saved)
{
	struct termios t;

	if (tcgetattr(fd, saved) < 0)
		return -1;
	t = *saved;
	/* Output keeps its newlines translated; input comes by the key, ^C too. */
	t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | ISIG);
	t.c_cc[VMIN] = 1;
	t.c_cc[VTIME] = 0;
	return tcsetattr(fd, TCSADRAIN, &t);
}

void
shell_tty_restore(int fd, const struct termios *saved)
{
	tcsetattr(fd, TCSADRAIN, saved);
}
