/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers. JSON 1.1 is the object itself; an error is {"__type", "message"} and
 * the type again in a header, because some clients read one and some the other.
 * restJson1 has the type in the header alone, "Message", and a status for each type.
 * The query protocol wraps the members of the same object in XML elements, so
 * that handlers know of no protocol. Its errors have names of their own for what
 * comes before the operation, and the status 403 with them.
 *
 * An answer that would grow over its body's maximum becomes a server error
 * instead. Headers that every answer has (the date, the request's id) are put by
 * whoever sends it.
 */
#include "gateway/api_answer.h"

#include <string.h>

#include "core/json_write.h"
#include "gateway/json_out.h"

#define JSON_TYPE "application/x-amz-json-1.1"
#define REST_TYPE "application/json"
#define XML_TYPE  "text/xml"

static void begin(int status, const char *content_type, struct response *response)
{
	buf_clear(&response->body);
	response->status = status;
	response->content_type = content_type;
	response->header_count = 0;
}

/* Names of errors in the query protocol where they differ. */
static const struct query_error {
	const char *type, *code;
	int status;
} query_errors[] = {
	{"MissingAuthenticationTokenException", "MissingAuthenticationToken", 403},
	{"IncompleteSignatureException", "IncompleteSignature", 403},
	{"UnrecognizedClientException", "InvalidClientTokenId", 403},
	{"InvalidSignatureException", "SignatureDoesNotMatch", 403},
	{"AccessDeniedException", "AccessDenied", 403},
	{"UnknownOperationException", "InvalidAction", 400},
	{"SerializationException", "MalformedQueryString", 400},
	{"ServerException", "InternalFailure", 500},
};

static int append_escaped(struct buf *buf, const char *text, struct err *err)
{
	for (; *text != '\0'; text++) {
		const char *escaped = NULL;
		int result;

		if (*text == '&')
			escaped = "&amp;";
		else if (*text == '<')
			escaped = "&lt;";
		else if (*text == '>')
			escaped = "&gt;";
		else if (*text == '"')
			escaped = "&quot;";
		else if ((unsigned char)*text < ' ' && *text != '\t' && *text != '\n')
			escaped = "?"; /* XML has no way to write it */
		result = escaped ? buf_append_text(buf, escaped, err)
				 : buf_append(buf, text, 1, err);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int append_element(struct buf *buf, const char *name, const char *text, struct err *err)
{
	if (buf_printf(buf, err, "<%s>", name) < 0 || append_escaped(buf, text, err) < 0)
		return -1;
	return buf_printf(buf, err, "</%s>", name);
}

static int append_xml(const struct service *service, const char *operation,
		      const struct request *request, const json_t *output, struct buf *buf,
		      struct err *err)
{
	/* jansson's iteration takes no const; nothing is changed. */
	json_t *object = (json_t *)(uintptr_t)output;
	const char *name;
	json_t *value;

	if (buf_printf(buf, err, "<%sResponse xmlns=\"%s\"><%sResult>", operation,
		       service->xml_namespace, operation) < 0)
		return -1;
	json_object_foreach (object, name, value) {
		if (append_element(buf, name, json_string_value(value), err) < 0)
			return -1;
	}
	if (buf_printf(buf, err, "</%sResult><ResponseMetadata>", operation) < 0 ||
	    append_element(buf, "RequestId", request->id, err) < 0)
		return -1;
	return buf_printf(buf, err, "</ResponseMetadata></%sResponse>\n", operation);
}

static int append_xml_error(const struct service *service, const struct request *request,
			    const struct query_error *named, const char *message, struct buf *buf,
			    struct err *err)
{
	if (buf_printf(buf, err, "<ErrorResponse xmlns=\"%s\"><Error><Type>%s</Type>",
		       service->xml_namespace, named->status < 500 ? "Sender" : "Receiver") < 0 ||
	    append_element(buf, "Code", named->code, err) < 0 ||
	    append_element(buf, "Message", message, err) < 0 ||
	    buf_append_text(buf, "</Error>", err) < 0 ||
	    append_element(buf, "RequestId", request->id, err) < 0)
		return -1;
	return buf_append_text(buf, "</ErrorResponse>\n", err);
}

static void answer_xml_error(const struct service *service, const struct request *request,
			     const struct api_error *error, struct response *response)
{
	struct query_error named = {error->type, error->type, error->status};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(query_errors); i++) {
		if (strcmp(query_errors[i].type, error->type) == 0)
			named = query_errors[i];
	}
	begin(named.status, XML_TYPE, response);
	if (append_xml_error(service, request, &named, error->message, &response->body, &err) < 0)
		buf_clear(&response->body); /* the status says it as well */
}

/* What is not 400, or has another name, in restJson1. */
static const struct rest_error {
	const char *type, *name;
	int status;
} rest_errors[] = {
	{"AccessDeniedException", "AccessDeniedException", 403},
	{"ConflictException", "ConflictException", 409},
	{"IncompleteSignatureException", "IncompleteSignatureException", 403},
	{"InvalidSignatureException", "InvalidSignatureException", 403},
	{"MissingAuthenticationTokenException", "MissingAuthenticationTokenException", 403},
	{"ResourceNotFoundException", "ResourceNotFoundException", 404},
	{"ServerException", "InternalServerException", 500},
	{"ServiceQuotaExceededException", "ServiceQuotaExceededException", 402},
	{"ThrottlingException", "ThrottlingException", 429},
	{"UnknownOperationException", "UnknownOperationException", 404},
	{"UnrecognizedClientException", "UnrecognizedClientException", 403},
};

static void answer_rest_error(const struct api_error *error, struct response *response)
{
	AUTO(json_decrefp) json_t *body = out_object();
	AUTO(freep) char *text = NULL;
	struct rest_error named = {error->type, error->type, error->status};
	struct err err = ERR_INIT;

	for (size_t i = 0; i < ARRAY_LEN(rest_errors); i++) {
		if (strcmp(rest_errors[i].type, error->type) == 0)
			named = rest_errors[i];
	}
	begin(named.status, REST_TYPE, response);
	response->headers[response->header_count++] =
		(struct header){"x-amzn-errortype", named.name};
	out_put(body, "Message", out_string(error->message));
	text = out_dump(body);
	if (buf_append_text(&response->body, text, &err) < 0)
		buf_clear(&response->body); /* the status and the header say it as well */
}

void api_answer_error(const struct service *service, const struct request *request,
		      const struct api_error *error, const json_t *extra, struct response *response)
{
	AUTO(json_decrefp) json_t *body = NULL;
	AUTO(freep) char *text = NULL;
	struct err err = ERR_INIT;

	if (service && service->protocol == API_QUERY) {
		answer_xml_error(service, request, error, response);
		return;
	}
	if (service && service->protocol == API_REST) {
		answer_rest_error(error, response);
		return;
	}
	begin(error->status, JSON_TYPE, response);
	response->headers[response->header_count++] =
		(struct header){"x-amzn-errortype", error->type};
	body = out_object();
	out_put(body, "__type", out_string(error->type));
	out_put(body, "message", out_string(error->message));
	if (extra && json_object_update_missing(body, (json_t *)(uintptr_t)extra) < 0)
		abort();
	text = out_dump(body);
	if (buf_append_text(&response->body, text, &err) < 0)
		buf_clear(&response->body); /* the status and the header say it as well */
}

void api_answer(const struct service *service, const char *operation, const struct request *request,
		const json_t *output, struct response *response)
{
	static const struct api_error too_large = {
		.status = 500, .type = "ServerException", .message = "The answer is too large."};
	struct err err = ERR_INIT;
	int result;

	if (service && service->protocol == API_QUERY) {
		begin(200, XML_TYPE, response);
		result = append_xml(service, operation, request, output, &response->body, &err);
	} else {
		begin(200, service && service->protocol == API_REST ? REST_TYPE : JSON_TYPE,
		      response);
		result = output ? json_write(&response->body, output, &err)
				: buf_append_text(&response->body, "{}", &err);
	}
	if (result < 0)
		api_answer_error(service, request, &too_large, NULL, response);
}
