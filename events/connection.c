/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts become parts of requests, so what could end a header or a line is refused here, before it
 * is kept; and so is a header that would change how a request is carried.
 */
#include "events/connection.h"

#include <string.h>
#include <strings.h>

#define TEXT_MAX     512 /* the API's, in characters, four bytes each at most */
#define ENDPOINT_MAX 2048
#define LIST_MAX     100
#define SCHEME	     "https://"

#define AS_WORD(name) #name,
const char *const connection_kind_words[] = {CONNECTION_KINDS(AS_WORD) NULL};
const char *const connection_token_methods[] = {"GET", "POST", "PUT", NULL};

static const struct shape_field parameter_fields[] = {
	TEXT(struct connection_parameter, key, "Key", 0, TEXT_MAX * 4, 0),
	TEXT(struct connection_parameter, value, "Value", 0, TEXT_MAX * 4, 0),
	BOOL(struct connection_parameter, is_secret, "IsValueSecret", 0),
};
static const struct shape parameter_shape = SHAPE_OF(struct connection_parameter, parameter_fields);
static const struct shape_field http_fields[] = {
	LIST(struct connection_http, headers, "HeaderParameters", &parameter_shape, 0, LIST_MAX, 0),
	LIST(struct connection_http, query, "QueryStringParameters", &parameter_shape, 0, LIST_MAX,
	     0),
	LIST(struct connection_http, body, "BodyParameters", &parameter_shape, 0, LIST_MAX, 0),
};
static const struct shape http_shape = SHAPE_OF(struct connection_http, http_fields);
static const struct shape_field basic_fields[] = {
	TEXT(struct connection_basic, user, "Username", 1, TEXT_MAX, SHAPE_REQUIRED),
	TEXT(struct connection_basic, password, "Password", 1, TEXT_MAX, SHAPE_REQUIRED),
};
static const struct shape basic_shape = SHAPE_OF(struct connection_basic, basic_fields);
static const struct shape_field client_fields[] = {
	TEXT(struct connection_client, id, "ClientID", 1, TEXT_MAX, SHAPE_REQUIRED),
	TEXT(struct connection_client, secret, "ClientSecret", 1, TEXT_MAX, SHAPE_REQUIRED),
};
static const struct shape client_shape = SHAPE_OF(struct connection_client, client_fields);
static const struct shape_field oauth_fields[] = {
	OBJECT(struct connection_oauth, client, "ClientParameters", &client_shape, SHAPE_REQUIRED),
	TEXT(struct connection_oauth, endpoint, "AuthorizationEndpoint", 1, ENDPOINT_MAX,
	     SHAPE_REQUIRED),
	WORD(struct connection_oauth, method, "HttpMethod", connection_token_methods,
	     SHAPE_REQUIRED),
	OBJECT(struct connection_oauth, http, "OAuthHttpParameters", &http_shape, 0),
};
static const struct shape oauth_shape = SHAPE_OF(struct connection_oauth, oauth_fields);
static const struct shape_field key_fields[] = {
	TEXT(struct connection_key, name, "ApiKeyName", 1, TEXT_MAX, SHAPE_REQUIRED),
	TEXT(struct connection_key, value, "ApiKeyValue", 1, TEXT_MAX, SHAPE_REQUIRED),
};
static const struct shape key_shape = SHAPE_OF(struct connection_key, key_fields);
static const struct shape_field fields[] = {
	OBJECT_SEEN(struct connection, basic, has_basic, "BasicAuthParameters", &basic_shape),
	OBJECT_SEEN(struct connection, oauth, has_oauth, "OAuthParameters", &oauth_shape),
	OBJECT_SEEN(struct connection, key, has_key, "ApiKeyAuthParameters", &key_shape),
	OBJECT(struct connection, http, "InvocationHttpParameters", &http_shape, 0),
	REFUSED("ConnectivityParameters"),
};
const struct shape connection_shape = SHAPE_OF(struct connection, fields);

enum connection_kind connection_kind_of(const char *word)
{
	size_t i = 0;

	while (i < CONNECTION_KIND_COUNT && strcmp(connection_kind_words[i], word) != 0)
		i++;
	return (enum connection_kind)i;
}

/* --- texts --- */

bool connection_header_name_ok(const char *name)
{
	static const char token[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static const char *const ours[] = {
		"connection", "content-length",
		"expect",     "host",
		"keep-alive", "te",
		"trailer",    "transfer-encoding",
		"upgrade",    "proxy-authorization",
	};

	if (name[0] == '\0' || name[strspn(name, token)] != '\0')
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		if (strcasecmp(name, ours[i]) == 0)
			return false;
	}
	return true;
}

bool connection_header_value_ok(const char *value)
{
	for (const char *at = value; *at; at++) {
		if ((*at < ' ' && *at != '\t') || *at > '~')
			return false;
	}
	return true;
}

static bool is_plain(const char *text)
{
	for (const char *at = text; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	}
	return text[0] != '\0';
}

int connection_endpoint_check(const char *url, struct err *err)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-()_.!~*';/?:@&=+$,%";
	const char *host = url + strlen(SCHEME);
	size_t len;

	if (strncmp(url, SCHEME, strlen(SCHEME)) != 0)
		return err_set(err, ERR_INVALID, "it must begin with " SCHEME);
	len = strcspn(host, "/?");
	if (len == 0 || memchr(host, '@', len) || memchr(host, '*', len))
		return err_set(err, ERR_INVALID, "it must name a host, and no user");
	if (url[strspn(url, letters)] != '\0')
		return err_set(err, ERR_INVALID, "it has a character that a URL may not have");
	return 0;
}

/* --- parameters --- */

static int fail(struct err *err, const char *where, const char *what)
{
	return err_set(err, ERR_INVALID, "AuthParameters.%s %s", where, what);
}

static int check_headers(const char *where, const struct shape_list *list, struct err *err)
{
	const struct connection_parameter *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (!items[i].key || !connection_header_name_ok(items[i].key) || !items[i].value ||
		    !connection_header_value_ok(items[i].value))
			return err_set(
				err, ERR_INVALID,
				"AuthParameters.%s.HeaderParameters[%zu] must have a Key that "
				"may be set and a Value of printable characters",
				where, i);
	}
	return 0;
}

static int check_texts(const char *where, const char *member, const struct shape_list *list,
		       struct err *err)
{
	const struct connection_parameter *items = list->items;

	for (size_t i = 0; i < list->count; i++) {
		if (!items[i].key || !is_plain(items[i].key) || !items[i].value)
			return err_set(err, ERR_INVALID,
				       "AuthParameters.%s.%s[%zu] must have a Key and a Value",
				       where, member, i);
	}
	return 0;
}

static int check_http(const char *where, const struct connection_http *http, struct err *err)
{
	if (check_headers(where, &http->headers, err) < 0 ||
	    check_texts(where, "QueryStringParameters", &http->query, err) < 0)
		return -1;
	return check_texts(where, "BodyParameters", &http->body, err);
}

static int check_oauth(const struct connection_oauth *oauth, struct err *err)
{
	struct err why = ERR_INIT;

	if (!is_plain(oauth->client.id) || strchr(oauth->client.id, ':') ||
	    !is_plain(oauth->client.secret))
		return fail(err, "OAuthParameters.ClientParameters",
			    "must have no control characters, and ClientID no colon");
	if (connection_endpoint_check(oauth->endpoint, &why) < 0)
		return fail(err, "OAuthParameters.AuthorizationEndpoint is not valid:", why.text);
	return check_http("OAuthParameters.OAuthHttpParameters", &oauth->http, err);
}

static int check_basic(const struct connection_basic *basic, struct err *err)
{
	if (!is_plain(basic->user) || strchr(basic->user, ':') || !is_plain(basic->password))
		return fail(err, "BasicAuthParameters",
			    "must have no control characters, and Username no colon");
	return 0;
}

static int check_key(const struct connection_key *key, struct err *err)
{
	if (!connection_header_name_ok(key->name) || !connection_header_value_ok(key->value))
		return fail(err, "ApiKeyAuthParameters",
			    "must have an ApiKeyName that is a header which may be set, and an "
			    "ApiKeyValue of printable characters");
	return 0;
}

int connection_check(enum connection_kind kind, const struct connection *connection,
		     struct err *err)
{
	const struct {
		const char *name;
		bool given;
	} members[] = {
		[CONNECTION_BASIC] = {"BasicAuthParameters", connection->has_basic},
		[CONNECTION_OAUTH_CLIENT_CREDENTIALS] = {"OAuthParameters", connection->has_oauth},
		[CONNECTION_API_KEY] = {"ApiKeyAuthParameters", connection->has_key},
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		if (members[i].given != (i == (size_t)kind))
			return err_set(err, ERR_INVALID,
				       "AuthParameters.%s must %s with AuthorizationType %s",
				       members[i].name,
				       members[i].given ? "not be given" : "be given",
				       connection_kind_words[kind]);
	}
	if ((connection->has_basic && check_basic(&connection->basic, err) < 0) ||
	    (connection->has_oauth && check_oauth(&connection->oauth, err) < 0) ||
	    (connection->has_key && check_key(&connection->key, err) < 0))
		return -1;
	return check_http("InvocationHttpParameters", &connection->http, err);
}

/* --- what may be seen --- */

static void hide_lists(json_t *http)
{
	const char *name;
	json_t *list;
	json_t *item;
	size_t i;

	json_object_foreach (http, name, list) {
		json_array_foreach (list, i, item) {
			if (json_is_true(json_object_get(item, "IsValueSecret")))
				(void)json_object_del(item, "Value");
		}
	}
}

json_t *connection_shown(const json_t *parameters)
{
	json_t *shown = json_deep_copy(parameters);
	json_t *oauth = json_object_get(shown, "OAuthParameters");

	/* What is not there need not be taken away. */
	(void)json_object_del(json_object_get(shown, "BasicAuthParameters"), "Password");
	(void)json_object_del(json_object_get(shown, "ApiKeyAuthParameters"), "ApiKeyValue");
	(void)json_object_del(json_object_get(oauth, "ClientParameters"), "ClientSecret");
	hide_lists(json_object_get(oauth, "OAuthHttpParameters"));
	hide_lists(json_object_get(shown, "InvocationHttpParameters"));
	return shown;
}
