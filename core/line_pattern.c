/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PCRE2 goes back and tries again, which may take exponential time. Its own limit counts
 * from each begin anew and not the characters that a repeat runs over. So it calls us before
 * each item of the expression, and a step is taken off for that, and for each character between
 * this place and the last. When the line's allowance is used up, the match is given up.
 *
 * An item that fails halfway says nothing of the characters it has tried: a repeat up to its least
 * number, a back reference up to what it refers to. With these each step costs more.
 *
 * An expression's compiled size is limited by PCRE2 (64 KiB), its depth here. Nothing is
 * compiled into machine code: programs that may not make memory executable use this.
 */
#define PCRE2_CODE_UNIT_WIDTH 8

#include "core/line_pattern.h"

#include <pcre2.h>
#include <string.h>

#define DEPTH_MAX    64		  /* of brackets; the compiler recurses */
#define HEAP_MAX_KIB 2048	  /* what may be remembered to go back to */
#define STEPS_FREE   (16 * 1024)  /* of a line, however short */
#define STEPS_A_BYTE 64		  /* an alternation of dozens of words takes fewer */
#define STEPS_MAX    (256 * 1024) /* some milliseconds */
#define TESTS_A_STEP 16		  /* of single characters, which is what a step takes at least */
#define REPEAT_MAX   65535	  /* PCRE2's */
#define MESSAGE_SIZE 128
#define COMPILE_FLAGS                                                                              \
	(PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C | PCRE2_DOLLAR_ENDONLY |    \
	 PCRE2_AUTO_CALLOUT)

struct line_pattern {
	pcre2_code *code;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	size_t unseen; /* characters that one item may try before it fails */
	int64_t price; /* of a step in this line */
	int64_t steps; /* left of this line */
	size_t at;     /* where the last step was */
};

static int on_step(pcre2_callout_block *block, void *ctx)
{
	struct line_pattern *pattern = ctx;
	size_t at = block->current_position;

	pattern->steps -=
		pattern->price + (int64_t)(at > pattern->at ? at - pattern->at : pattern->at - at);
	pattern->at = at;
	return pattern->steps < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

static pcre2_code *compile(const char *text, struct err *err)
{
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	char message[MESSAGE_SIZE] = "";
	PCRE2_SIZE offset = 0;
	pcre2_code *code;
	int number = 0;

	if (!context)
		abort();
	(void)pcre2_set_parens_nest_limit(context, DEPTH_MAX);
	code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, COMPILE_FLAGS, &number,
			     &offset, context);
	pcre2_compile_context_free(context);
	if (code)
		return code;
	(void)pcre2_get_error_message(number, (PCRE2_UCHAR *)message, sizeof(message));
	err_set(err, ERR_INVALID, "is no regular expression: %s (at character %zu)", message,
		(size_t)offset);
	return NULL;
}

/* Whether the brace at @at is that of \x{2014}. After \c\ it need not be. */
static bool is_code(const char *text, const char *at)
{
	const char *before = at;
	size_t slashes = 0;

	if (at == text || (at[-1] != 'x' && at[-1] != 'o'))
		return false;
	for (before--; before > text && before[-1] == '\\'; before--)
		slashes++;
	return slashes % 2 == 1 && (before == text || before[-1] != 'c');
}

/* The largest least number of a repeat. What is none and looks like one counts too. */
static size_t largest_repeat(const char *text)
{
	size_t largest = 0;

	for (const char *at = text; (at = strchr(at, '{')); at++) {
		size_t number = 0;

		if (is_code(text, at))
			continue;
		for (const char *digit = at + 1 + strspn(at + 1, " \t");
		     *digit >= '0' && *digit <= '9' && number <= REPEAT_MAX; digit++)
			number = number * 10 + (size_t)(*digit - '0');
		if (number > largest)
			largest = number;
	}
	return largest;
}

static size_t count_unseen(const char *text, const pcre2_code *code)
{
	uint32_t references = 0;

	if (pcre2_pattern_info(code, PCRE2_INFO_BACKREFMAX, &references) != 0)
		abort();
	return references > 0 ? SIZE_MAX : largest_repeat(text);
}

int line_pattern_new(const char *text, struct line_pattern **ret_pattern, struct err *err)
{
	AUTO(line_pattern_freep) struct line_pattern *pattern = NULL;

	if (strlen(text) > LINE_PATTERN_MAX)
		return err_set(err, ERR_INVALID, "has more than %u characters", LINE_PATTERN_MAX);
	pattern = xcalloc(1, sizeof(*pattern));
	pattern->code = compile(text, err);
	if (!pattern->code)
		return -1;
	pattern->unseen = count_unseen(text, pattern->code);
	pattern->data = pcre2_match_data_create(1, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	if (!pattern->data || !pattern->limits)
		abort();
	(void)pcre2_set_callout(pattern->limits, on_step, pattern);
	(void)pcre2_set_match_limit(pattern->limits, STEPS_MAX);
	(void)pcre2_set_heap_limit(pattern->limits, HEAP_MAX_KIB);
	*ret_pattern = STEAL(pattern, NULL);
	return 0;
}

void line_pattern_free(struct line_pattern *pattern)
{
	if (!pattern)
		return;
	pcre2_match_context_free(pattern->limits);
	pcre2_match_data_free(pattern->data);
	pcre2_code_free(pattern->code);
	free(pattern);
}

void line_pattern_freep(struct line_pattern **pattern)
{
	line_pattern_free(*pattern);
}

enum line_match line_pattern_match(struct line_pattern *pattern, const void *line, size_t len)
{
	int64_t steps = STEPS_FREE + STEPS_A_BYTE * (int64_t)len;
	int result;

	pattern->steps = steps < STEPS_MAX ? steps : STEPS_MAX;
	pattern->price =
		1 + (int64_t)((pattern->unseen < len ? pattern->unseen : len) / TESTS_A_STEP);
	pattern->at = 0;
	result = pcre2_match(pattern->code, line, len, 0, 0, pattern->data, pattern->limits);
	if (result >= 0)
		return LINE_MATCH_YES;
	return result == PCRE2_ERROR_NOMATCH ? LINE_MATCH_NO : LINE_MATCH_TOO_COSTLY;
}
