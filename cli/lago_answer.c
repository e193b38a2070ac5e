/* SPDX-License-Identifier: Apache-2.0 */
/* See lago_answer.h. What cannot be understood is LAGO_REFUSED: then a person has to look. */
#include "cli/lago_answer.h"

#include <jansson.h>
#include <string.h>

#include "core/shape.h"

#define INDEX_DIGITS_MAX 6

/* {"transaction_id":["value_already_exist"]} and nothing else. */
static bool says_known(const json_t *errors)
{
	const json_t *codes = json_object_get(errors, "transaction_id");
	const char *code = json_string_value(json_array_get(codes, 0));

	return json_object_size(errors) == 1 && json_array_size(codes) == 1 && code &&
	       strcmp(code, "value_already_exist") == 0;
}

static bool read_index(const char *text, size_t count, size_t *ret_index)
{
	size_t digits = strspn(text, "0123456789");

	if (digits == 0 || digits > INDEX_DIGITS_MAX || text[digits] != '\0')
		return false;
	*ret_index = (size_t)strtoul(text, NULL, 10);
	return *ret_index < count;
}

enum lago_answer lago_answer_read(const char *body, size_t len, size_t count, bool *ret_known)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	struct err unreadable;
	json_t *details, *errors;
	const char *key;

	memset(ret_known, 0, count * sizeof(*ret_known));
	if (shape_parse(body, len, &answer, &unreadable) < 0)
		return LAGO_REFUSED;
	details = json_object_get(answer, "error_details");
	if (json_object_size(details) == 0)
		return LAGO_REFUSED;
	if (says_known(details))
		return LAGO_SOME_KNOWN;
	json_object_foreach (details, key, errors) {
		size_t index;

		if (!read_index(key, count, &index) || !says_known(errors))
			return LAGO_REFUSED;
		ret_known[index] = true;
	}
	return LAGO_KNOWN;
}
