/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names and ARNs of schedules and their groups, as requests write them, and finding what they
 * mean. Failures are answered in the API's words.
 */
#ifndef SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_NAME_H
#define SLIPWAY_GATEWAY_SCHEDULER_SCHEDULE_NAME_H

#include "gateway/api.h"
#include "store/scheduler.h"

#define SCHEDULE_NAME_MAX  64	/* of schedules and groups; the API's */
#define SCHEDULE_GIVEN_MAX 1600 /* of what may be one; the message tells the rest */
#define SCHEDULE_GROUP_MAX 500
#define SCHEDULES_MAX	   100000 /* of an account */

#define SCHEDULE_VALIDATION "ValidationException"
#define SCHEDULE_NOT_FOUND  "ResourceNotFoundException"
#define SCHEDULE_CONFLICT   "ConflictException"
#define SCHEDULE_QUOTA	    "ServiceQuotaExceededException"

/* @given, the value of @member, has the characters and the length of a name. */
int schedule_name_check(struct call *call, const char *member, const char *given) MUST_CHECK;
/* The same of NamePrefix, which may be NULL. */
int schedule_prefix_check(struct call *call, const char *given) MUST_CHECK;

/* The group that @given means (NULL: the default one); it exists. */
int schedule_group_require(struct call *call, const char *given, struct scheduler_group *ret_group)
	MUST_CHECK;
/* The schedule @name of the group that @group_given means; it exists. */
int schedule_require(struct call *call, const char *group_given, const char *name,
		     struct scheduler_record *ret_schedule) MUST_CHECK;

struct schedule_arn {
	char text[256];
};
struct schedule_arn schedule_arn(const char *region, const struct scheduler_key *key);
struct schedule_arn schedule_group_arn(const struct call *call, const char *group);

/* The group of an ARN, which alone has tags: it exists. *ret_arn is its ARN as we write it. */
int schedule_tagged_require(struct call *call, const char *arn, struct schedule_arn *ret_arn)
	MUST_CHECK;

#endif
