/* SPDX-License-Identifier: BSD-3-Clause */
/* pollux: words to the daemon, its answer to the user. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ctl/cli_exec.h"
#include "pollux/client.h"

#define DEFAULT_SOCKET "/run/pollux/pollux.sock"

static const char usage[] =
	"usage: pollux [-j] [-p] [-s] [-d] [-f FILE [-e] [-x]] [-S SOCKET] [COMMAND...]\n"
	"Without COMMAND: interactive on a terminal, else the lines of standard input.\n"
	"  -j, --json         answers as JSON\n"
	"  -p, --pretty       answers as JSON, indented\n"
	"  -s, --stats        with counters\n"
	"  -d, --details      with all details\n"
	"  -f, --file FILE    carry out the lines of FILE (- is standard input), # begins a "
	"comment\n"
	"  -e, --echo         with -f: print each line before it is carried out\n"
	"  -x, --exit         with -f: stop at the first line that fails\n"
	"  -S, --socket PATH  the daemon's socket (else $POLLUX_SOCK, else " DEFAULT_SOCKET ")\n"
	"      --complete LINE  print what may follow\n"
	"  -V, --version      -h, --help\n"
	"`pollux help` lists the commands. Exit status: 0 done, 1 the command failed, 2 usage,\n"
	"3 no daemon, 4 not allowed.\n";

struct options {
	unsigned int flags;
	const char *file;
	const char *sock;
	const char *complete;
	bool echo, stop;
	char bad_word[64], bad[192]; /* the first option that is none; "": all are */
};

void
complain(unsigned int flags, const char *word, const char *fmt, ...)
{
	struct strbuf raw = { 0 }, text = { 0 };
	int code = errno;
	json_t *e;
	va_list ap;

	va_start(ap, fmt);
	strbuf_vprintf(&raw, fmt, ap);
	va_end(ap);
	strbuf_plain(&text, strbuf_str(&raw), raw.len, NULL);
	strbuf_free(&raw);
	if (flags & CLI_F_JSON) {
		e = json_pack("{s:{s:s, s:i}}", "error", "message", strbuf_str(&text), "code",
			      code);
		if (word != NULL) {
			strbuf_plain(&raw, word, strlen(word), NULL);
			json_object_set_new(json_object_get(e, "error"), "word",
					    json_string(strbuf_str(&raw)));
			strbuf_free(&raw);
		}
		json_dumpf(e, stderr, JSON_COMPACT);
		fputs("\n", stderr);
		json_decref(e);
	} else {
		fprintf(stderr, "pollux: %s\n", strbuf_str(&text));
	}
	strbuf_free(&text);
}

/* The words of the shell's command line as one line: quoted where blanks or quotes are inside. */
static char *
join(int argc, char **argv)
{
	struct strbuf b = { 0 };

	for (int i = 0; i < argc; i++) {
		const char *w = argv[i];

		strbuf_puts(&b, i > 0 ? " " : "");
		if (*w != '\0' && strpbrk(w, " \t\r\n\"#") == NULL) {
			strbuf_puts(&b, w);
			continue;
		}
		strbuf_puts(&b, "\"");
		for (; *w != '\0'; w++) {
			if (*w == '"' || *w == '\\')
				strbuf_puts(&b, "\\");
			strbuf_add(&b, *w == '\n' ? " " : w, 1);
		}
		strbuf_puts(&b, "\"");
	}
	return strbuf_steal(&b);
}

static bool
is_blank(const char *line)
{
	line += strspn(line, " \t\r\n");
	return *line == '\0' || *line == '#';
}

static int
run_file(struct conn *c, const struct options *o, const char *name, FILE *f)
{
	char *line = NULL;
	size_t cap = 0;
	unsigned int lineno = 0;
	int worst = CLI_DONE;

	while (!c->quit && getline(&line, &cap, f) > 0) {
		int status;

		lineno++;
		line[strcspn(line, "\r\n")] = '\0';
		if (is_blank(line))
			continue;
		if (o->echo) {
			printf("%s\n", line);
			fflush(stdout);
		}
		status = conn_exec(c, line);
		if (status == CLI_DONE)
			continue;
		if (!(c->flags & CLI_F_JSON))
			fprintf(stderr, "%s:%u: %s\n", name, lineno, line);
		worst = worst == CLI_DONE ? status : worst;
		if (o->stop || c->lost)
			break;
	}
	free(line);
	return worst;
}

static int
run_batch(struct conn *c, const struct options *o)
{
	FILE *f = stdin;
	int status;

	if (o->file == NULL || strcmp(o->file, "-") == 0)
		return run_file(c, o, "-", stdin);
	f = fopen(o->file, "re");
	if (f == NULL) {
		complain(c->flags, o->file, "%s: %s", o->file, strerror(errno));
		return CLI_FAILED;
	}
	status = run_file(c, o, o->file, f);
	fclose(f);
	return status;
}

/* For the shell's completion: one word a line. */
static int
run_complete(struct conn *c, const char *line)
{
	struct strbuf cands = { 0 };
	char *at, *save = NULL;

	if (!conn_complete(c, line, &cands))
		return CLI_NO_DAEMON;
	for (at = cands.s != NULL ? strtok_r(cands.s, "\n", &save) : NULL; at != NULL;
	     at = strtok_r(NULL, "\n", &save))
		if (at[0] == 'W' && at[1] == '\t')
			printf("%.*s\n", (int)strcspn(at + 2, "\t"), at + 2);
	strbuf_free(&cands);
	return CLI_DONE;
}

static int
run(struct conn *c, const struct options *o, int argc, char **argv)
{
	char *line;
	int status;

	if (o->complete != NULL)
		return run_complete(c, o->complete);
	if (argc > 0) {
		line = join(argc, argv);
		if (line == NULL)
			return CLI_FAILED;
		status = conn_exec(c, line);
		free(line);
		return status;
	}
	if (o->file != NULL || !isatty(STDIN_FILENO))
		return run_batch(c, o);
	return interactive(c);
}

static const struct option long_options[] = {
	{ "json", no_argument, NULL, 'j' },	      { "pretty", no_argument, NULL, 'p' },
	{ "stats", no_argument, NULL, 's' },	      { "details", no_argument, NULL, 'd' },
	{ "file", required_argument, NULL, 'f' },     { "echo", no_argument, NULL, 'e' },
	{ "exit", no_argument, NULL, 'x' },	      { "socket", required_argument, NULL, 'S' },
	{ "complete", required_argument, NULL, 'C' }, { "version", no_argument, NULL, 'V' },
	{ "help", no_argument, NULL, 'h' },	      { NULL, 0, NULL, 0 },
};

/* What getopt refused: kept until all options are known, -j may still come. */
static void
bad_option(struct options *o, int opt, char **argv)
{
	static const char valid[] = "valid ones are -j -p -s -d -f FILE -e -x -S SOCKET -V -h";
	const char *at = argv[optind - 1];
	/* getopt_long() says 0 for a long option it does not know. */
	bool whole = optopt == 0 ||
		     (strncmp(at, "--", 2) == 0 && (opt == ':' || strchr(at, '=') != NULL));

	if (o->bad[0] != '\0')
		return;
	if (whole)
		snprintf(o->bad_word, sizeof(o->bad_word), "%s", at);
	else
		snprintf(o->bad_word, sizeof(o->bad_word), "-%c", optopt);
	snprintf(o->bad, sizeof(o->bad), "\"%s\": %s%s", o->bad_word,
		 opt == ':' ? "needs an argument" : "unknown option, ", opt == ':' ? "" : valid);
}

/* -1 to go on, else the exit status. */
static int
parse_options(struct options *o, int argc, char **argv)
{
	int opt;

	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:jpsdf:exS:Vh", long_options, NULL)) >= 0) {
		switch (opt) {
		case 'p':
			o->flags |= CLI_F_PRETTY | CLI_F_JSON;
			break;
		case 'j':
			o->flags |= CLI_F_JSON;
			break;
		case 's':
			o->flags |= CLI_F_STATS;
			break;
		case 'd':
			o->flags |= CLI_F_DETAIL;
			break;
		case 'f':
			o->file = optarg;
			break;
		case 'e':
			o->echo = true;
			break;
		case 'x':
			o->stop = true;
			break;
		case 'S':
			o->sock = optarg;
			break;
		case 'C':
			o->complete = optarg;
			break;
		case 'V':
			puts("pollux " POLLUX_VERSION);
			return CLI_DONE;
		case 'h':
			fputs(usage, stdout);
			return CLI_DONE;
		default:
			bad_option(o, opt, argv);
			break;
		}
	}
	if (o->bad[0] == '\0')
		return -1;
	errno = EINVAL;
	complain(o->flags, o->bad_word, "%s", o->bad);
	return CLI_USAGE;
}

/* What may help when the socket does not open. */
static const char *
hint_of(int rc)
{
	switch (rc) {
	case -ENOENT:
	case -ECONNREFUSED:
		return " (is polluxd running?)";
	case -EACCES:
	case -EPERM:
		return " (not allowed: needs root or group pollux)";
	default:
		return "";
	}
}

int
main(int argc, char **argv)
{
	struct options o = { .sock = getenv("POLLUX_SOCK") };
	struct conn c = { .fd = -1 };
	int status = parse_options(&o, argc, argv);
	int rc;

	if (status >= 0)
		return status;
	if (o.file != NULL && optind < argc) {
		errno = EINVAL;
		complain(o.flags, argv[optind], "\"%s\": either -f FILE or a command",
			 argv[optind]);
		return CLI_USAGE;
	}
	if (o.sock == NULL || o.sock[0] == '\0')
		o.sock = DEFAULT_SOCKET;
	c.flags = o.flags;
	rc = conn_open(&c, o.sock);
	if (rc < 0) {
		errno = -rc;
		if (o.complete == NULL)
			complain(o.flags, o.sock, "%s: %s%s", o.sock, strerror(-rc), hint_of(rc));
		return rc == -EACCES || rc == -EPERM ? CLI_DENIED : CLI_NO_DAEMON;
	}
	status = run(&c, &o, argc - optind, argv + optind);
	conn_close(&c);
	return status;
}
