/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slipway secret: what Secrets Manager's and SSM's operations do, for people. A value is
 * never an argument, where others could read it in the list of processes: it comes from a
 * file or from standard input.
 */
#include <stdio.h>
#include <string.h>

#include "cli/client.h"
#include "cli/state.h"
#include "cli/verbs.h"
#include "cli/words.h"
#include "core/file.h"
#include "core/seal.h"
#include "core/shape.h"
#include "core/wipe.h"

#define USAGE                                                                                      \
	"secret put NAME [--file FILE] [--parameter] | secret list |"                              \
	" secret remove NAME [--parameter] | secret key [--state DIR]"

#define VALUE_MAX (64u * 1024)

struct secret_options {
	const char *file, *state; /* NULL: not given */
	bool parameter;
};

/* Without the line's end that an editor or echo puts. */
static int read_value(const struct secret_options *options, char **ret_value, struct err *err)
{
	AUTO(buf_done) struct buf bytes;
	const char *path = options->file ? options->file : "/dev/stdin";

	buf_init_secret(&bytes, VALUE_MAX + 1);
	if (file_read(path, &bytes, err) < 0)
		return err_wrap(err, "value");
	if (bytes.len > 0 && bytes.data[bytes.len - 1] == '\n')
		bytes.len--;
	if (bytes.len == 0 || memchr(bytes.data, '\0', bytes.len))
		return err_set(err, ERR_INVALID, "value of %s is empty or no text", path);
	*ret_value = xstrndup((const char *)bytes.data, bytes.len);
	return 0;
}

static int put_parameter(struct client *client, const char *name, const char *value,
			 struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;

	if (client_call(client, "ssm", "PutParameter",
			json_pack("{s:s, s:s, s:s, s:b}", "Name", name, "Value", value, "Type",
				  "SecureString", "Overwrite", 1),
			&answer, err) < 0)
		return -1;
	printf("%s version %lld\n", name,
	       (long long)json_integer_value(json_object_get(answer, "Version")));
	return 0;
}

/* A new version of a secret that is there, else a new secret. */
static int put_secret(struct client *client, const char *name, const char *value, struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;

	if (client_call(client, "secretsmanager", "PutSecretValue",
			json_pack("{s:s, s:s}", "SecretId", name, "SecretString", value), &answer,
			err) < 0) {
		if (!strstr(err->text, "ResourceNotFoundException"))
			return -1;
		err_clear(err);
		if (client_call(client, "secretsmanager", "CreateSecret",
				json_pack("{s:s, s:s}", "Name", name, "SecretString", value),
				&answer, err) < 0)
			return -1;
	}
	printf("%s\n", client_text(answer, "ARN"));
	return 0;
}

static int put(struct client *client, const char *name, const struct secret_options *options,
	       struct err *err)
{
	AUTO(wipe_freep) char *value = NULL;

	if (read_value(options, &value, err) < 0)
		return -1;
	return options->parameter ? put_parameter(client, name, value, err)
				  : put_secret(client, name, value, err);
}

static int list_pages(struct client *client, const char *service, const char *operation,
		      const char *member, struct err *err)
{
	AUTO(freep) char *token = NULL;

	do {
		AUTO(json_decrefp) json_t *answer = NULL;
		const json_t *item;
		const char *next;
		size_t index;

		if (client_call(client, service, operation, json_pack("{s:s*}", "NextToken", token),
				&answer, err) < 0)
			return -1;
		json_array_foreach (json_object_get(answer, member), index, item)
			printf("%-32s  %s\n", client_text(item, "Name"), client_text(item, "ARN"));
		next = client_text(answer, "NextToken");
		free(token);
		token = *next ? xstrdup(next) : NULL;
	} while (token);
	return 0;
}

static int list(struct client *client, struct err *err)
{
	printf("%-32s  %s\n", "NAME", "VALUEFROM");
	if (list_pages(client, "secretsmanager", "ListSecrets", "SecretList", err) < 0)
		return -1;
	return list_pages(client, "ssm", "DescribeParameters", "Parameters", err);
}

static int remove_one(struct client *client, const char *name, bool parameter, struct err *err)
{
	AUTO(json_decrefp) json_t *answer = NULL;

	if (parameter)
		return client_call(client, "ssm", "DeleteParameter",
				   json_pack("{s:s}", "Name", name), &answer, err);
	return client_call(
		client, "secretsmanager", "DeleteSecret",
		json_pack("{s:s, s:b}", "SecretId", name, "ForceDeleteWithoutRecovery", 1), &answer,
		err);
}

static int make_key(const struct secret_options *options, struct err *err)
{
	AUTO(freep) char *dir = state_dir(options->state);
	AUTO(freep) char *path = xasprintf("%s/secret.key", dir);
	bool made;

	if (seal_key_make(path, &made, err) < 0)
		return -1;
	printf("%s %s\n", path, made ? "made" : "is there");
	return 0;
}

/* For words that is_command() took. */
static int run(const struct words *words, const struct secret_options *options, struct err *err)
{
	AUTO(client_freep) struct client *client = NULL;

	if (words_are(words, "key", 0))
		return make_key(options, err);
	if (client_open(options->state, &client, err) < 0)
		return -1;
	if (words_are(words, "put", 1))
		return put(client, words->items[1], options, err);
	if (words_are(words, "list", 0))
		return list(client, err);
	return remove_one(client, words->items[1], options->parameter, err);
}

static bool is_command(const struct words *words)
{
	return words_are(words, "put", 1) || words_are(words, "list", 0) ||
	       words_are(words, "remove", 1) || words_are(words, "key", 0);
}

int cli_secret(int argc, char **argv)
{
	struct secret_options options = {0};
	const struct option_row rows[] = {
		{"file", OPTION_TEXT, &options.file, "FILE", "the value (standard input)"},
		{"parameter", OPTION_FLAG, &options.parameter, NULL,
		 "a parameter of SSM, and not a secret of Secrets Manager"},
		{"state", OPTION_TEXT, &options.state, "DIR", "state folder"},
	};
	struct err err = ERR_INIT;
	struct words words;
	int rc = words_read(USAGE, rows, ARRAY_LEN(rows), argc, argv, &words);

	if (rc < 0)
		return rc == -2 ? 0 : 2;
	if (!is_command(&words)) {
		options_usage(USAGE, stderr);
		return 2;
	}
	return run(&words, &options, &err) < 0 ? state_complain("secret", &err) : 0;
}
