/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of fields for reading; the writer names the same members. Control
 * characters in an error's text come from registries, and the text ends up in
 * an API answer and a log: they become spaces here, at both ends.
 */
#include "provisioner/image/image_answer.h"

#include <string.h>

static const struct shape_field settings_fields[] = {
	TEXTS(struct image_settings, entrypoint, "Entrypoint", 0, IMAGE_ARGUMENTS_MAX, 0),
	TEXTS(struct image_settings, command, "Cmd", 0, IMAGE_ARGUMENTS_MAX, 0),
	TEXTS(struct image_settings, environment, "Env", 0, IMAGE_VARIABLES_MAX, 0),
	TEXT(struct image_settings, working_dir, "WorkingDir", 0, IMAGE_TEXT_MAX, 0),
	TEXT(struct image_settings, user, "User", 0, IMAGE_TEXT_MAX, 0),
	TEXT(struct image_settings, stop_signal, "StopSignal", 0, 64, 0),
	JSON(struct image_settings, volumes, "Volumes", 0),
};
const struct shape image_settings_shape = SHAPE_OF(struct image_settings, settings_fields);

static const struct shape_field phases_fields[] = {
	INT(struct image_phases, resolve_ms, "resolve_ms", 0, INT64_MAX, SHAPE_REQUIRED),
	INT(struct image_phases, fetch_ms, "fetch_ms", 0, INT64_MAX, SHAPE_REQUIRED),
	INT(struct image_phases, flatten_ms, "flatten_ms", 0, INT64_MAX, SHAPE_REQUIRED),
};
static const struct shape phases_shape = SHAPE_OF(struct image_phases, phases_fields);

static const struct shape_field answer_fields[] = {
	TEXT(struct image_answer, digest, "digest", IMAGE_DIGEST_SIZE - 1, IMAGE_DIGEST_SIZE - 1,
	     SHAPE_REQUIRED),
	OBJECT(struct image_answer, settings, "config", &image_settings_shape, SHAPE_REQUIRED),
	TEXT(struct image_answer, platform, "platform", 1, IMAGE_TEXT_MAX, 0),
	TEXT(struct image_answer, path, "image", 1, IMAGE_TEXT_MAX, SHAPE_REQUIRED),
	INT(struct image_answer, size_bytes, "bytes", 1, INT64_MAX, SHAPE_REQUIRED),
	BOOL(struct image_answer, cached, "cached", SHAPE_REQUIRED),
	OBJECT(struct image_answer, phases, "phases", &phases_shape, SHAPE_REQUIRED),
};
static const struct shape answer_shape = SHAPE_OF(struct image_answer, answer_fields);

struct refusal {
	const char *error;
};
static const struct shape_field refusal_fields[] = {
	TEXT(struct refusal, error, "error", 1, ERR_TEXT_MAX, SHAPE_REQUIRED),
};
static const struct shape refusal_shape = SHAPE_OF(struct refusal, refusal_fields);

/* Take @json (NULL: memory is gone) and append it as a line. */
static int write_line(json_t *json, struct buf *out, struct err *err)
{
	AUTO(json_decrefp) json_t *held = json;
	AUTO(freep) char *text = held ? json_dumps(held, JSON_COMPACT) : NULL;

	if (!text)
		return err_set(err, ERR_NO_SPACE, "no memory for the answer");
	if (buf_append_text(out, text, err) < 0)
		return err_wrap(err, "write the answer");
	return buf_append_text(out, "\n", err);
}

/* An absent list stays null: an image without Cmd is not one with an empty Cmd. */
static json_t *json_of_texts(const struct shape_list *list)
{
	const char *const *texts = list->items;
	json_t *json;

	if (!list->present)
		return json_null();
	json = json_array();
	for (size_t i = 0; i < list->count; i++)
		json_array_append_new(json, json_string(texts[i]));
	return json;
}

/* Only the names count; an image without any says so, too. */
static json_t *json_of_volumes(json_t *volumes)
{
	json_t *json = json_object();
	const char *path;
	json_t *value;

	json_object_foreach (volumes, path, value)
		json_object_set_new(json, path, json_object());
	return json;
}

int image_answer_write(const struct image_answer *answer, struct buf *out, struct err *err)
{
	const struct image_settings *settings = &answer->settings;
	const struct image_phases *phases = &answer->phases;
	json_t *config = json_pack(
		"{s:o, s:o, s:o, s:s?, s:s?, s:s?, s:o}", "Entrypoint",
		json_of_texts(&settings->entrypoint), "Cmd", json_of_texts(&settings->command),
		"Env", json_of_texts(&settings->environment), "WorkingDir", settings->working_dir,
		"User", settings->user, "StopSignal", settings->stop_signal, "Volumes",
		json_of_volumes(settings->volumes));
	json_t *times = json_pack("{s:I, s:I, s:I}", "resolve_ms", (json_int_t)phases->resolve_ms,
				  "fetch_ms", (json_int_t)phases->fetch_ms, "flatten_ms",
				  (json_int_t)phases->flatten_ms);

	return write_line(json_pack("{s:s, s:o, s:s?, s:s, s:I, s:b, s:o}", "digest",
				    answer->digest, "config", config, "platform", answer->platform,
				    "image", answer->path, "bytes", (json_int_t)answer->size_bytes,
				    "cached", answer->cached, "phases", times),
			  out, err);
}

/* Copy @text without control characters, cut at a character's border. */
static void clean_text(const char *text, char *ret, size_t size)
{
	size_t len = 0;

	for (; *text && len + 1 < size; text++) {
		bool control = (unsigned char)*text < 0x20 || *text == 0x7f;

		ret[len++] = ' ';
		if (!control)
			ret[len - 1] = *text;
	}
	if (*text) {
		while (len > 0 && ((unsigned char)ret[len - 1] & 0xc0) == 0x80)
			len--;
		if (len > 0 && ((unsigned char)ret[len - 1] & 0x80))
			len--;
	}
	ret[len] = '\0';
}

int image_answer_write_error(const char *text, struct buf *out, struct err *err)
{
	char clean[IMAGE_ERROR_MAX + 1];
	json_t *error;

	clean_text(text, clean, sizeof(clean));
	error = json_string(clean);
	/* Not UTF-8: a registry's bytes; keep what can be read. */
	if (!error) {
		for (char *p = clean; *p; p++) {
			if (*p & 0x80)
				*p = '?';
		}
		error = json_string(clean);
	}
	return write_line(json_pack("{s:o}", "error", error), out, err);
}

static int check_answer(const struct image_answer *answer, struct err *err)
{
	if (!image_digest_is_valid(answer->digest))
		return err_set(err, ERR_INVALID, "digest must be a SHA-256 digest");
	if (answer->path[0] != '/' || strstr(answer->path, "/../"))
		return err_set(err, ERR_INVALID, "image must be an absolute path");
	return 0;
}

static int read_refusal(const json_t *json, struct arena *arena, struct err *err)
{
	struct refusal refusal;
	char clean[IMAGE_ERROR_MAX + 1];

	if (shape_fill(&refusal_shape, json, arena, &refusal, err) < 0)
		return -1;
	clean_text(refusal.error, clean, sizeof(clean));
	if (strncmp(clean, IMAGE_ERROR_PREFIX, strlen(IMAGE_ERROR_PREFIX)) != 0)
		return err_set(err, ERR_INVALID, "error must begin with %s", IMAGE_ERROR_PREFIX);
	return err_set(err, ERR_UNAVAILABLE, "%s", clean);
}

int image_answer_read(const char *text, size_t len, int exit_code, struct arena *arena,
		      json_t **ret_json, struct image_answer *ret_answer, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	struct image_answer answer;

	if (len > IMAGE_ANSWER_MAX)
		return err_set(err, ERR_CORRUPT, "image worker's answer is longer than %u bytes",
			       IMAGE_ANSWER_MAX);
	if (shape_parse(text, len, &json, err) < 0)
		goto broken;
	if (exit_code != 0 && read_refusal(json, arena, err) < 0) {
		if (err->code == ERR_UNAVAILABLE)
			return -1;
		goto broken;
	}
	if (shape_fill(&answer_shape, json, arena, &answer, err) < 0 ||
	    check_answer(&answer, err) < 0)
		goto broken;
	*ret_json = STEAL(json, NULL);
	*ret_answer = answer;
	return 0;
broken:
	err->code = ERR_CORRUPT;
	return err_wrap(err, "image worker's answer (exit code %d)", exit_code);
}
