/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reference after the other is looked up with the task's own account, whatever an ARN
 * says: one of another account or region is refused, never read. Reasons are worded as the
 * service's, which tells the operation that failed and not the value.
 */
#include "provisioner/task_secrets.h"

#include <string.h>

#include "core/clock.h"
#include "core/shape.h"
#include "core/wipe.h"
#include "store/log_router.h"
#include "store/parameter.h"
#include "store/secret.h"
#include "store/secret_reference.h"

#define ARENA_MAX (4u * 1024 * 1024) /* more than fits a description */
#define REASON                                                                                     \
	"ResourceInitializationError: unable to pull secrets or registry auth: execution "         \
	"resource retrieval failed: "
#define ASM	REASON "unable to retrieve secret from asm: "
#define RETRIED "service call has been retried 1 time(s): "
#define FETCH	ASM RETRIED "failed to fetch secret %.512s from secrets manager: "
#define SSM	REASON "unable to retrieve secrets from ssm: " RETRIED

struct task_secrets {
	struct arena *arena;
	struct container_secrets containers[TASK_CONTAINERS_MAX];
};

struct reading {
	struct db *db;
	const struct seal_key *key;
	const char *region, *account;
	struct arena *arena;
};

bool task_secrets_needed(const struct task_spec *spec)
{
	const struct spec_container *containers = spec->containers.items;

	for (size_t i = 0; i < spec->containers.count; i++) {
		if (containers[i].secrets.count > 0 || containers[i].env_files.count > 0 ||
		    containers[i].log.secrets.count > 0 || shape_given(containers[i].credentials))
			return true;
	}
	return false;
}

void task_secrets_free(struct task_secrets *secrets)
{
	if (secrets)
		arena_free(secrets->arena);
	free(secrets);
}

void task_secrets_freep(struct task_secrets **secrets)
{
	task_secrets_free(*secrets);
	*secrets = NULL;
}

const struct container_secrets *task_secrets_of(const struct task_secrets *secrets,
						size_t container)
{
	return secrets ? &secrets->containers[container] : NULL;
}

struct container_secrets *task_secrets_at(struct task_secrets *secrets, size_t container)
{
	return &secrets->containers[container];
}

struct arena *task_secrets_arena(struct task_secrets *secrets)
{
	return secrets->arena;
}

/* What no other try would mend. */
static bool is_final(const struct err *err)
{
	return err->code == ERR_NOT_FOUND || err->code == ERR_INVALID || err->code == ERR_DENIED ||
	       err->code == ERR_CORRUPT || err->code == ERR_UNAVAILABLE || err->code == ERR_LIMIT;
}

static int read_parameter(const struct reading *reading, const struct secret_reference *reference,
			  const char **ret_value, struct err *err)
{
	int64_t version = secret_reference_version(reference);
	const char *slashed = arena_printf(reading->arena, "/%s", reference->name);
	struct parameter parameter;
	struct err why = ERR_INIT;
	int result = -1;

	if (!secret_reference_is_of(reference, reading->region, reading->account))
		return err_set(err, ERR_NOT_FOUND,
			       SSM "AccessDeniedException: %.512s is of another account or region",
			       reference->name);
	if (version >= 0)
		result =
			parameter_find(reading->db, reading->key, reading->account, reference->name,
				       version, PARAMETER_OPEN, reading->arena, &parameter, &why);
	/* The ARN of "/a" and of "a" is the same. */
	if (result < 0 && why.code == ERR_NOT_FOUND && reference->account && slashed) {
		err_clear(&why);
		result = parameter_find(reading->db, reading->key, reading->account, slashed,
					version, PARAMETER_OPEN, reading->arena, &parameter, &why);
	}
	if (result == 0) {
		*ret_value = parameter.value;
		return 0;
	}
	if (version < 0 || why.code == ERR_NOT_FOUND || why.code == ERR_INVALID)
		return err_set(err, ERR_NOT_FOUND, SSM "invalid ssm parameters: %.512s%s%.64s",
			       reference->name, reference->selector ? ":" : "",
			       reference->selector ? reference->selector : "");
	*err = why;
	return is_final(&why) ? err_set(err, ERR_NOT_FOUND, SSM "%.512s", why.text) : -1;
}

static int fail_secret(const struct secret_reference *reference, const struct err *why,
		       struct err *err)
{
	*err = *why;
	if (why->code == ERR_INVALID)
		return err_set(err, ERR_NOT_FOUND,
			       FETCH "InvalidRequestException: You provided a VersionStage that is "
				     "not associated to the provided VersionId.",
			       reference->arn);
	if (why->code == ERR_NOT_FOUND && reference->version_id)
		return err_set(err, ERR_NOT_FOUND,
			       FETCH "ResourceNotFoundException: Secrets Manager can't find the "
				     "specified secret value for VersionId: %.64s",
			       reference->arn, reference->version_id);
	if (why->code == ERR_NOT_FOUND)
		return err_set(err, ERR_NOT_FOUND,
			       FETCH "ResourceNotFoundException: Secrets Manager can't find the "
				     "specified secret value for staging label: %.256s",
			       reference->arn,
			       reference->stage ? reference->stage : SECRET_CURRENT);
	return is_final(why)
		       ? err_set(err, ERR_NOT_FOUND, FETCH "%.512s", reference->arn, why->text)
		       : -1;
}

static int find_secret(const struct reading *reading, const struct secret_reference *reference,
		       struct secret *ret_secret, struct err *err)
{
	if (!secret_reference_is_of(reference, reading->region, reading->account))
		return err_set(err, ERR_NOT_FOUND,
			       FETCH "AccessDeniedException: it is of another account or region",
			       reference->arn);
	if (secret_find(reading->db, reading->account, reference->name, clock_wall_ms(),
			reading->arena, ret_secret, err) < 0) {
		if (err->code != ERR_NOT_FOUND)
			return -1;
		return err_set(err, ERR_NOT_FOUND,
			       FETCH "ResourceNotFoundException: Secrets Manager can't find the "
				     "specified secret.",
			       reference->arn);
	}
	if (ret_secret->deleted_ms > 0)
		return err_set(err, ERR_NOT_FOUND,
			       FETCH "InvalidRequestException: You can't perform this operation on "
				     "the secret because it was marked for deletion.",
			       reference->arn);
	return 0;
}

/* The text of a member: of a text itself, of all else its JSON. */
static int take_member(const struct reading *reading, const struct secret_reference *reference,
		       const char *text, const char **ret_value, struct err *err)
{
	AUTO(json_decrefp) json_t *json = NULL;
	AUTO(wipe_freep) char *dumped = NULL;
	struct err why = ERR_INIT;
	const json_t *member = NULL;
	const char *value;

	/* What is wrong with it may quote it. */
	if (shape_parse(text, strlen(text), &json, &why) == 0)
		member = json_object_get(json, reference->json_key);
	explicit_bzero(&why, sizeof(why));
	if (!member)
		return err_set(err, ERR_NOT_FOUND,
			       ASM "retrieved secret from Secrets Manager did not contain json key "
				   "%.256s",
			       reference->json_key);
	value = json_string_value(member);
	if (!value) {
		dumped = json_dumps(member, JSON_ENCODE_ANY | JSON_COMPACT);
		value = dumped;
	}
	*ret_value = value ? arena_strdup(reading->arena, value) : NULL;
	return *ret_value ? 0 : err_set(err, ERR_NOT_FOUND, ASM "the secret is too large");
}

static int read_secret(const struct reading *reading, const struct secret_reference *reference,
		       const char **ret_value, struct err *err)
{
	struct secret_version version;
	struct secret secret;
	struct err why = ERR_INIT;

	if (find_secret(reading, reference, &secret, err) < 0)
		return -1;
	if (secret_read(reading->db, reading->key, reading->account, secret.name,
			reference->version_id, reference->stage, reading->arena, &version,
			&why) < 0)
		return ERR_FAILED(fail_secret(reference, &why, err));
	if (reference->json_key)
		return take_member(reading, reference, version.value, ret_value, err);
	*ret_value = version.value;
	return 0;
}

static int read_value(const struct reading *reading, const char *text, enum secret_service bare,
		      const char **ret_value, struct err *err)
{
	struct secret_reference reference;
	struct err why = ERR_INIT;

	if (secret_reference_parse(text, bare, reading->arena, &reference, &why) < 0)
		return err_set(err, ERR_NOT_FOUND, REASON "invalid reference %.512s: %.256s", text,
			       why.text);
	return reference.service == SECRET_OF_SSM
		       ? read_parameter(reading, &reference, ret_value, err)
		       : read_secret(reading, &reference, ret_value, err);
}

static int read_login(const struct reading *reading, const char *text,
		      struct image_login *ret_login, struct err *err)
{
	struct secret_reference member = {.json_key = "username"};
	const char *value;

	if (read_value(reading, text, SECRET_OF_MANAGER, &value, err) < 0 ||
	    take_member(reading, &member, value, &ret_login->user, err) < 0)
		return -1;
	member.json_key = "password";
	return take_member(reading, &member, value, &ret_login->password, err);
}

static int read_container(const struct reading *reading, const struct spec_container *container,
			  struct container_secrets *to, struct err *err)
{
	const struct spec_secret *secrets = container->secrets.items;
	size_t count = container->secrets.count;

	to->variables = arena_alloc(reading->arena, count * sizeof(*to->variables));
	if (!to->variables)
		return err_set(err, ERR_NOT_FOUND, REASON "too many secrets");
	for (; to->count < count; to->count++) {
		struct spec_variable *variable = &to->variables[to->count];

		variable->name = secrets[to->count].name;
		if (read_value(reading, secrets[to->count].value_from, SECRET_OF_SSM,
			       &variable->value, err) < 0)
			return -1;
	}
	to->has_login = shape_given(container->credentials);
	return to->has_login ? read_login(reading, container->credentials, &to->login, err) : 0;
}

static size_t count_log_secrets(const struct task_spec *spec)
{
	const struct spec_container *containers = spec->containers.items;
	size_t count = 0;

	for (size_t i = 0; i < spec->containers.count; i++)
		count += containers[i].log.secrets.count;
	return count;
}

static int read_log_secrets(const struct reading *reading, const struct spec_container *sender,
			    size_t index, struct container_secrets *to, struct err *err)
{
	const struct spec_secret *secrets = sender->log.secrets.items;

	for (size_t i = 0; i < sender->log.secrets.count; i++) {
		struct spec_variable *variable = &to->variables[to->count];

		variable->name =
			arena_printf(reading->arena, LOG_ROUTER_VARIABLE, secrets[i].name, index);
		if (!variable->name)
			return err_set(err, ERR_NOT_FOUND, REASON "too many secrets");
		if (read_value(reading, secrets[i].value_from, SECRET_OF_SSM, &variable->value,
			       err) < 0)
			return -1;
		to->count++;
	}
	return 0;
}

/* The log router has what its senders keep secret, behind its own. */
static int read_router(const struct reading *reading, const struct task_spec *spec,
		       struct container_secrets *to, struct err *err)
{
	const struct spec_container *containers = spec->containers.items;
	const struct spec_variable *own = to->variables;
	size_t count = to->count + count_log_secrets(spec);

	to->variables = arena_alloc(reading->arena, count * sizeof(*to->variables));
	if (!to->variables)
		return err_set(err, ERR_NOT_FOUND, REASON "too many secrets");
	if (to->count > 0)
		memcpy(to->variables, own, to->count * sizeof(*own));
	for (size_t i = 0; i < spec->containers.count; i++) {
		if (read_log_secrets(reading, &containers[i], i, to, err) < 0)
			return -1;
	}
	return 0;
}

int task_secrets_read(struct db *db, const struct seal_key *key, const char *region,
		      const char *account, const struct task_spec *spec,
		      struct task_secrets **ret_secrets, struct err *err)
{
	const struct spec_container *containers = spec->containers.items;
	AUTO(task_secrets_freep) struct task_secrets *secrets = xcalloc(1, sizeof(*secrets));
	struct reading reading = {db, key, region, account, NULL};

	secrets->arena = arena_new_secret(ARENA_MAX);
	reading.arena = secrets->arena;
	for (size_t i = 0; i < spec->containers.count && i < TASK_CONTAINERS_MAX; i++) {
		if (read_container(&reading, &containers[i], &secrets->containers[i], err) < 0)
			return -1;
		if (containers[i].firelens.present &&
		    read_router(&reading, spec, &secrets->containers[i], err) < 0)
			return -1;
	}
	*ret_secrets = STEAL(secrets, NULL);
	return 0;
}
