/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file is written beside its place and renamed at the end, so an older bill stays until the
 * new one is whole. What is no plain file (a terminal, a pipe) is written to as it is.
 */
#include "cli/bill_output.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#define COLUMNS_USUAL 100
#define COLUMNS_MIN   40
#define COLUMNS_MAX   1000

static bool is_special(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

static int open_beside(struct bill_output *output, struct err *err)
{
	mode_t mask = umask(0);
	int fd;

	(void)umask(mask);
	output->beside = xasprintf("%s.XXXXXX", output->path);
	fd = mkstemp(output->beside);
	if (fd < 0) {
		int why = errno;

		free(STEAL(output->beside, NULL));
		return err_sys(err, why, "write %s", output->path);
	}
	if (fchmod(fd, 0666 & ~mask) < 0 || !(output->out = fdopen(fd, "w"))) {
		int why = errno;

		(void)close(fd);
		return err_sys(err, why, "write %s", output->path);
	}
	return 0;
}

int bill_output_open(const char *path, struct bill_output *ret_output, struct err *err)
{
	struct bill_output output = {.out = stdout};

	if (path) {
		output.path = xstrdup(path);
		output.out = NULL;
		if (is_special(path)) {
			output.out = fopen(path, "w");
			if (!output.out)
				(void)err_sys(err, errno, "write %s", path);
		} else if (open_beside(&output, err) < 0) {
			output.out = NULL;
		}
	}
	if (!output.out) {
		bill_output_done(&output);
		return -1;
	}
	*ret_output = output;
	return 0;
}

int bill_output_keep(struct bill_output *output, struct err *err)
{
	if (fflush(output->out) != 0 || ferror(output->out))
		return err_sys(err, errno, "write the bill");
	if (!output->beside)
		return 0;
	if (fsync(fileno(output->out)) < 0 || rename(output->beside, output->path) < 0)
		return err_sys(err, errno, "write %s", output->path);
	free(STEAL(output->beside, NULL));
	return 0;
}

void bill_output_done(struct bill_output *output)
{
	if (output->out && output->out != stdout)
		(void)fclose(output->out); /* what counts was flushed before */
	if (output->beside)
		(void)unlink(output->beside);
	free(output->beside);
	free(output->path);
	*output = (struct bill_output){0};
}

struct report_look bill_output_look(const struct bill_output *output)
{
	struct report_look look = {.utf8 = false};
	const char *said = getenv("COLUMNS");
	long columns = said && said[0] ? strtol(said, NULL, 10) : COLUMNS_USUAL;
	struct winsize size;

	if (ioctl(fileno(output->out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		columns = size.ws_col;
	if (columns < COLUMNS_MIN)
		columns = COLUMNS_MIN;
	look.columns = (int)(columns < COLUMNS_MAX ? columns : COLUMNS_MAX);
	(void)setlocale(LC_CTYPE, ""); /* an unknown one stays "C", which is ASCII */
	look.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	return look;
}
