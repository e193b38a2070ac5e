/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See client.h. libcurl signs (CURLOPT_AWS_SIGV4), verifies the server by the CA
 * bundle, and speaks HTTP/2 where the server does.
 */
#include "cli/client.h"

#include <string.h>

#include "cli/client_private.h"
#include "cli/state.h"
#include "core/file.h"
#include "core/shape.h"

#define CLIENT_TIMEOUT_S  60
/* A page of logs is 1 MiB; DescribeTasks of 100 less. */
#define CLIENT_ANSWER_MAX (64u * 1024 * 1024)
#define ENV_FILE_MAX	  (64u * 1024)

static const struct {
	const char *service, *target;
} services[] = {
	{"ecs", "AmazonEC2ContainerServiceV20141113"},
	{"logs", "Logs_20140328"},
	{"secretsmanager", "secretsmanager"},
	{"ssm", "AmazonSSM"},
};

/* The value of NAME in lines `export NAME=VALUE`, or NULL. The caller frees it. */
static char *env_file_value(const char *text, const char *name)
{
	AUTO(freep) char *start = xasprintf("export %s=", name);
	for (const char *line = text; line != NULL && *line != '\0';) {
		if (strncmp(line, start, strlen(start)) == 0) {
			const char *value = line + strlen(start);
			return xstrndup(value, strcspn(value, "\n"));
		}
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return NULL;
}

/* From the file's text, or without one from the environment. */
static char *setting(const char *file_text, const char *name)
{
	if (file_text != NULL)
		return env_file_value(file_text, name);
	const char *value = getenv(name);
	return value != NULL && value[0] != '\0' ? xstrdup(value) : NULL;
}

static size_t on_answer(char *bytes, size_t size, size_t count, void *ctx)
{
	struct client *client = ctx;
	if (buf_append(&client->answer, bytes, size * count, &client->answer_err) < 0)
		return 0;
	return size * count;
}

/*
 * All settings come from one place: an environment that was sourced for this
 * endpoint, or the file. A machine whose environment speaks of AWS itself
 * (AWS_CA_BUNDLE, keys of a real account) would otherwise be mixed in.
 */
int client_open(const char *state, struct client **ret_client, struct err *err)
{
	AUTO(freep) char *dir = state_dir(state);
	AUTO(freep) char *path = xasprintf("%s/env.sh", dir);
	struct buf text;
	struct err unread = ERR_INIT;
	const char *lines = NULL;
	buf_init(&text, ENV_FILE_MAX);
	if ((state != NULL || getenv("SLIPWAY_ENDPOINT") == NULL) &&
	    file_read(path, &text, &unread) == 0)
		lines = buf_text(&text);
	AUTO(client_freep) struct client *client = xcalloc(1, sizeof(*client));
	client->endpoint = setting(lines, "SLIPWAY_ENDPOINT");
	client->key_id = setting(lines, "AWS_ACCESS_KEY_ID");
	client->secret = setting(lines, "AWS_SECRET_ACCESS_KEY");
	client->region = setting(lines, "AWS_REGION");
	client->ca_bundle = setting(lines, "AWS_CA_BUNDLE");
	buf_done(&text);
	buf_init(&client->answer, CLIENT_ANSWER_MAX);
	if (client->endpoint == NULL || client->key_id == NULL || client->secret == NULL)
		return err_set(
			err, ERR_NOT_FOUND,
			"SLIPWAY_ENDPOINT, AWS_ACCESS_KEY_ID or AWS_SECRET_ACCESS_KEY is not "
			"set and %s cannot be read: start Slipway with `slipway up`, then "
			"`. %s`",
			path, path);
	if (client->region == NULL)
		client->region = xstrdup("us-east-1");
	client->curl = curl_easy_init();
	if (client->curl == NULL)
		return err_set(err, ERR_SYSTEM, "libcurl cannot start");
	*ret_client = STEAL(client, NULL);
	return 0;
}

void client_free(struct client *client)
{
	if (client == NULL)
		return;
	if (client->curl != NULL)
		curl_easy_cleanup(client->curl);
	free(client->endpoint);
	free(client->key_id);
	free(client->secret);
	free(client->region);
	free(client->ca_bundle);
	buf_done(&client->answer);
	free(client);
}

void client_freep(struct client **client)
{
	client_free(*client);
	*client = NULL;
}

const char *client_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));
	return text != NULL ? text : "";
}

/* One exchange; the answer's bytes are in client->answer. */
static int perform(struct client *client, const char *url, struct err *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	buf_clear(&client->answer);
	err_clear(&client->answer_err);
	curl_easy_setopt(client->curl, CURLOPT_URL, url);
	curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, detail);
	curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_answer);
	curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, client);
	curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, (long)CLIENT_TIMEOUT_S);
	curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(client->curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(client->curl, CURLOPT_PROTOCOLS_STR, "https");
	if (client->ca_bundle != NULL)
		curl_easy_setopt(client->curl, CURLOPT_CAINFO, client->ca_bundle);
	CURLcode code = curl_easy_perform(client->curl);
	curl_easy_setopt(client->curl, CURLOPT_ERRORBUFFER, NULL);
	if (client->answer_err.code != ERR_NONE) {
		*err = client->answer_err;
		return -1;
	}
	if (code != CURLE_OK)
		return err_set(err, ERR_UNAVAILABLE, "%s: %s", url,
			       detail[0] != '\0' ? detail : curl_easy_strerror(code));
	return 0;
}

/* Turn the body of a refusal into an error. */
static int refusal(json_t *answer, long status, struct err *err)
{
	const char *type = json_string_value(json_object_get(answer, "__type"));
	const char *message = json_string_value(json_object_get(answer, "message"));
	if (message == NULL)
		message = json_string_value(json_object_get(answer, "Message"));
	return err_set(err, status >= 500 ? ERR_UNAVAILABLE : ERR_INVALID, "%s: %s",
		       type != NULL ? type : "error", message != NULL ? message : "no message");
}

static const char *target_prefix(const char *service)
{
	for (size_t i = 0; i < ARRAY_LEN(services); i++) {
		if (strcmp(services[i].service, service) == 0)
			return services[i].target;
	}
	return NULL;
}

int client_call(struct client *client, const char *service, const char *operation, json_t *input,
		json_t **ret_output, struct err *err)
{
	AUTO(json_decrefp) json_t *owned_input = input;
	AUTO(freep) char *body = json_dumps(owned_input, JSON_COMPACT);
	const char *prefix = target_prefix(service);
	if (body == NULL || prefix == NULL)
		return err_set(err, ERR_INVALID, "cannot write the request of %s", operation);
	AUTO(freep) char *target = xasprintf("X-Amz-Target: %s.%s", prefix, operation);
	AUTO(freep) char *sign = xasprintf("aws:amz:%s:%s", client->region, service);
	AUTO(freep) char *password = xasprintf("%s:%s", client->key_id, client->secret);
	AUTO(freep) char *url = xasprintf("%s/", client->endpoint);

	curl_easy_reset(client->curl);
	struct curl_slist *headers =
		curl_slist_append(NULL, "Content-Type: application/x-amz-json-1.1");
	headers = curl_slist_append(headers, target);
	curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(client->curl, CURLOPT_AWS_SIGV4, sign);
	curl_easy_setopt(client->curl, CURLOPT_USERPWD, password);
	curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
	int result = perform(client, url, err);
	curl_slist_free_all(headers);
	if (result < 0)
		return err_wrap(err, "%s", operation);

	long status = 0;
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	AUTO(json_decrefp) json_t *answer = NULL;
	if (shape_parse((const char *)client->answer.data, client->answer.len, &answer, err) < 0)
		return err_wrap(err, "answer of %s (HTTP %ld)", operation, status);
	if (status != 200)
		return refusal(answer, status, err);
	*ret_output = STEAL(answer, NULL);
	return 0;
}

int client_health(struct client *client, struct err *err)
{
	AUTO(freep) char *url = xasprintf("%s/healthz", client->endpoint);
	curl_easy_reset(client->curl);
	if (perform(client, url, err) < 0)
		return -1;
	long status = 0;
	curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
	if (status != 200)
		return err_set(err, ERR_UNAVAILABLE, "%s answered %ld", url, status);
	return 0;
}
