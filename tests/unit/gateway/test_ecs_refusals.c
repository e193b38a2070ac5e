/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Task definitions that break a rule: each is refused in the API's words.
 */
#include "api_world.h"
#include "definition_text.h"

#define YET " is not supported by this Slipway yet."
#define AWSLOGS(group, prefix, more)                                                               \
	DEFINITION(",'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-group':'" group \
		   "','awslogs-region':'us-east-1','awslogs-stream-prefix':'" prefix "'" more      \
		   "}}",                                                                           \
		   "")
/* web depends on db. */
#define PAIR(condition, more)                                                                      \
	"{'family':'f','containerDefinitions':[" CONTAINER(                                        \
		",'dependsOn':[{'containerName':'db','condition':'" condition                      \
		"'}]") ",{'name':'db','image':'x'" more "}],'cpu':'256','memory':'512'" FARGATE    \
		       "}"
#define CHECK(more) DEFINITION(",'healthCheck':{'command':['CMD','x']," more "}", "")
#define BAD_CHECK                                                                                  \
	"Health check command must start with CMD or CMD-SHELL and name a command. Container: "    \
	"'web'"
#define ROLE	   ",'executionRoleArn':'execution'"
#define BAD_OPTION "Log driver awslogs, container 'web': option "

#define VOLUME	 ",'volumes':[{'name':'v'}]"
#define BAD_PATH "containerPath must be an absolute path below /. Container: 'web'"

/* web, whose log driver is awsfirelens with @options, and a router. */
#define ROUTED(options, router)                                                                    \
	"{'family':'f','containerDefinitions':[" CONTAINER(                                        \
		",'logConfiguration':{'logDriver':'awsfirelens'" options                           \
		"}") ",{'name':'router','image':'x'" router                                        \
		     "}],'cpu':'256','memory':'512'" ROLE VOLUME FARGATE "}"
#define BUFFERS_TOO_LARGE                                                                          \
	"The sum of all containers' log options 'max-buffer-size' and 'log-driver-buffer-limit' "  \
	"cannot be greater than half of the task-level 'memory' value"
#define ROUTER(options) ",'firelensConfiguration':{'type':'fluentbit','options':{" options "}}"
#define ROUTER_MOUNTING(path)                                                                      \
	ROUTED("", ",'mountPoints':[{'sourceVolume':'v','containerPath':'" path "'}]" ROUTER(""))

static const struct {
	const char *body, *message;
} refusals[] = {
	/* of every definition */
	{"{'containerDefinitions':[]}", "Family should not be null or empty."},
	{"{'family':'a b','containerDefinitions':[]}", "Family contains invalid characters."},
	{"{'family':'f','containerDefinitions':[]}", "Container list cannot be empty."},
	{"{'family':'f'}", "Container list cannot be empty."},
	{"{'family':'f','containerDefinitions':[{'image':'x','memory':1}]}",
	 "Container.name should not be null or empty."},
	{"{'family':'f','containerDefinitions':[{'name':'a','image':'','memory':1}]}",
	 "Container.image should not be null or empty."},
	{"{'family':'f','containerDefinitions':[{'name':'a/b','image':'x','memory':1}]}",
	 "Container.name contains invalid characters."},
	{"{'family':'f','containerDefinitions':[{'name':'a','image':'x'}]}",
	 "Invalid setting for container 'a'. At least one of 'memory' or 'memoryReservation' must "
	 "be specified."},
	{"{'family':'f','containerDefinitions':[{'name':'a','image':'x','memory':4,"
	 "'memoryReservation':8}]}",
	 "Invalid setting for container 'a'. 'memory' must be greater than or equal to "
	 "'memoryReservation'."},
	{"{'family':'f','containerDefinitions':[{'name':'a','image':'x','memory':4},{'name':'a',"
	 "'image':'x','memory':4}]}",
	 "Container names must be unique. Container: 'a'"},
	{"{'family':'f','containerDefinitions':[{'name':'a','image':'x','memory':4,"
	 "'essential':false}]}",
	 "Task definition doesn't have any essential container."},
	{"{'family':'f','containerDefinitions':'x'}", "containerDefinitions must be a list."},
	{"{'family':'f','containerDefinitions':[{'name':'a','image':'x','memory':'4'}]}",
	 "containerDefinitions[0].memory must be an integer."},
	{DEFINITION("", ",'tags':[]"), "Tags can not be empty."},
	{DEFINITION("", ",'tags':{'a':'b'}"), "tags must be a list."},
	{DEFINITION("", ",'tags':[{'key':''}]"), "tags[0].key must have from 1 to 128 characters."},
	{DEFINITION("", ",'executionRoleArn':'arn:aws:iam::1:user/x'"), "Role is not valid"},
	{DEFINITION("", ",'taskRoleArn':'<YOUR_ROLE>'"), "Role is not valid"},
	{DEFINITION("", ",'inferenceAccelerators':[{'deviceName':'x'}]"),
	 "Unsupported field 'inferenceAccelerators'"},
	{DEFINITION("", ",'ephemeralStorage':{'sizeInGiB':20}"),
	 "EphemeralStorage size should be at least 21"},
	{DEFINITION("", ",'ephemeralStorage':{'sizeInGiB':201}"),
	 "EphemeralStorage size should be at most 200"},
	{DEFINITION("", ",'ephemeralStorage':{}"), "ephemeralStorage.sizeInGiB is required."},
	{DEFINITION(",'portMappings':[{'containerPort':80,'hostPort':8080}]", ""),
	 "When networkMode=awsvpc, the host ports and container ports in port mappings must "
	 "match."},
	{DEFINITION(",'healthCheck':{}", ""),
	 "containerDefinitions[0].healthCheck.command is required."},
	{DEFINITION(",'healthCheck':{'command':['curl','x']}", ""), BAD_CHECK},
	{DEFINITION(",'healthCheck':{'command':['CMD-SHELL']}", ""), BAD_CHECK},
	{DEFINITION(",'healthCheck':{'command':['NONE','x']}", ""), BAD_CHECK},
	{CHECK("'interval':4"),
	 "containerDefinitions[0].healthCheck.interval must be from 5 to 300."},
	{CHECK("'interval':301"),
	 "containerDefinitions[0].healthCheck.interval must be from 5 to 300."},
	{CHECK("'timeout':1"), "containerDefinitions[0].healthCheck.timeout must be from 2 to 60."},
	{CHECK("'retries':11"),
	 "containerDefinitions[0].healthCheck.retries must be from 1 to 10."},
	{CHECK("'startPeriod':301"),
	 "containerDefinitions[0].healthCheck.startPeriod must be from 0 to 300."},
	{DEFINITION(",'restartPolicy':{}", ""),
	 "containerDefinitions[0].restartPolicy.enabled is required."},
	{DEFINITION(",'restartPolicy':{'enabled':true,'restartAttemptPeriod':59}", ""),
	 "containerDefinitions[0].restartPolicy.restartAttemptPeriod must be from 60 to 1800."},
	{DEFINITION(",'restartPolicy':{'enabled':true,'ignoredExitCodes':['0']}", ""),
	 "containerDefinitions[0].restartPolicy.ignoredExitCodes[0] must be an integer."},
	{DEFINITION(",'dependsOn':[{'containerName':'x','condition':'START'}]", ""),
	 "Cannot depend on container + 'x' because it does not exist"},
	{DEFINITION(",'dependsOn':[{'containerName':'web','condition':'UP'}]", ""),
	 "containerDefinitions[0].dependsOn[0].condition must be one of "
	 "[START,COMPLETE,SUCCESS,HEALTHY]."},
	{DEFINITION(",'dependsOn':[{'containerName':'web','condition':'START'}]", ""),
	 "Container dependsOn contains a cycle"},
	{PAIR("SUCCESS", ""), "A dependency container with SUCCESS or COMPLETE condition cannot be "
			      "an essential container"},
	{PAIR("COMPLETE", ""), "A dependency container with SUCCESS or COMPLETE condition cannot "
			       "be an essential container"},
	{PAIR("HEALTHY", ""),
	 "A dependency container with HEALTHY condition must have health check configured"},
	{PAIR("START", ",'dependsOn':[{'containerName':'web','condition':'START'}]"),
	 "Container dependsOn contains a cycle"},
	{DEFINITION(",'portMappings':[{'containerPort':1,'containerPortRange':'1-2'}]", ""),
	 "portMappings[0] cannot have a containerPortRange and a containerPort or hostPort. "
	 "Container: 'web'"},
	{DEFINITION(",'portMappings':[{'protocol':'tcp'}]", ""),
	 "portMappings[0] needs a containerPort or a containerPortRange. Container: 'web'"},
	{DEFINITION(",'portMappings':[{'containerPortRange':'9-8'}]", ""),
	 "Invalid 'containerPortRange' setting '9-8'. Container: 'web'"},
	{DEFINITION(",'portMappings':[{'containerPort':80,'protocol':'http'}]", ""),
	 "containerDefinitions[0].portMappings[0].protocol must be one of [tcp,udp]."},
	{DEFINITION(",'portMappings':[{'containerPort':0}]", ""),
	 "containerDefinitions[0].portMappings[0].containerPort must be from 1 to 65535."},
	{DEFINITION(",'portMappings':[{'containerPort':1,'name':'x'},{'containerPort':2,'name':'x'"
		    "}]",
		    ""),
	 "port mapping name is already used"},
	{DEFINITION(",'links':['x']", ""), "Links are not supported when networkMode=awsvpc"},
	{DEFINITION(",'hostname':'x'", ""),
	 "The hostname is not supported on container when networkMode=awsvpc"},
	{DEFINITION(",'stopTimeout':1", ""),
	 "Granular stop timeout on container 'web' must be at least 2 seconds."},
	{DEFINITION(",'environment':[{'value':'x'}]", ""),
	 "Environment variable name should not be null or empty or hold '='. Container: 'web', "
	 "environment[0].name"},
	{DEFINITION(",'environment':[{'name':'x','value':7}]", ""),
	 "containerDefinitions[0].environment[0].value must be a string."},
	{DEFINITION(",'command':'ls -l'", ""),
	 "containerDefinitions[0].command must be a list of strings."},
	{DEFINITION("", ",'volumes':[{}]"), "Volume.name should not be null or empty."},
	{DEFINITION("", ",'volumes':[{'name':'a.b'}]"), "Volume.name contains invalid characters."},
	{DEFINITION("", ",'volumes':[{'name':'v'},{'name':'v'}]"),
	 "Volume names must be unique. Volume: 'v'"},
	{DEFINITION(",'mountPoints':[{'sourceVolume':'x','containerPath':'/x'}]",
		    ",'volumes':[{'name':'v'}]"),
	 "Unknown volume 'x'."},
	{DEFINITION(MOUNTED("x"), VOLUME), BAD_PATH},
	{DEFINITION(MOUNTED("//"), VOLUME), BAD_PATH},
	{DEFINITION(",'mountPoints':[{'sourceVolume':'v'}]", VOLUME), BAD_PATH},
	{DEFINITION(",'mountPoints':[{'sourceVolume':'v','containerPath':'/x'},"
		    "{'sourceVolume':'v','containerPath':'/x'}]",
		    VOLUME),
	 "Duplicate mount point: /x. Container: 'web'"},
	{DEFINITION(",'mountPoints':[{'sourceVolume':'v','containerPath':'/x/'},"
		    "{'sourceVolume':'v','containerPath':'//x'}]",
		    VOLUME),
	 "Duplicate mount point: //x. Container: 'web'"},
	{DEFINITION(MOUNTED("/x/") ",'linuxParameters':{'tmpfs':[{'containerPath':'/x','size':1}]}",
		    VOLUME),
	 "Duplicate mount point: /x. Container: 'web'"},
	{DEFINITION(MOUNTED("/x/.."), VOLUME), BAD_PATH},
	{DEFINITION(",'volumesFrom':[{'sourceContainer':'x'}]", ""),
	 "Invalid 'volumesFrom' setting. Unknown container: 'x'"},
	{DEFINITION(",'volumesFrom':[{'sourceContainer':'web'}]", ""),
	 "Invalid 'volumesFrom' setting. Container 'web' takes volumes from itself."},
	{"{'family':'f','containerDefinitions':["
	 "{'name':'a','image':'x','memory':4,'volumesFrom':[{'sourceContainer':'b'}]},"
	 "{'name':'b','image':'x','memory':4,'volumesFrom':[{'sourceContainer':'c'}]},"
	 "{'name':'c','image':'x','memory':4,'volumesFrom':[{'sourceContainer':'b'}]}]}",
	 "Invalid 'volumesFrom' setting. Container 'b' takes volumes from itself."},
	{DEFINITION(",'systemControls':[{'namespace':'net.x'}]", ""),
	 "SystemControl.namespace and SystemControl.value should not be null or empty. Container: "
	 "'web'"},
	{DEFINITION(",'systemControls':[{'namespace':'kernel.panic','value':'1'}]", ""),
	 "System control 'kernel.panic' is not a namespaced kernel parameter. Container: 'web'"},
	{DEFINITION(",'systemControls':[{'namespace':'net.x','value':'1\\n2'}]", ""),
	 "The value of system control 'net.x' is not one line of at most 255 bytes. Container: "
	 "'web'"},
	{DEFINITION(",'linuxParameters':{'capabilities':{'drop':['FLY']}}", ""),
	 "FLY is not a Linux capability. Container: 'web'"},
	{DEFINITION(",'linuxParameters':{'tmpfs':[{'containerPath':'/t'}]}", ""),
	 "containerDefinitions[0].linuxParameters.tmpfs[0].size is required."},
	{DEFINITION(",'linuxParameters':{'tmpfs':[{'containerPath':'/t','size':1,"
		    "'mountOptions':['mode=9']}]}",
		    ""),
	 "Invalid tmpfs mount option 'mode=9'. Container: 'web'"},

	/* of Fargate */
	{"{'family':'f','containerDefinitions':[" CONTAINER(
		 ",'memory':4") "],"
				"'requiresCompatibilities':['FARGATE'],'cpu':'256','memory':'512'}",
	 "Fargate only supports network mode \xe2\x80\x98"
	 "awsvpc\xe2\x80\x99."},
	{"{'family':'f','containerDefinitions':[" CONTAINER("") "],'memory':'512'" FARGATE "}",
	 "Fargate requires that 'cpu' be defined at the task level."},
	{"{'family':'f','containerDefinitions':[" CONTAINER(",'memory':4") "],'cpu':'256'" FARGATE
									   "}",
	 "Fargate requires that 'memory' be defined at the task level."},
	{"{'family':'f','containerDefinitions':[" CONTAINER(
		 "") "],'cpu':'256','memory':'4096'" FARGATE "}",
	 "No Fargate configuration exists for given values: 256 CPU, 4096 memory. See the Amazon "
	 "ECS documentation for the valid values."},
	{DEFINITION(",'memory':513", ""),
	 "The 'memory' setting for container 'web' is greater than for the task."},
	{DEFINITION(",'cpu':257", ""),
	 "The sum of all container 'cpu' values cannot be greater than the task-level 'cpu' "
	 "value"},
	{DEFINITION("", ",'pidMode':'host'"),
	 "Tasks using the Fargate launch type do not support pidMode 'host'. The supported value "
	 "for pidMode is 'task'."},
	{DEFINITION("", ",'ipcMode':'none'"),
	 "Tasks using the Fargate launch type do not support ipcMode."},
	{DEFINITION("", ",'placementConstraints':[{'type':'memberOf'}]"),
	 "Fargate compatible task definitions do not support constraints"},
	{DEFINITION("", ",'volumes':[{'name':'v','host':{'sourcePath':'/'}}]"),
	 "Fargate compatible task definitions do not support sourcePath"},
	{DEFINITION("", ",'volumes':[{'name':'v','dockerVolumeConfiguration':{'scope':'task'}}]"),
	 "Fargate compatible task definitions do not support dockerVolumeConfiguration"},
	{DEFINITION(",'privileged':true", ""),
	 "Fargate requires that the 'privileged' setting be 'false'"},
	{DEFINITION(",'resourceRequirements':[{'type':'GPU','value':'1'}]", ""),
	 "Tasks using the Fargate launch type do not support GPU resource requirements"},
	{DEFINITION(",'stopTimeout':121", ""),
	 "Tasks using the Fargate launch type must have a container stop timeout of less than 120 "
	 "seconds."},
	{DEFINITION(",'linuxParameters':{'sharedMemorySize':64}", ""),
	 "Fargate compatible task definitions do not support sharedMemorySize"},
	{DEFINITION(",'linuxParameters':{'devices':[{'hostPath':'/dev/kvm'}]}", ""),
	 "Fargate compatible task definitions do not support devices"},
	{DEFINITION(",'linuxParameters':{'capabilities':{'add':['NET_ADMIN']}}", ""),
	 "NET_ADMIN is not allowed on Fargate."},
	{DEFINITION(",'logConfiguration':{'logDriver':'json-file'}", ""),
	 "json-file is not a valid log driver. Must be one of [awslogs,splunk,awsfirelens]"},
	{DEFINITION(",'logConfiguration':{'logDriver':'awslogs'}", ""),
	 "Log driver awslogs requires options: awslogs-region, awslogs-group"},
	{DEFINITION(",'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-region':'us-"
		    "east-1'}}",
		    ""),
	 "Log driver awslogs requires options: awslogs-group"},
	{AWSLOGS("bad group; *", "p", ""), BAD_OPTION "awslogs-group must be the name of a log "
						      "group."},
	{AWSLOGS("g", "a:b", ""), BAD_OPTION "awslogs-stream-prefix must be the beginning of a log "
					     "stream's name."},
	{AWSLOGS("g", "p", ",'awslogs-create-group':'perhaps'"),
	 BAD_OPTION "awslogs-create-group must be true or false."},
	{AWSLOGS("g", "p", ",'mode':'sideways'"),
	 BAD_OPTION "mode must be blocking or non-blocking."},
	{AWSLOGS("g", "p", ",'max-buffer-size':'banana'"),
	 BAD_OPTION "max-buffer-size must be a size, as 4m."},
	{AWSLOGS("g", "p", ",'mode':'blocking','max-buffer-size':'4m'"),
	 BAD_OPTION "max-buffer-size is only supported with mode=non-blocking."},
	{AWSLOGS("g", "p", ",'awslogs-multiline-pattern':'^(a'"),
	 BAD_OPTION "awslogs-multiline-pattern is no regular expression: missing closing "
		    "parenthesis (at character 3)."},
	{AWSLOGS("g", "p", ",'awslogs-datetime-format':'(%Y'"),
	 BAD_OPTION "awslogs-datetime-format is no regular expression: missing closing "
		    "parenthesis (at character 9)."},
	{AWSLOGS("g", "p", ",'awslogs-datetime-format':'%Y %s'"),
	 BAD_OPTION "awslogs-datetime-format has a code at character 4 that is not supported."},
	{AWSLOGS("g", "p", ",'awslogs-multiline-pattern':'a','awslogs-datetime-format':'%Y'"),
	 BAD_OPTION "awslogs-multiline-pattern and awslogs-datetime-format cannot be given at the "
		    "same time."},
	{AWSLOGS("g", "p", ",'mode':'non-blocking','max-buffer-size':'257m'"), BUFFERS_TOO_LARGE},
	{ROUTED(",'options':{'log-driver-buffer-limit':'8388608'}",
		ROUTER("") ",'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-group':"
			   "'g','awslogs-region':'us-east-1','awslogs-stream-prefix':'p','mode':"
			   "'non-blocking','max-buffer-size':'249m'}}"),
	 BUFFERS_TOO_LARGE},

	/* the router of logs */
	{ROUTED("", ""),
	 "When awsfirelens log driver is specified in log configuration, a firelens configuration "
	 "object must be configured in one of the containers."},
	{DEFINITION(",'firelensConfiguration':{'type':'fluentbit'}", ""),
	 "When a firelensConfiguration object is specified, at least one container has to be "
	 "configured with the awsfirelens log driver."},
	{DEFINITION(",'firelensConfiguration':{'type':'logstash'}", ""),
	 "containerDefinitions[0].firelensConfiguration.type must be one of [fluentd,fluentbit]."},
	{ROUTED("", ",'firelensConfiguration':{'type':'fluentd'},'logConfiguration':{'logDriver':"
		    "'awsfirelens'}"),
	 "The container that has the firelensConfiguration cannot use the log driver awsfirelens. "
	 "Container: 'router'"},
	{ROUTED("", ROUTER("") "},{'name':'second','image':'x'" ROUTER("")),
	 "Only one container can have a firelensConfiguration object."},
	{ROUTED("", ROUTER("'x':'y'")),
	 "Invalid firelensConfiguration option 'x'. Container: 'router'"},
	{ROUTED("", ROUTER("'enable-ecs-log-metadata':'perhaps'")),
	 "firelensConfiguration option 'enable-ecs-log-metadata' must be true or false. Container: "
	 "'router'"},
	{ROUTED("", ROUTER("'config-file-type':'file'")),
	 "firelensConfiguration options 'config-file-type' and 'config-file-value' must be given "
	 "together. Container: 'router'"},
	{ROUTED("", ROUTER("'config-file-type':'ftp','config-file-value':'/x'")),
	 "firelensConfiguration option 'config-file-type' must be s3 or file. Container: 'router'"},
	{ROUTED("", ROUTER("'config-file-type':'s3','config-file-value':'arn'")),
	 "Fargate compatible task definitions do not support the firelensConfiguration option "
	 "config-file-type s3"},
	{ROUTED("", ROUTER("'config-file-type':'file','config-file-value':'/x\\n[OUTPUT]'")),
	 "firelensConfiguration option 'config-file-value' must be one line. Container: 'router'"},
	{ROUTED(",'options':{'Name':'null\\n[OUTPUT]'}", ROUTER("")),
	 "Log driver awsfirelens, container 'web': option 'Name' must be one line."},
	{ROUTED(",'options':{'log-driver-buffer-limit':'4m'}", ROUTER("")),
	 "Log driver awsfirelens, container 'web': option log-driver-buffer-limit must be a number "
	 "from 0 to 536870912."},
	{ROUTED(",'secretOptions':[{'name':'x}','valueFrom':'y'}]", ROUTER("")),
	 "The name of a secret option must be of letters, digits, '_', '.' and '-'. Container: "
	 "'web', logConfiguration.secretOptions[0].name"},
	{ROUTED(",'secretOptions':[{'name':'x','valueFrom':'arn:aws:s3:::b/k'}]", ROUTER("")),
	 "Secret valueFrom must be a parameter's name or the ARN of a parameter or secret. "
	 "Container: 'web', logConfiguration.secretOptions[0].valueFrom"},
	{ROUTED("", ",'dependsOn':[{'containerName':'web','condition':'START'}]" ROUTER("")),
	 "The container that has the firelensConfiguration cannot depend on one that uses the log "
	 "driver awsfirelens. Container: 'router'"},
	{ROUTER_MOUNTING("/run/"),
	 "containerDefinitions[1].mountPoints[0].containerPath where the log router has its "
	 "socket" YET},
	{ROUTER_MOUNTING("/fluent-bit/etc"),
	 "containerDefinitions[1].mountPoints[0].containerPath where the log router has its "
	 "configuration" YET},

	/* secrets */
	{DEFINITION(",'secrets':[{'name':'x','valueFrom':'y'}]", ""),
	 "When you are specifying container secrets, you must also specify a value for "
	 "'executionRoleArn'."},
	{DEFINITION(",'secrets':[{'name':'','valueFrom':'y'}]", ROLE),
	 "Secret name should not be null or empty or hold '='. Container: 'web', secrets[0].name"},
	{DEFINITION(",'secrets':[{'name':'x','valueFrom':'y'},{'name':'x','valueFrom':'z'}]", ROLE),
	 "Duplicate secret names found: 'x'. Secret names must be unique."},
	{DEFINITION(",'environment':[{'name':'x'}],'secrets':[{'name':'x','valueFrom':'y'}]", ROLE),
	 "The secret name must be unique and not shared with any new or existing environment "
	 "variables set on the container, such as 'x'."},
	{DEFINITION(",'secrets':[{'name':'x','valueFrom':'arn:aws:s3:::bucket/key'}]", ROLE),
	 "Secret valueFrom must be a parameter's name or the ARN of a parameter or secret. "
	 "Container: 'web', secrets[0].valueFrom"},
	{DEFINITION(",'secrets':[{'name':'x'}]", ROLE),
	 "Secret valueFrom must be a parameter's name or the ARN of a parameter or secret. "
	 "Container: 'web', secrets[0].valueFrom"},
	{DEFINITION(",'repositoryCredentials':{'credentialsParameter':'login'}", ""),
	 "Private repository authentication requires that the task definition specify a value for "
	 "executionRoleArn."},
	{DEFINITION(",'repositoryCredentials':{}", ""),
	 "RepositoryCredentials.credentialsParameter should not be null or empty. Container: "
	 "'web'"},
	{DEFINITION(",'repositoryCredentials':{'credentialsParameter':"
		    "'arn:aws:ssm:us-east-1:1:parameter/x'}",
		    ""),
	 "RepositoryCredentials.credentialsParameter must name a secret of Secrets Manager. "
	 "Container: 'web'"},
	{AWSLOGS("g", "p", "},'secretOptions':[{'name':'x','valueFrom':'y'}],'x':{'k':'v'"),
	 "Log driver awslogs does not support secretOptions."},
	{DEFINITION(",'environmentFiles':[{'type':'s3','value':'y'}]", ""), "Invalid arn syntax."},
	{DEFINITION(",'environmentFiles':[{'type':'s3','value':'arn:aws:s3:::box/a'}]", ""),
	 "The name of an environment file must end with .env. Container: 'web', "
	 "environmentFiles[0].value"},
	{DEFINITION(",'environmentFiles':[{'type':'s3','value':'arn:aws:s3:::box/a.env'}]", ""),
	 "When you are specifying container environment files, you must also specify a value for "
	 "'executionRoleArn'."},
	{DEFINITION(",'environmentFiles':[{'type':'s3','value':'arn:aws:s3:::box/a.env'}]",
		    ",'executionRoleArn':'r'"),
	 "containerDefinitions[0].environmentFiles[0].value: the bucket 'box' is not in the "
	 "configuration of this Slipway."},
#define EFS(members)                                                                               \
	DEFINITION("", ",'volumes':[{'name':'v','efsVolumeConfiguration':{" members "}}]")
#define OF_EFS "volumes[0].efsVolumeConfiguration: "
#define POINT(id)                                                                                  \
	"'fileSystemId':'fs-1','transitEncryption':'ENABLED','authorizationConfig':{"              \
	"'accessPointId':'" id "'}"
	{EFS("'fileSystemId':''"),
	 "EFSVolumeConfiguration.fileSystemId should not be null or empty."},
	{EFS("'fileSystemId':'x'"),
	 OF_EFS "the file system 'x' is not in the configuration of this Slipway."},
	{EFS("'fileSystemId':'fs-1','rootDirectory':'/a/../..'"),
	 OF_EFS "the root directory is no path in a file system."},
	{EFS(POINT("fsap-x")),
	 OF_EFS "the access point 'fsap-x' is not in the configuration of this Slipway."},
	{EFS(POINT("fsap-2")),
	 OF_EFS "the access point 'fsap-2' is not of the file system 'fs-1'."},
	{EFS(POINT("fsap-2") ",'rootDirectory':'/a'"),
	 "When using an EFS access point, the root directory must either be set to \"/\" or be "
	 "omitted"},
	{EFS("'fileSystemId':'fs-2','authorizationConfig':{'accessPointId':'fsap-2'}"),
	 "EFS access points require TransitEncryption to be enabled"},
	{EFS("'fileSystemId':'fs-1','authorizationConfig':{'iam':'ENABLED'}"),
	 "EFS IAM authorization requires TransitEncryption to be enabled"},
	{EFS("'fileSystemId':'fs-1','transitEncryptionPort':2049"),
	 "TransitEncryptionPort requires that TransitEncryption is enabled"},
	{DEFINITION("", ",'volumes':[{'name':'v','host':{'sourcePath':'/x'},"
			"'efsVolumeConfiguration':{'fileSystemId':'fs-1'}}]"),
	 "When the volume parameter is specified, only one volume configuration type should be "
	 "used."},
	{DEFINITION("", ",'volumes':[{'name':'v','fsxWindowsFileServerVolumeConfiguration':{"
			"'fileSystemId':'x'}}]"),
	 "Fargate compatible task definitions do not support "
	 "fsxWindowsFileServerVolumeConfiguration"},

	/* of this platform, for now */
	{DEFINITION(",'logConfiguration':{'logDriver':'splunk'}", ""),
	 "containerDefinitions[0].logConfiguration.logDriver splunk" YET},
	{DEFINITION(",'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-region':'us-"
		    "east-1',"
		    "'awslogs-group':'g','awslogs-stream-prefix':'p',"
		    "'awslogs-endpoint':'x'}}",
		    ""),
	 "containerDefinitions[0].logConfiguration.options.awslogs-endpoint" YET},
	{DEFINITION(",'logConfiguration':{'logDriver':'awslogs','options':{'awslogs-region':"
		    "'eu-west-1','awslogs-group':'g','awslogs-stream-prefix':'p'}}",
		    ""),
	 "containerDefinitions[0].logConfiguration.options.awslogs-region other than us-east-1, "
	 "the region of the configuration," YET},
	{DEFINITION("", ",'volumes':[{'name':'v','configuredAtLaunch':true}]"),
	 "volumes[0].configuredAtLaunch" YET},
	{DEFINITION(",'linuxParameters':{'tmpfs':[{'containerPath':'/t','size':1,"
		    "'mountOptions':['shared']}]}",
		    ""),
	 "containerDefinitions[0].linuxParameters.tmpfs[0].mountOptions 'shared'" YET},
	{DEFINITION("", ",'runtimePlatform':{'cpuArchitecture':'ARM64'}"),
	 "runtimePlatform.cpuArchitecture other than X86_64" YET},
	{DEFINITION("", ",'runtimePlatform':{'operatingSystemFamily':'WINDOWS_SERVER_2022_CORE'}"),
	 "runtimePlatform.operatingSystemFamily other than LINUX" YET},
	{DEFINITION("", ",'proxyConfiguration':{'containerName':'x'}"), "proxyConfiguration" YET},
	{DEFINITION("", ",'enableFaultInjection':true"), "enableFaultInjection" YET},
};

START_TEST(what_breaks_a_rule_is_refused_in_the_apis_words)
{
	struct answer answer;

	ck_refused(ask("RegisterTaskDefinition", "%s", refusals[_i].body), "ClientException",
		   refusals[_i].message);
	/* A registration that failed uses no revision up. */
	answer = ask("RegisterTaskDefinition", "%s", DEFINITION("", ""));
	ck_works(answer);
	ck_assert_int_eq(int_at(&answer, "taskDefinition.revision"), 1);
	answer_done(&answer);
}
END_TEST

#define PORTS_TEXT 8192

/* Two containers with so many port mappings. */
static const char *with_ports(unsigned first, unsigned second, char ret[PORTS_TEXT])
{
	unsigned counts[] = {first, second};
	size_t len = 0;

	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		len += (size_t)snprintf(ret + len, PORTS_TEXT - len,
					"%s{'name':'c%zu','image':'x','portMappings':[",
					i ? "," : "", i);
		for (unsigned port = 1; port <= counts[i]; port++)
			len += (size_t)snprintf(ret + len, PORTS_TEXT - len,
						"%s{'containerPort':%u}", port > 1 ? "," : "",
						port);
		len += (size_t)snprintf(ret + len, PORTS_TEXT - len, "]}");
	}
	return ret;
}

START_TEST(a_definition_with_more_ports_than_a_task_can_publish_is_refused)
{
	struct answer answer;
	char text[PORTS_TEXT];

	answer = ask("RegisterTaskDefinition",
		     "{'family':'f','containerDefinitions':[%s],'cpu':'256','memory':'512'" FARGATE
		     "}",
		     with_ports(60, 40, text));
	ck_works(answer);
	answer_done(&answer);
	ck_refused(
		ask("RegisterTaskDefinition",
		    "{'family':'f','containerDefinitions':[%s],'cpu':'256','memory':'512'" FARGATE
		    "}",
		    with_ports(60, 41, text)),
		"ClientException",
		"The containers of a task can have at most 100 port mappings in all.");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ecs_refusals");
	TCase *tests = tcase_create("definition");

	tcase_add_checked_fixture(tests, world_begin, world_end);
	tcase_set_timeout(tests, 60);
	tcase_add_loop_test(tests, what_breaks_a_rule_is_refused_in_the_apis_words, 0,
			    ARRAY_LEN(refusals));
	tcase_add_test(tests, a_definition_with_more_ports_than_a_task_can_publish_is_refused);
	suite_add_tcase(suite, tests);
	return suite_end(suite);
}
